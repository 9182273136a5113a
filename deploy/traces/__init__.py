"""A place to look at traces on a machine without a trace back end.

It takes spans by OTLP over HTTP, keeps the last of them in memory, and shows them: `python -m deploy.traces`.
Nothing is written to disk and no service waits for it. For development and tests: no accounts, no TLS.
"""

from deploy.traces.process import Sink, sink

__all__ = ["Sink", "sink"]
