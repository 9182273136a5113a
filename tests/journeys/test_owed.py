"""The judge of forgotten cases: a good history passes, and every way to forget a customer is found."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.owed import never_forgotten
from tests.journeys.reader import Record

NINE = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
QUEUE = {"kind": "queue", "id": "first_line"}
ANA = {"kind": "agent", "id": "agent-03"}


def event(sequence: int, decision: int, name: str, **data: Any) -> Record:
    """Routing's event number `sequence`, of the decision made at so many hours after nine."""
    headers = {
        "ce_source": "/ciclo/routing",
        "ce_type": f"ciclo.{name}.v1",
        "ce_subject": "case",
        "ce_sequence": f"{sequence:012}",
        "ce_time": (NINE + timedelta(hours=decision)).isoformat(),
        "ce_causationid": f"cause-{decision}",
    }
    value = json.dumps(data).encode()
    return Record(
        "ciclo.routing.v1", 0, sequence, b"case", value, tuple((k, v.encode()) for k, v in headers.items())
    )


def at(hours: int) -> str:
    return (NINE + timedelta(hours=hours)).isoformat()


def promised(sequence: int, decision: int, number: int, due: int, owner: Any = QUEUE) -> Record:
    return event(sequence, decision, "promise.made", promise_no=number, due=at(due), owner=owner)


def kept(sequence: int, decision: int, number: int) -> Record:
    return event(sequence, decision, "promise.kept", promise_no=number)


def held(sequence: int, decision: int, deadline: int) -> Record:
    return event(sequence, decision, "case.held", wait="customer", deadline=at(deadline), owner=QUEUE)


HISTORY = (
    promised(1, 0, 1, 8),
    kept(2, 1, 1),
    held(3, 1, 48),
    event(4, 24, "customer.reminded", wait="customer", n=1, deadline=at(72)),
    event(5, 50, "case.resumed", wait="customer", reason="answered"),
    promised(6, 50, 2, 60, ANA),
    event(7, 55, "promise.revised", promise_no=2, was_due=at(60), due=at(80), owner=ANA),
    event(8, 81, "promise.broken", promise_no=2, due=at(80)),
    promised(9, 81, 3, 90, ANA),
    kept(10, 85, 3),
    held(11, 85, 200),
    event(12, 90, "case.closed", closed_as="confirmed"),
    event(13, 100, "case.reopened", reason="word", owner=ANA),
    promised(14, 100, 4, 110, ANA),
    kept(15, 105, 4),
    event(16, 105, "case.cancelled", reason="changed_mind"),
)
"""A case that waits, breaks a promise, ends, comes back, and ends for good."""
Plant = Callable[[Sequence[Record]], Sequence[Record]]


def without(*sequences: int) -> Plant:
    return lambda history: [one for one in history if one.sequence not in sequences]


def instead(*others: Record) -> Plant:
    by_sequence = {one.sequence: one for one in others}
    return lambda history: [by_sequence.get(one.sequence, one) for one in history]


FORGOTTEN: dict[str, tuple[Plant, str]] = {
    "a kept promise with nothing after it": (without(3, 4, 5), "nobody owes anything after promise.kept"),
    "an answer that nobody takes up": (without(6, 7, 8), "nobody owes anything after case.resumed"),
    "a broken promise and no new one": (without(9, 10), "nobody owes anything after promise.broken"),
    "a promise that was due already": (instead(promised(9, 81, 3, 70, ANA)), "was due before"),
    "a wait whose deadline has passed": (instead(held(3, 1, 1)), "was due before"),
    "a promise of nobody": (instead(promised(6, 50, 2, 60, {})), "has no owner"),
    "a promise kept that was never made": (without(14), "('promise', 4) was not open"),
    "a date moved of what is not owed": (without(3), "('wait', 'customer') was not open"),
    "a case reopened and left lying": (without(14, 15), "nobody owes anything after case.reopened"),
    "an end that leaves a promise open": (without(15), "at the end {('promise', 4)} is open"),
    "no end": (without(16), "at the end"),
    "the new promise only in a later decision": (
        instead(promised(9, 82, 3, 90, ANA)),
        "nobody owes anything after promise.broken",
    ),
}


def test_a_case_that_somebody_always_answers_for_passes() -> None:
    assert list(never_forgotten(HISTORY)) == []
    assert list(never_forgotten(tuple(reversed(HISTORY)))) == []


@pytest.mark.parametrize("what", FORGOTTEN)
def test_a_forgotten_customer_is_found(what: str) -> None:
    plant, complaint = FORGOTTEN[what]
    assert complaint in "\n".join(never_forgotten(plant(HISTORY)))
