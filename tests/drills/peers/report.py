"""What the comparison showed: Markdown for people, JSON for machines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.drills.peers.faults import FAULTS
from tests.drills.peers.systems import RESTART_S, SYSTEMS
from tests.drills.recovery import Recovery


@dataclass(frozen=True, slots=True)
class Cell:
    """How one system came through one fault; `restarts` of its worker by the supervisor, in all rounds."""

    system: str
    fault: str
    recovery: Recovery | None
    restarts: int

    @property
    def text(self) -> str:
        """`1.00 (0.5 s)`."""
        if self.recovery is None:
            return "no work before"
        time = "never" if self.recovery.seconds is None else f"{self.recovery.seconds:.1f} s"
        restarts = f", {self.restarts} restarts" if self.restarts else ""
        return f"{self.recovery.ratio:.2f} ({time}{restarts})"


def write(
    folder: Path,
    cells: Sequence[Cell],
    ends: Mapping[str, Mapping[str, int]],
    versions: Mapping[str, str],
    *,
    rounds: int,
    rate: float,
    window: float,
) -> None:
    """Write `peers.md` and `peers.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "command": "make drill-peers",
        "rate_per_s": rate,
        "window_s": window,
        "rounds": rounds,
        "versions": versions,
        "cells": [asdict(cell) for cell in cells],
        "ends": ends,
    }
    (folder / "peers.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    names = [system.name for system in SYSTEMS]
    faults = [name for name in FAULTS if any(cell.fault == name for cell in cells)]
    found = {(cell.fault, cell.system): cell.text for cell in cells}
    lines = [
        "# The same faults, side by side",
        "",
        "`make drill-peers` writes this page. Ciclo's chassis and three libraries do the same unit of work",
        "on one PostgreSQL server: for every job that is offered, a row of state and an output (Ciclo: an",
        "event in from Kafka, an event out to Kafka; the libraries: a job in, a job of another queue out).",
        f"Each has its own database, one worker process under a supervisor that starts it {RESTART_S:.0f} s",
        f"after it ended, and {rate:.0f} jobs a second. The same fault befalls all at the same instant.",
        "",
        f"Completions in the {window:.0f} s after the fault / in the {window:.0f} s before it, median of",
        f"{rounds}; in brackets when the old rate was reached again, counted from the end of the fault",
        "(`never`: not within that time), and how often the supervisor had to start the worker anew, in",
        "all rounds. More than 1.00: what had waited was made up for. Before every round all keep up with",
        "what they are offered; a worker that has not recovered by then is replaced by a fresh one.",
        "",
        "| fault | " + " | ".join(f"{name} {versions[name]}" for name in names) + " |",
        "|---|" + "---|" * len(names),
    ]
    lines += [f"| {fault} | " + " | ".join(found[fault, name] for name in names) + " |" for fault in faults]
    lines += ["", "Of all jobs that were accepted, two minutes after the last one:", ""]
    lines += ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for what in ("accepted", "lost", "doubled"):
        lines.append(f"| {what} | " + " | ".join(str(ends[name][what]) for name in names) + " |")
    lines += ["", "`lost`: not done. `doubled`: done more than once.", "", "Faults:", ""]
    lines += [f"- {name}: {(FAULTS[name].__doc__ or '').strip()}" for name in faults]
    lines += ["", "Settings, as each documentation recommends:", ""]
    lines += [f"- {system.name}: {system.settings}" for system in SYSTEMS]
    lines += [
        "",
        f"Python {versions['python']}; PostgreSQL with fsync; servers and workers on one machine.",
        "",
    ]
    (folder / "peers.md").write_text("\n".join(lines), encoding="utf-8")
