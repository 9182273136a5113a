"""`python -m deploy.traces --port 4318`: the sink in the foreground, until Ctrl-C or SIGTERM."""

import argparse
import socket
import sys

import uvicorn

from deploy.embedded.ports import HOST
from deploy.traces.store import Store
from deploy.traces.web import build_app


def main() -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.traces", description="Keep and show the last spans."
    )
    parser.add_argument("--port", type=int, default=4318, help="TCP port on 127.0.0.1 (4318)")
    parser.add_argument("--max-spans", type=int, default=100_000, help="how many spans are kept (100000)")
    asked = parser.parse_args()
    if asked.max_spans < 1:
        parser.error("--max-spans is at least 1")
    try:
        listening = socket.create_server((HOST, asked.port))
    except OSError as error:
        print(f"port {asked.port} cannot be used: {error.strerror}", file=sys.stderr)
        return 1
    config = uvicorn.Config(build_app(Store(asked.max_spans)), access_log=False, log_level="warning")
    print(f"spans to http://{HOST}:{asked.port} (OTLP over HTTP); pages there, too", flush=True)
    uvicorn.Server(config).run([listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
