"""What a part found: a table for people, all figures for machines, and how far the goals are met."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

PAGE_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Goal:
    """What issue and design ask for, and what was measured."""

    what: str
    measured: float
    limit: float
    at_least: bool = True
    unit: str = ""

    @property
    def is_met(self) -> bool:
        """Whether it is met."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def line(self) -> str:
        """One row of a table of goals."""
        sign = "≥" if self.at_least else "≤"
        verdict = "met" if self.is_met else f"missed by {abs(self.measured / self.limit - 1):.0%}"
        wanted, measured = f"{sign} {self.limit:g}{self.unit}", f"{number(self.measured)}{self.unit}"
        return f"| {self.what} | {wanted} | {measured} | {verdict} |"


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture: bars by name, or lines of (x, y) by name."""

    title: str
    y: str
    bars: Mapping[str, float] = field(default_factory=dict)
    lines: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    x: str = ""
    log_x: bool = False


@dataclass(slots=True)
class Found:
    """The result of one part. `data` is everything, as JSON."""

    part: str
    title: str
    text: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    data: Mapping[str, Any]
    goals: Sequence[Goal] = ()
    charts: Sequence[Chart] = ()
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        """The page of this part."""
        lines = [f"# {self.title}", "", self.text, "", f"`make bench ONLY={self.part}` on {machine()}.", ""]
        lines += [_line(self.columns), _line(["---", *["---:"] * (len(self.columns) - 1)])]
        lines += [_line(row) for row in self.rows]
        if self.goals:
            lines += ["", *goals_table(self.goals)]
        if self.charts:
            lines += ["", f"![{self.title}]({self.part}.png)"]
        lines += ["", *self.notes] if self.notes else []
        return "\n".join(lines) + "\n"

    def json(self) -> str:
        """All figures."""
        goals = [asdict(goal) | {"met": goal.is_met} for goal in self.goals]
        whole = {"part": self.part, "machine": machine(), "goals": goals, **self.data}
        return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def goals_table(goals: Sequence[Goal]) -> list[str]:
    """Goals as Markdown."""
    return ["| goal | limit | measured | |", "|---|---:|---:|---|", *(goal.line() for goal in goals)]


def number(value: float) -> str:
    """A figure with as many digits as it is worth."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2g}" if abs(value) < 1 else f"{value:.2f}"


def spread(values: Sequence[float]) -> str:
    """From the least to the most."""
    return f"{number(min(values))}-{number(max(values))}"


def middle(values: Sequence[float]) -> float:
    """The median; 0 of nothing."""
    return median(values) if values else 0.0


def machine() -> str:
    """The machine in a few neutral words."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores ({platform.machine()}), {_memory_gb()} GB of memory, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


def _memory_gb() -> str:
    try:
        first = Path("/proc/meminfo").read_text("ascii").split()
        return f"{int(first[1]) * PAGE_BYTES / 1e9:.0f}"
    except (OSError, ValueError, IndexError):
        return "?"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
