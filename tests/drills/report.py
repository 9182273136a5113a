"""What a run of drills showed: a table for people, JSON for machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.drills.checker import Anomaly, Judgement
from tests.drills.recovery import ENOUGH, Recovery

HEAD = (
    "scenario",
    "faults",
    "events",
    "lost",
    "doubled",
    "disordered",
    "invariants",
    "recovery",
    "recovered in",
    "verdict",
)


@dataclass
class Result:
    """One scenario."""

    name: str
    about: str
    faults: int = 0
    events: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    recovery: Recovery | None = None
    notes: list[str] = field(default_factory=list)
    lasted_s: float = 0
    verdict: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it is as it must be."""
        return self.verdict in ("ok", "caught") or self.verdict.startswith("skipped")

    def take(self, judgement: Judgement) -> None:
        """Take over what the checker found."""
        self.counts = {anomaly.value: n for anomaly, n in judgement.counts.items()}
        self.examples = {anomaly.value: found for anomaly, found in judgement.examples.items()}

    def conclude(self, *, timed: bool) -> None:
        """The verdict on the product: nothing wrong and, if that was measured long enough, recovered."""
        if not self.events:
            self.verdict = "NOTHING HAPPENED"
        elif self.counts:
            self.verdict = "WRONG"
        elif timed and (self.recovery is None or self.recovery.ratio < ENOUGH):
            self.verdict = "NOT RECOVERED"
        else:
            self.verdict = "ok"

    def conclude_ablation(self, shows: Anomaly) -> None:
        """The verdict on the checker: it must have seen what an ablation breaks, not just anything."""
        self.verdict = "caught" if self.events and shows in self.counts else "NOT CAUGHT"

    def row(self) -> tuple[str, ...]:
        """The line of the table."""
        number = self.counts.get
        ratio = "" if self.recovery is None else f"{self.recovery.ratio:.2f}"
        time = ""
        if self.recovery is not None:
            time = "never" if self.recovery.seconds is None else f"{self.recovery.seconds:.1f} s"
        return (
            self.name,
            str(self.faults),
            str(self.events),
            str(number("lost", 0) + number("unseen", 0)),
            str(number("duplicate", 0)),
            str(number("nonmonotonic", 0)),
            str(number("conservation", 0) + number("invariant", 0)),
            ratio,
            time,
            self.verdict,
        )


def table(results: Sequence[Result]) -> list[str]:
    """The table, as Markdown."""
    rows = [HEAD, *(result.row() for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]

    def line(row: Sequence[str]) -> str:
        return "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |"

    return [line(HEAD), line(["-" * width for width in widths]), *(line(row) for row in rows[1:])]


def write(results: Sequence[Result], seed: int, folder: Path) -> None:
    """Write the report of a run: `report.md` and `report.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {"seed": seed, "results": [asdict(result) | {"good": result.is_good} for result in results]}
    (folder / "report.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    lines = [f"# Drills, seed {seed}", "", *table(results), ""]
    for result in results:
        lines += [f"## {result.name}", "", f"{result.about}. {result.lasted_s:.0f} s in all."]
        lines += [f"- {note}" for note in result.notes]
        lines += [f"- {kind}: {what}" for kind, found in result.examples.items() for what in found]
        lines.append("")
    (folder / "report.md").write_text("\n".join(lines), encoding="utf-8")
