"""The table at the end, and where to look next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo.processes import Services
from demo.stories.story import Story


@dataclass
class Ending:
    """How a story ended."""

    story: Story
    case_no: str
    state: str
    events: list[str]
    told: list[str]
    seconds: float
    complaints: list[str] = field(default_factory=list)
    other_nos: tuple[str, ...] = ()
    """The numbers of the story's further cases."""


def show_table(console: Console, endings: Sequence[Ending]) -> None:
    """One row per case: its story, its path, its state, its events, what the customer was told, its time."""
    table = Table(title="Every case, from the first word to the end", show_lines=True, expand=True)
    table.add_column("story and case", overflow="fold")
    table.add_column("path", overflow="fold", ratio=3)
    table.add_column("state", overflow="fold", ratio=2)
    table.add_column("events", justify="right")
    table.add_column("messages sent", overflow="fold", ratio=2)
    table.add_column("time", justify="right")
    for ending in endings:
        state = Text(ending.state, style="bold red" if ending.complaints else "green")
        table.add_row(
            f"{ending.story.title}\n{ending.case_no}",
            " → ".join(name for name in ending.story.path if name in ending.events),
            state,
            str(len(ending.events)),
            f"{len(ending.told)}: {', '.join(ending.told)}",
            f"{ending.seconds:.1f} s",
        )
    console.print(table)


def show_complaints(console: Console, endings: Sequence[Ending]) -> None:
    """What went wrong, story by story."""
    for ending in endings:
        for complaint in ending.complaints:
            console.print(
                Text(
                    f"FAILED  {ending.story.title} ({ending.case_no or 'no case'}): {complaint}",
                    style="bold red",
                ),
                soft_wrap=True,
            )


@dataclass(frozen=True)
class Places:
    """Where there is something to look at."""

    services: Services
    kafka: str
    mails: Path
    traces: str
    key: str
    """Somebody's API key."""


def show_places(console: Console, places: Places, *, keep: bool) -> None:
    """Where to look next; with the addresses, if all keeps running."""
    services = places.services
    lines = ["", "Where to look next"]
    lines.append(f"  mailbox        {places.mails}  (what the customers were told: *.eml)")
    lines.append(f"  logs           {services['intake'].log.parent}")
    if places.traces:
        lines.append(f"  traces         {places.traces}")
    if keep:
        for name, service in services.each.items():
            lines.append(f"  {name:<13}  {service.url}/docs  (metrics: {service.admin_url}/metrics)")
        lines.append(f"  Kafka          {places.kafka}  (topics ciclo.*)")
        lines.append(f"  API key        {places.key}  (routing; more: python -m services.<name> keys create)")
        lines.append("")
        lines.append("All of it keeps running. Ctrl-C ends it.")
    else:
        lines.append("  API docs       make demo KEEP=1 leaves everything running and prints its addresses")
    console.print(Text("\n".join(lines)), soft_wrap=True)
