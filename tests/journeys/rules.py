"""What the house promises about every case, read from the events that anybody can read."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from demo.report import Ending
from tests.journeys.house import Letter
from tests.journeys.owed import never_forgotten
from tests.journeys.reader import Record
from tests.journeys.wire import Wire

COUNTED = {
    "promise.made": "promise_no",
    "resolution.proposed": "proposal_no",
    "coverage.assessed": "assessment_no",
    "replacement.approved": "remedy_no",
    "repair.authorized": "remedy_no",
}
MEANT_TO_BE_REFUSED = {"not_this_workshop"}
REMEDIES = ("replacement.approved", "repair.authorized", "refund.approved")
OVER = ("repair.completed", "repair.failed", "repair.refused", "repair.cancelled", "replacement.withdrawn")
ENDS = ("case.closed", "case.cancelled", "case.rejected")


def broken_rules(wire: Wire, cases: Iterable[str]) -> list[str]:
    """Every rule that a case breaks."""
    rules = (trial_without_workshop, never_forgotten, counted_once, told_once, ends_by_the_customer)
    found = [
        f"{case}: {rule.__name__}: {fault}"
        for case in cases
        for rule in rules
        for fault in rule(wire.of(case))
    ]
    found += (
        f"refused: {event.where}"
        for event in wire.events
        if event.name == "input.rejected" and _data(event)["code"] not in MEANT_TO_BE_REFUSED
    )
    return [*found, *one_remedy_in_force(wire.events)]


def trial_without_workshop(events: Sequence[Record]) -> Iterator[str]:
    """A defect in the trial period never goes through the workshop."""
    windows = {_data(event)["window"] for event in events if event.name == "coverage.assessed"}
    names = {event.name for event in events}
    if "trial" in windows:
        yield from names & {"case.escalated", "repair.authorized"}


def counted_once(events: Sequence[Record]) -> Iterator[str]:
    """Promises, proposals, assessments and remedies are counted 1, 2, 3 within their case."""
    numbers: dict[str, list[int]] = {}
    for event in events:
        counter = COUNTED.get(event.name)
        if counter is not None:
            numbers.setdefault(counter, []).append(_data(event)[counter])
    for counter, counted in numbers.items():
        if sorted(counted) != list(range(1, len(counted) + 1)):
            yield f"{counter} is {counted}"


FATES = ("notification.sent", "notification.failed", "notification.suppressed")
BOUNCED = "bounced"
"""One of these for each message; that it was delivered, or came back (`bounced`), may follow."""


def told_once(events: Sequence[Record]) -> Iterator[str]:
    """Each message tells about an event of the case, and about each of them once."""
    ids = {event["ce_id"] for event in events}
    fates = [data for event in events if event.name in FATES if (data := _data(event))]
    told = Counter((data["template"], data["cause"]) for data in fates if data.get("reason") != BOUNCED)
    yield from (
        f"{template} about {cause} {times} times" for (template, cause), times in told.items() if times > 1
    )
    yield from (f"{template} about {cause}, no event of it" for template, cause in told if cause not in ids)


def ends_by_the_customer(events: Sequence[Record]) -> Iterator[str]:
    """It ends as the customer says, confirmed or cancelled, and routing has nothing to say after it."""
    last = max((event for event in events if event.source == "routing"), key=lambda event: event.sequence)
    confirmed = last.name == "case.closed" and _data(last)["closed_as"] == "confirmed"
    if not confirmed and last.name != "case.cancelled":
        yield f"ends with {last.where}"


def one_remedy_in_force(events: Sequence[Record]) -> Iterator[str]:
    """A defect has one remedy at a time; the next one names the one whose place it takes."""
    in_force: dict[tuple[str, int], tuple[str, int]] = {}
    for event in sorted(events, key=lambda event: (event["ce_time"], event.sequence)):
        if event.source != "warranty":
            continue
        data = _data(event)
        remedy = (event.subject, data.get("remedy_no", 0))
        if event.name in REMEDIES:
            defect = (data["product_unit"], data["defect_no"])
            before = in_force.get(defect)
            if before is not None and before != (event.subject, data.get("supersedes")):
                yield f"{event.where}: {before} is in force for {defect}"
            in_force[defect] = remedy
        elif event.name in OVER:
            in_force = {defect: held for defect, held in in_force.items() if held != remedy}


def wrong_letters(
    endings: Sequence[Ending], letters: Sequence[Letter], owners: dict[str, str]
) -> Iterator[str]:
    """Each customer got the letters of the story and no others; a repeated one is the same letter.

    `owners` are the customers' addresses by their names in the stories.
    """
    first: dict[str, Letter] = {}
    of_the_day: dict[tuple[str, date], Letter] = {}
    for letter in letters:
        first.setdefault(letter.message_id, letter)
        # Its link says until which day it opens the case: after midnight it is another.
        if of_the_day.setdefault((letter.message_id, letter.day), letter) != letter:
            yield f"two letters under {letter.message_id}"
    for ending in endings:
        address = owners[ending.story.customer]
        numbers = (ending.case_no, *ending.other_nos)
        to_him = [letter for letter in first.values() if letter.to == address]
        own = [letter for letter in to_him if ending.case_no in letter.subject]
        if len(own) != len(ending.story.messages):
            subjects = [letter.subject for letter in own]
            yield f"{ending.story.title}: {len(own)} letters, not {len(ending.story.messages)}: {subjects}"
        yield from (
            f"{letter.subject} went to {address}"
            for letter in to_him
            if not any(number in letter.subject for number in numbers)
        )
    strangers = {letter.to for letter in letters} - set(owners.values())
    yield from (f"a letter went to {stranger}" for stranger in strangers)


def _data(event: Record) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(event.value or b"{}")
    return data
