"""Where the spans of the demo go: into a sink of its own, or wherever the user's OTEL_* variables say."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.traces import sink

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROMPTLY = {"OTEL_BSP_SCHEDULE_DELAY": "1000"}
"""Spans leave a service after a second, so that what just happened can be looked at."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What services are told about it, and what the user is."""

    settings: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    """Where to look, empty if nothing is sent."""


@contextmanager
def traces(folder: Path, *, keep: bool) -> Iterator[Traces]:
    """A sink for a demo that is kept, unless any OTEL_* is set: services get those from the environment."""
    if any(name.startswith("OTEL_") for name in os.environ):
        endpoint = next((os.environ[name] for name in ENDPOINTS if os.environ.get(name)), "")
        yield Traces(place=endpoint and f"sent to {endpoint}")
    elif keep:
        with sink(folder) as started:
            settings = started.settings | PROMPTLY | {"CICLO_TRACE_URL": started.trace_url}
            yield Traces(settings, f"{started.url}  (every case as one graph)")
    else:
        yield Traces()
