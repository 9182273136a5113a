"""When a model or lot is held back, everybody with such a unit in an open case is told, once."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from ciclo_schemas.routing import CaseClosed, CaseRejected, ClosedAs
from ciclo_schemas.warranty import ContainmentNotified
from services.chassis.decider import Origin
from services.warranty.domain.answers import AssessAgain
from services.warranty.domain.containment import (
    LiftContainment,
    StartContainment,
    TellAgain,
    TellContained,
)
from services.warranty.domain.records import Containment, OpenCase
from services.warranty.store import TABLES
from tests.support.deciders import CASE, NOW, FactsOf, Story
from tests.unit.warranty.world import (
    CONTAINMENTS,
    IS_CANCELLED,
    IS_REOPENED,
    TV,
    classified,
    informed,
    opened,
    story,
)

LOT = replace(TV, lot="L-07")
HOT = Containment("hot-tv", "lumo-43", "L-07", "overheats", "stop_using", active=True, started_at=NOW)
TELL = TellContained(containment="hot-tv", model="lumo-43", lot="L-07")
AGAIN = AssessAgain(product_unit=TV.product_unit)
CLOSED = CaseClosed(closed_as=ClosedAs.CONFIRMED, reason="confirmed")
START = StartContainment(id="hot-tv", model="lumo-43", lot="L-07", cause="overheats", advice="stop_using")


def told_in(told: Story) -> list[str]:
    """The containments that the customer of this case was told about."""
    return [event.containment for event in told.published if isinstance(event, ContainmentNotified)]


def containment(*rows: object) -> Story:
    """The containment of the hot television's lot."""
    return Story(CONTAINMENTS, FactsOf(TABLES, *rows))


def code(told: Story, command: BaseModel) -> str | None:
    """Why a command is refused; None if it is not."""
    refusal = told.hears(command, origin=Origin.COMMAND).refusal
    return None if refusal is None else refusal.code


def test_holding_back_a_lot_tells_the_open_cases_now_and_once_more_a_minute_later() -> None:
    told = containment()
    decision = told.hears(START, origin=Origin.COMMAND)
    assert told.said() == ["containment.started"]
    assert [fan_out.data for fan_out in decision.fan_outs] == [TELL]
    again: Any = decision.timers[0]
    assert [fan_out.data for fan_out in told.hears(again.data).fan_outs] == [TELL]
    assert isinstance(again.data, TellAgain)


def test_the_same_containment_again_changes_nothing_and_another_content_is_refused() -> None:
    told = containment()
    told.hears(START, origin=Origin.COMMAND)
    assert code(told, START) is None
    assert code(told, START.model_copy(update={"lot": "L-08"})) == "already_started"
    assert told.said() == ["containment.started"]


def test_a_containment_is_lifted_once_with_a_reason() -> None:
    lift = LiftContainment(id="hot-tv", reason="checked_safe")
    told = containment()
    assert code(told, lift) == "unknown_containment"
    told.hears(START, origin=Origin.COMMAND)
    assert [code(told, lift), code(told, lift)] == [None, None]
    assert told.said() == ["containment.started", "containment.lifted"]
    assert code(told, lift.model_copy(update={"reason": "other"})) == "already_lifted"
    assert code(told, START) == "already_lifted"


def test_an_open_case_is_told_once_what_is_wrong_and_what_to_do() -> None:
    told = story(LOT)
    told.hears(opened())
    told.facts.apply([HOT])
    for _ in range(2):
        told.hears(TELL, origin=Origin.INTERNAL)
    (event,) = told.published
    assert event.model_dump() == {
        "containment": "hot-tv",
        "product_unit": "TV-0001",
        "cause": "overheats",
        "advice": "stop_using",
    }


def test_a_case_opened_while_a_model_is_held_back_is_told_at_once() -> None:
    told = story(TV, replace(HOT, lot=None))
    told.hears(opened())
    told.hears(classified())
    assert told.said()[0] == "containment.notified"
    assert told_in(told) == ["hot-tv"]


@pytest.mark.parametrize(
    "changes", [{"lot": "L-08"}, {"model": "lumo-55"}, {"active": False, "lift_reason": "checked_safe"}]
)
def test_who_has_another_unit_or_comes_after_it_was_lifted_is_not_alarmed(changes: dict[str, Any]) -> None:
    told = story(LOT, replace(HOT, **changes))
    told.hears(opened())
    told.hears(TELL, origin=Origin.INTERNAL)
    assert told_in(told) == []


def test_a_unit_that_is_named_or_registered_later_is_told_about_then() -> None:
    named = story(LOT, HOT)
    named.hears(opened(facts={}))
    assert told_in(named) == []
    named.hears(informed(product_unit=TV.product_unit))
    assert told_in(named) == ["hot-tv"]
    registered = story(HOT)
    registered.hears(opened())
    registered.facts.apply([LOT])
    registered.hears(AGAIN, origin=Origin.INTERNAL)
    assert told_in(registered) == ["hot-tv"]


@pytest.mark.parametrize("end", [CLOSED, IS_CANCELLED, CaseRejected(reason="spam", objection_until=NOW)])
def test_a_case_that_ended_is_left_alone_until_it_is_reopened(end: BaseModel) -> None:
    told = story(LOT)
    told.hears(opened())
    told.hears(end)
    assert told.facts.find(OpenCase) == ()
    told.facts.apply([HOT])
    told.hears(TELL, origin=Origin.INTERNAL)
    assert told_in(told) == []
    told.hears(IS_REOPENED)
    assert told_in(told) == ["hot-tv"]
    assert told.facts.one(OpenCase, case_id=CASE) is not None


NEWS = st.sampled_from(
    [TELL, AGAIN, CLOSED, IS_REOPENED, classified(), informed(product_unit=TV.product_unit), informed()]
)


@given(news=st.lists(NEWS, max_size=15))
def test_whatever_happens_a_case_is_told_once_and_listed_exactly_while_it_is_open(
    news: list[BaseModel],
) -> None:
    told = story(LOT, HOT)
    told.hears(opened())
    for one in news:
        told.hears(one)
        assert bool(told.facts.find(OpenCase)) != told.state.ended
    assert told_in(told) == ["hot-tv"]
