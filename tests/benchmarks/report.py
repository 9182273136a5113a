"""What the run showed: a table for people, a JSON file for machines, and whether all was right."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import quantiles

LIMIT_MB = 150


@dataclass
class Report:
    """The whole result. `faults` is empty when all was right."""

    cases: int
    window: int
    rate: float = 0
    opened: int = 0
    ended: int = 0
    seconds: float = 0
    registering_s: float = 0
    case_seconds: dict[str, float] = field(default_factory=dict)
    """From the request that opens a case until its customer is told that it is closed: p50, p95, max."""
    told_ms: dict[str, float] = field(default_factory=dict)
    """From the request that opens a case until notifications says what it told the customer first."""
    floor_ms: dict[str, float] = field(default_factory=dict)
    """One small commit, and one record from a producer to a consumer."""
    peak_mb: dict[str, float] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    redelivered: int = 0
    mails: int = 0
    mails_told: int = 0
    """How many messages notifications says it sent."""
    requests: dict[str, int] = field(default_factory=dict)
    repeats: dict[str, int] = field(default_factory=dict)
    queues: dict[str, dict[str, int]] = field(default_factory=dict)
    timers_left: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def time(self, lasted: list[float]) -> None:
        """Note how long cases lasted."""
        if len(lasted) > 1:
            cuts = quantiles(lasted, n=100)
            self.case_seconds = {
                "p50": round(cuts[49], 2),
                "p95": round(cuts[94], 2),
                "max": round(max(lasted), 2),
            }

    def judge_memory(self) -> None:
        """No service may need more than it is allowed."""
        for name, peak in self.peak_mb.items():
            if peak > LIMIT_MB:
                self.faults.append(f"{name} needed {peak:.0f} MB, more than {LIMIT_MB}")

    def write(self, file: Path) -> None:
        """Write it as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def lines(self) -> list[str]:
        """The table."""
        rate = self.ended / self.seconds if self.seconds else 0
        lines = [
            "",
            f"{self.ended} of {self.cases} cases ended in {self.seconds:.0f} s: {rate:.1f} cases/s "
            f"(window {self.window})",
            f"  a case took, from its first word to the last letter: {_pairs(self.case_seconds)} s",
            f"  the first word to the customer came after {_rounded(self.told_ms)} ms "
            f"(here {_rounded(self.floor_ms)} ms)",
            f"  {sum(self.events.values())} events on {len(self.records)} topics, "
            f"{self.redelivered} redelivered; {self.mails} mails",
            f"  {sum(self.requests.values())} requests; asked again: {_pairs(self.repeats)}",
            "",
            f"  {'':14}{'peak MB':>9}{'CPU s':>9}{'CPU ms per case':>17}",
        ]
        for name in [*self.peak_mb, *(other for other in self.cpu_s if other not in self.peak_mb)]:
            peak = f"{self.peak_mb[name]:.0f}" if name in self.peak_mb else ""
            spent = self.cpu_s.get(name)
            cpu = "" if spent is None else f"{spent:.1f}"
            each = "" if spent is None or not self.ended else f"{1000 * spent / self.ended:.2f}"
            lines.append(f"  {name:14}{peak:>9}{cpu:>9}{each:>17}")
        if not self.peak_mb:
            lines.append("  (memory and CPU are measured on Linux only)")
        lines += [
            "",
            f"  left in queues: {_left(self.queues)}; timers still set: {_pairs(self.timers_left)}",
            "",
        ]
        lines += [f"WRONG  {fault}" for fault in self.faults] or ["All is as it must be."]
        return lines


def _pairs(values: dict[str, float] | dict[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items()) or "-"


def _rounded(values: dict[str, float]) -> str:
    return _pairs({name: round(value, 2) for name, value in values.items()})


def _left(queues: dict[str, dict[str, int]]) -> str:
    left = [f"{name}.{queue} {n}" for name, each in queues.items() for queue, n in each.items() if n]
    return ", ".join(left) or "nothing"
