"""The sink as a process of its own, beside whatever is to be looked at."""

import json
import os
import signal
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.embedded.child import Child, Plan, start
from deploy.embedded.ports import HOST, is_open

PORT_SETTING = "CICLO_TRACES_PORT"


@dataclass(frozen=True, slots=True)
class Sink:
    """A sink that runs."""

    url: str

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables with which a service sends its spans there."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url}

    @property
    def trace_url(self) -> str:
        """The address of a trace's page, with `{trace_id}` to be filled in."""
        return f"{self.url}/traces/{{trace_id}}"

    def count(self) -> int:
        """How many spans came so far, those that were dropped for newer ones included."""
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=60) as answer:  # noqa: S310 - ours
            found = json.load(answer)
        return int(found["spans"]) + int(found["dropped"])

    def spans(self, **of: str) -> list[dict[str, Any]]:
        """The spans, as JSON: of one case (`case_id`), of one trace (`trace_id`), or all."""
        query = "".join(f"?{name}={value}" for name, value in of.items())
        with urllib.request.urlopen(f"{self.url}/api/spans{query}", timeout=60) as answer:  # noqa: S310 - ours
            found: list[dict[str, Any]] = json.load(answer)
        return found


@contextmanager
def sink(folder: Path) -> Iterator[Sink]:
    """Run a sink; it ends with this block, or when this process is gone. Raises CannotStart.

    Its port is free, or the one of CICLO_TRACES_PORT; its log goes into `folder`.
    """

    def plan(port: int) -> Plan:
        command = [sys.executable, "-m", "deploy.traces", "--port", str(port)]
        return Plan("the trace sink", command, folder, signal.SIGTERM)

    folder.mkdir(parents=True, exist_ok=True)
    children: list[Child] = []
    unused = os.open(os.devnull, os.O_RDONLY)
    try:
        yield Sink(f"http://{HOST}:{start(PORT_SETTING, plan, is_open, unused, children)}")
    finally:
        for child in children:
            child.wait()
        os.close(unused)
