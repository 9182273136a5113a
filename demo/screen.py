"""What the terminal shows: cases moving while they do, and one table at the end."""

import sys
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from demo.wire import Heard
from services.chassis.clock import utc_now

TELLING = ("category", "window", "template", "remedy", "kind", "wait", "closed_as", "reason", "service_point")
"""The fields that tell most about an event, best first."""
COLOURS = {"intake": "cyan", "routing": "yellow", "warranty": "green", "notifications": "magenta"}
LAST_LINES = 12


@dataclass
class Row:
    """One story while it is played."""

    title: str
    case_no: str = ""
    last: str = ""
    events: int = 0
    state: str = "waits"


@dataclass
class Screen:
    """A live table in a terminal; one line per event anywhere else."""

    console: Console = field(default_factory=lambda: Console(width=None if sys.stdout.isatty() else 160))
    rows: dict[str, Row] = field(default_factory=dict)
    _cases: dict[str, str] = field(default_factory=dict)
    _early: dict[str, list[Heard]] = field(default_factory=dict)
    """Events of cases whose customer has not had the answer yet."""
    _lines: list[Text] = field(default_factory=list)
    _live: Live | None = None

    def __enter__(self) -> Self:
        """Show the live table, where there is a terminal."""
        if self.console.is_terminal:
            self._live = Live(console=self.console, refresh_per_second=8, get_renderable=self._picture)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last picture standing."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def say(self, text: str) -> None:
        """Something that happened around the cases."""
        self.console.print(Text(f"{utc_now():%H:%M:%S}  {text}", style="bold"))

    def begins(self, title: str) -> None:
        """A story is about to be played."""
        self.rows[title] = Row(title)

    def opened(self, title: str, case_id: str, case_no: str) -> None:
        """A story has its case now."""
        self._cases[case_id] = title
        row = self.rows[title]
        row.case_no, row.state = case_no, "open"
        for heard in self._early.pop(case_id, []):
            self.heard(heard)

    def ended(self, title: str, state: str) -> None:
        """A story ended, well or badly."""
        self.rows[title].state = state

    def heard(self, heard: Heard) -> None:
        """An event was read from Kafka."""
        title = self._cases.get(heard.envelope.subject)
        if title is None:
            self._early.setdefault(heard.envelope.subject, []).append(heard)
            return
        row = self.rows[title]
        row.events += 1
        row.last = f"{heard.name} {_gist(heard)}".strip()
        service = heard.envelope.source_name.partition("@")[0]
        line = Text(f"{utc_now():%H:%M:%S}  {row.case_no:<14}  {title:<32}  ")
        line.append(f"{service:<13}  {row.last}", style=COLOURS.get(service, ""))
        if self._live is None:
            self.console.print(line, soft_wrap=True)
        else:
            self._lines = [*self._lines, line][-LAST_LINES:]

    def _picture(self) -> Group:
        table = Table("story", "case", "last event", "events", "state", expand=True)
        for row in self.rows.values():
            table.add_row(row.title, row.case_no, row.last, str(row.events), _coloured(row.state))
        return Group(table, *self._lines)


def _gist(heard: Heard) -> str:
    values = [getattr(heard.event, name, None) for name in TELLING]
    return next((str(value) for value in values if value), "")


def _coloured(state: str) -> Text:
    return Text(state, style={"open": "yellow", "waits": "dim", "failed": "bold red"}.get(state, "green"))
