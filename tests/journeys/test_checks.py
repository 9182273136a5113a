"""The judges themselves: a fault that is planted into the records of good cases is found, and named."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.chassis.ids import new_id
from tests.journeys import privacy, rules
from tests.journeys.books import unfinished
from tests.journeys.conftest import Played
from tests.journeys.reader import Record
from tests.journeys.wire import Wire

pytestmark = pytest.mark.timeout(240)

Plant = Callable[[Record], list[Record]]
"""What lies in Kafka instead of a good record."""


def headed(**headers: str) -> Plant:
    """The same with other headers."""
    return lambda good: [
        replace(
            good,
            headers=tuple(
                (name, headers.get(name, (raw or b"").decode()).encode()) for name, raw in good.headers
            ),
        )
    ]


def saying(**data: Any) -> Plant:
    """The same with other data."""
    return lambda good: [replace(good, value=json.dumps(json.loads(good.value or b"") | data).encode())]


def other(**headers: str) -> Plant:
    """Another event with the same data."""
    return headed(ce_id=str(new_id()), **headers)


NOBODYS = "ffffffff-ffff-4fff-8fff-ffffffffffff"
"""An id that nothing in this house gets: neither of a record, nor of a command, a timer or an effect."""

FAULTS: list[tuple[str, Plant, str]] = [
    ("coverage.assessed", lambda _: [], "sequences: warranty counts [2,"),
    ("case.held", lambda good: [replace(good, headers=good.headers[:-1])], "missing {'traceparent'}"),
    ("case.held", lambda good: [replace(good, key=b"another")], "key, subject and partition key differ"),
    ("case.opened", headed(ce_sequence="1"), "ce_sequence is '1'"),
    ("case.opened", lambda good: [replace(good, topic="ciclo.routing.v1")], "does not belong in this topic"),
    ("case.opened", saying(more=1), "values: case.opened"),
    ("promise.made", saying(promise_no="1"), "values: promise.made"),
    ("promise.made", saying(kind="soon"), "values: promise.made"),
    ("case.closed", lambda good: [good, *saying(reason="other")(good)], "under the same id"),
    ("case.closed", lambda good: [good, *other()(good)], "sequences: routing counts"),
    ("case.closed", headed(ce_caseclock="intake:9,notifications:9,warranty:9"), "which does not exist"),
    ("case.closed", headed(ce_caseclock="intake:1"), "its clock says"),
    (
        "case.resolution_confirmed",
        headed(ce_caseclock="notifications:1"),
        "had seen notifications:1, but not",
    ),
    ("promise.made", headed(ce_caseclock="routing:1,warranty:1"), "rests on what came after it"),
    ("coverage.assessed", headed(ce_causationid=NOBODYS), "caused by"),
    (
        "repair.completed",
        lambda good: [good, *other(ce_causationid=str(new_id()))(good), *other()(good)],
        "times to",
    ),
    (
        "repair.authorized",
        lambda good: [good, *(late for new in other()(good) for late in saying(remedy_no=2)(new))],
        "is in force for",
    ),
    ("coverage.assessed", saying(window="trial"), "trial_without_workshop"),
    ("promise.made", saying(promise_no=7), "was not open"),
    ("notification.sent", saying(cause=str(new_id())), "no event of it"),
    ("case.closed", saying(closed_as="unconfirmed"), "ends_by_the_customer"),
    ("case.opened", saying(note="Lucía"), "['lucia']"),
    ("case.opened", headed(ce_time="freidora"), "['freidora']"),
    ("case.opened", lambda good: [replace(good, key=b"someone@example.com")], "privacy"),
]


@pytest.mark.parametrize(
    ("name", "plant", "complaint"), FAULTS, ids=[f"{name}: {why}" for name, _, why in FAULTS]
)
def test_a_fault_among_good_records_is_found(played: Played, name: str, plant: Plant, complaint: str) -> None:
    (repaired,) = played.evidence.cases["Guarantee: repair chosen"]
    records = played.evidence.wire.records
    good = next(record for record in records if record.name == name and record.subject == repaired)
    place = records.index(good)
    wire = Wire([*records[:place], *plant(good), *records[place + 1 :]])
    found: list[str] = []
    for judge in (
        wire.faults,
        lambda: rules.broken_rules(wire, [repaired]),
        lambda: [f"privacy: {leak}" for leak in privacy.leaks(wire.records, played.evidence.texts)],
    ):
        try:
            found += judge()
        except (ValueError, KeyError, TypeError) as unreadable:
            found.append(repr(unreadable))
    assert complaint in "\n".join(found)


def test_a_letter_that_is_missing_doubled_or_in_the_wrong_hands_is_found(played: Played) -> None:
    first, *rest = played.evidence.letters
    somebody = next(letter.to for letter in rest if letter.to != first.to)
    wrong_letters = {
        "one is missing": rest,
        "two for one message": [first, *rest, replace(first, message_id="<another>")],
        "two under one id": [first, *rest, replace(first, body="Another.")],
        "somebody else's": [replace(first, to=somebody), *rest],
        "a stranger's": [replace(first, to="stranger@example.com"), *rest],
    }
    for what, letters in wrong_letters.items():
        assert replace(played.evidence, letters=letters).wrong_letters(), what
    assert replace(played.evidence, letters=[first, first, *rest]).wrong_letters() == []


def test_work_left_behind_and_events_missed_are_found(played: Played) -> None:
    books = played.evidence.books
    left = books | {"intake": replace(books["intake"], left={"parked": 1})}
    assert unfinished(left) == ["intake: 1 in parked"]
    (case,) = played.evidence.cases["Safety first"]
    behind = replace(books["routing"], applied=books["routing"].applied | {("warranty", case): 1})
    (missed,) = unfinished(books | {"routing": behind})
    assert missed.startswith("routing has applied warranty:1 of")
