"""Histories of events, and every way in which a broker, a crash or a rebalance may bring them. Pure.

A history is what the writers did: events of several sources about several aggregates, contiguous per
(aggregate, source), each with the clock of what its writer had seen. How it is brought is drawn beside it:
delayed, repeated, permuted, cut into batches anywhere, with crashes before and after commits, batches given
to two replicas at once, events withheld until the end, and a handler that fails until it is repaired.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hypothesis import strategies as st

SOURCES = ("intake", "routing")
AGGREGATES = 3


class What(StrEnum):
    """What an event makes of whoever hears it."""

    PLAIN = "plain"
    SCARCE = "scarce"
    """Takes of something that all aggregates share, and says so beforehand."""
    LATE = "late"
    """The same, learned only while it is decided."""
    UNKNOWN = "unknown"
    """Its type is of a newer release."""
    POISON = "poison"
    """The handler fails, until it is repaired."""


class Fault(StrEnum):
    """What befalls a batch."""

    NONE = "none"
    ROLLED_BACK = "rolled back"
    """The replica dies with all written and nothing committed; the batch comes again."""
    UNANSWERED = "unanswered"
    """It dies after the commit, before the offsets: the batch comes again."""
    TWICE_AT_ONCE = "twice at once"
    """Two replicas have it at the same time: a rebalance that one of them has not noticed."""
    HELD = "held"
    """Somebody else holds what `What.LATE` takes while it is decided."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event. `word` names it; `clock` is what its writer had seen of the other sources."""

    aggregate: int
    source: str
    sequence: int
    what: What
    clock: Mapping[str, int] = field(default_factory=dict)

    @property
    def word(self) -> str:
        """`intake-3`."""
        return f"{self.source}-{self.sequence}"

    @property
    def after(self) -> list[str]:
        """The words of the events that it directly comes after."""
        seen = [f"{source}-{count}" for source, count in self.clock.items()]
        return seen if self.sequence == 1 else [f"{self.source}-{self.sequence - 1}", *seen]


@dataclass(frozen=True, slots=True)
class Batch:
    """Which events (by number, repeats included) come together, and what befalls them."""

    events: tuple[int, ...]
    fault: Fault


@dataclass(frozen=True, slots=True)
class History:
    """What was told, in the order of the causes, and how it is brought. `withheld` comes at the very end."""

    told: tuple[Told, ...]
    batches: tuple[Batch, ...]
    withheld: frozenset[int]
    is_total: bool
    """Whether every writer had seen everything: then there is one order only."""

    def of(self, aggregate: int) -> list[Told]:
        """What was told about an aggregate, in the order of the causes."""
        return [one for one in self.told if one.aggregate == aggregate]

    def reachable(self, aggregate: int) -> set[str]:
        """The words that can be heard without those that are withheld."""
        missing = [self.told[number] for number in self.withheld]
        heard: set[str] = set()
        for one in self.of(aggregate):
            if one not in missing and all(word in heard for word in one.after):
                heard.add(one.word)
        return heard

    def delivered(self, aggregate: int) -> set[str]:
        """The words that come before those that are withheld."""
        numbers = {number for batch in self.batches for number in batch.events}
        return {self.told[n].word for n in numbers if self.told[n].aggregate == aggregate}


_Step = tuple[int, str, What, int, int, int]

_STEPS = st.lists(
    st.tuples(
        st.integers(0, AGGREGATES - 1),
        st.sampled_from(SOURCES),
        st.sampled_from([What.PLAIN, What.PLAIN, What.SCARCE, What.LATE, What.UNKNOWN, What.POISON]),
        st.integers(0, 3),  # how far its writer lags behind what the other had said; 3: it has seen nothing
        st.integers(0, 9),  # by how many places it is delayed, if by more than 5
        st.integers(0, 9),  # after how many places it comes again, if after more than 6
    ),
    min_size=2,
    max_size=24,
)
_CUTS = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from([Fault.NONE, Fault.NONE, *Fault])), min_size=1, max_size=12
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Any history, and any way to bring it."""
    is_total = draw(st.booleans())
    steps = draw(_STEPS)
    told = _told(steps, is_total=is_total)
    withheld = frozenset(draw(st.sets(st.integers(0, len(told) - 1), max_size=2)))
    order = [number for number in _order(steps) if number not in withheld]
    return History(told, _batches(order, draw(_CUTS)), withheld, is_total)


def _told(steps: list[_Step], *, is_total: bool) -> tuple[Told, ...]:
    counts: dict[tuple[int, str], int] = {}
    seen: dict[tuple[int, str], int] = {}
    told = []
    for aggregate, source, what, lag, _, _ in steps:
        sequence = counts[aggregate, source] = counts.get((aggregate, source), 0) + 1
        other = SOURCES[1 - SOURCES.index(source)]
        said = counts.get((aggregate, other), 0)
        # A writer forgets nothing that it has seen.
        known = said if is_total else max(seen.get((aggregate, source), 0), 0 if lag == 3 else said - lag)
        seen[aggregate, source] = known
        told.append(Told(aggregate, source, sequence, what, {other: known} if known > 0 else {}))
    return tuple(told)


def _order(steps: list[_Step]) -> list[int]:
    places: list[tuple[int, int]] = []
    for number, (*_, delay, again) in enumerate(steps):
        place = number + max(0, delay - 5) * 2
        places.append((place, number))
        if again > 6:
            places.append((place + (again - 6) * 3, number))
    return [number for _, number in sorted(places)]


def _batches(order: list[int], cuts: list[tuple[int, Fault]]) -> tuple[Batch, ...]:
    batches: list[Batch] = []
    at = 0
    while at < len(order):
        size, fault = cuts[len(batches) % len(cuts)]
        batches.append(Batch(tuple(order[at : at + size]), fault))
        at += size
    return tuple(batches)
