"""Nobody is forgotten: at any moment an open case has an owner and a live promise or a wait with a deadline.

Read from routing's events alone, as anybody can read them. Events of one decision belong together: what is
owed is looked at when it is complete.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from tests.journeys.reader import Record

ENDS = ("case.closed", "case.cancelled", "case.rejected")
OPENING = {"promise.made": "due", "case.held": "deadline"}
MOVING = {"promise.revised": "due", "customer.reminded": "deadline"}
ENDING = ("promise.kept", "promise.broken", "case.resumed")
OWNERS = ("owner", "to")
Owed = tuple[str, Any]
"""`("promise", 3)`, `("wait", "customer")`."""


@dataclass
class Standing:
    """Where a case stands after what was read so far."""

    begun: bool = False
    closed: bool = False
    owner: str | None = None
    owed: dict[Owed, tuple[str, datetime]] = field(default_factory=dict)
    """Who answers for it, and until when."""

    def hear(self, event: Record) -> Iterator[str]:
        """Take in an event; yields what is wrong with it where it stands."""
        data: dict[str, Any] = json.loads(event.value or b"{}")
        what = ("wait", data["wait"]) if "wait" in data else ("promise", data.get("promise_no"))
        self.closed = event.name in ENDS or (self.closed and event.name != "case.reopened")
        self.owner = next((named(data[key]) for key in OWNERS if key in data), self.owner)
        if event.name in OPENING:
            self.begun = True
            owner = named(data.get("owner"))
            if owner is None:
                yield f"{event.where}: {what} has no owner"
            self.owed[what] = (owner or "", datetime.fromisoformat(data[OPENING[event.name]]))
        elif event.name in MOVING and what in self.owed:
            self.owed[what] = (self.owed[what][0], datetime.fromisoformat(data[MOVING[event.name]]))
        elif event.name in (*ENDING, *MOVING) and what not in self.owed:
            yield f"{event.where}: {what} was not open"
        elif event.name in ENDING:
            del self.owed[what]

    def decided(self, last: Record) -> Iterator[str]:
        """Look at what is owed now that a decision is complete."""
        now = datetime.fromisoformat(last["ce_time"])
        if self.closed:  # the end ends every wait
            self.owed = {what: kept for what, kept in self.owed.items() if what[0] != "wait"}
        elif self.begun and not self.owed:
            yield f"nobody owes anything after {last.where}"
        elif self.begun and self.owner is None:
            yield f"nobody has the case after {last.where}"
        elif self.begun and max(until for _, until in self.owed.values()) <= now:
            yield f"after {last.where}, everything that is owed was due before: {sorted(self.owed)}"


def never_forgotten(events: Sequence[Record]) -> Iterator[str]:
    """From its first promise to its end, and again from being reopened, somebody owes something by a date."""
    standing = Standing()
    own = sorted((event for event in events if event.source == "routing"), key=lambda event: event.sequence)
    for _, decision in groupby(own, key=lambda event: (event["ce_causationid"], event["ce_time"])):
        for event in decision:
            yield from standing.hear(event)
            last = event
        yield from standing.decided(last)
    if standing.owed or not standing.closed:
        yield f"at the end {set(standing.owed)} is open"


def named(party: dict[str, str] | None) -> str | None:
    """`agent/agent-03`, or None for nobody."""
    return f"{party['kind']}/{party['id']}" if party and party.get("id") else None
