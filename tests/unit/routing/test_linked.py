"""The same matter reported twice is handled once: one case goes on, the other waits and ends with it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ciclo_schemas.cases import CaseCancellationRequested, CaseOpened
from ciclo_schemas.routing import CaseLinked, ClosedAs, ComplaintOutcome
from ciclo_schemas.values import Category, Channel, Facts, PartyKind, Window
from ciclo_schemas.warranty import CancellationAssessed, RemedyAlreadyInForce
from services.chassis.decider import Lookup, Message, Origin
from services.routing.domain import linked
from services.routing.domain.first_line import ProposeResolution, Take
from services.routing.domain.rows import Matter
from services.routing.domain.stages import Purpose, Stage
from services.routing.domain.waits import WaitDue
from tests.support.deciders import NOW
from tests.unit.routing.redressing import answer
from tests.unit.routing.town import Town, case_id
from tests.unit.routing.world import (
    DECIDER,
    OTHER_CASE,
    TV,
    assessed,
    confirmed,
    denied,
    found,
    human,
    information,
    opened,
    replacement_approved,
    replacement_delivered,
)

OTHER_CUSTOMER = "cus_" + "b" * 32
WASHER = "WM-0002"


def report(unit: str | None = TV, *, later: int = 0, customer: str | None = None) -> CaseOpened:
    """A report about a unit, so many minutes after the others."""
    event = opened(Facts(product_unit=unit))
    changes = {"reported_at": NOW + timedelta(minutes=later)} | (
        {"customer_ref": customer} if customer else {}
    )
    return event.model_copy(update=changes)


def twice() -> Town:
    """The same television, by web and by phone."""
    town = Town()
    town.opens(1, report())
    town.opens(2, report(later=5))
    town.settles()
    return town


def with_proposal() -> Town:
    """Two cases of one matter, and a person who thinks it is solved."""
    town = twice()
    town.hears(1, found(Category.ONLINE_SUPPORT), Origin.RESULT)
    does(town, 1, Take(agent="agent-03"), ProposeResolution(agent="agent-03", reason="restarted"))
    town.settles()
    return town


def does(town: Town, number: int, *commands: Message) -> None:
    """A person does something, and nothing refuses it."""
    for command in commands:
        assert town.hears(number, command, Origin.COMMAND).refusal is None


def survivors(town: Town) -> dict[int, object]:
    """Which open case waits for which."""
    return {number: town.state(number).survivor for number in town.cases if not town.state(number).is_closed}


def test_the_later_report_waits_for_the_earlier_one_with_an_owner_and_a_date() -> None:
    town = twice()
    assert survivors(town) == {1: None, 2: case_id(1)}
    assert town.said(2) == ["promise.made", "case.linked", "promise.kept", "case.held"]
    state = town.state(2)
    assert (state.stage, state.waiting_for, state.owner.kind) == (
        Stage.LINKED,
        "linked_case",
        PartyKind.QUEUE,
    )
    assert state.next_due is not None
    assert town.said(1) == ["promise.made"]


def test_a_report_that_arrives_late_but_was_made_first_survives() -> None:
    town = Town()
    town.opens(1, report(later=5))
    town.opens(2, report())
    town.settles()
    assert survivors(town) == {1: case_id(2), 2: None}


@pytest.mark.parametrize(
    "other", [report(WASHER), report(None), report(customer=OTHER_CUSTOMER)], ids=["unit", "none", "customer"]
)
def test_other_units_and_other_customers_are_other_matters(other: CaseOpened) -> None:
    town = Town()
    town.opens(1, report())
    town.opens(2, other)
    town.settles()
    assert survivors(town) == {1: None, 2: None}


def test_a_unit_that_becomes_known_later_links_the_case_then() -> None:
    by_customer, by_warranty = Town(), Town()
    for town in (by_customer, by_warranty):
        town.opens(1, report())
        town.opens(2, report(None, later=5))
    by_customer.hears(2, information(Facts(product_unit=TV)))
    by_warranty.hears(2, assessed(Window.GUARANTEE).model_copy(update={"product_unit": TV}))
    for town in (by_customer, by_warranty):
        town.settles()
        assert survivors(town) == {1: None, 2: case_id(1)}


def test_a_customer_who_corrects_the_unit_gets_his_case_back() -> None:
    town = twice()
    town.hears(2, information(Facts(product_unit=WASHER)))
    town.settles()
    assert survivors(town) == {1: None, 2: None}
    assert town.state(2).has_person
    assert town.said(2)[-3:] == ["case.resumed", "case.assigned", "promise.made"]


def test_the_case_that_gets_the_remedy_survives() -> None:
    town = twice()
    town.hears(2, replacement_approved())
    town.settles()
    assert survivors(town) == {1: case_id(2), 2: None}
    assert town.state(2).waits_for(Purpose.LOGISTICS)
    town.hears(2, replacement_delivered())
    town.settles()
    town.hears(1, confirmed())
    town.settles()
    assert {town.state(number).closed_as for number in (1, 2)} == {ClosedAs.CONFIRMED}


def test_a_remedy_in_force_in_the_other_case_makes_that_one_the_survivor() -> None:
    town = twice()
    blocked = RemedyAlreadyInForce(product_unit=TV, defect_no=1, case=case_id(2), remedy_no=1)
    town.hears(1, blocked)
    town.hears(2, replacement_approved())
    town.settles()
    assert survivors(town) == {1: case_id(2), 2: None}
    reasons = [event.reason for event in town.cases[1].published if isinstance(event, CaseLinked)]
    assert reasons == ["remedy.already_in_force"]


def test_a_remedy_in_force_in_a_strangers_case_is_explained_by_a_person() -> None:
    town = Town()
    town.opens(1, report())
    town.opens(2, report(customer=OTHER_CUSTOMER))
    blocked = RemedyAlreadyInForce(product_unit=TV, defect_no=1, case=case_id(2), remedy_no=1)
    for case in (blocked, blocked.model_copy(update={"case": OTHER_CASE})):
        town.hears(1, case)
        assert town.state(1).survivor is None
        assert town.state(1).has_person


def test_two_remedies_for_two_defects_of_one_unit_both_go_on() -> None:
    town = twice()
    town.hears(1, replacement_approved())
    town.hears(2, replacement_approved())
    town.settles()
    assert survivors(town) == {1: None, 2: None}
    assert town.state(2).waits_for(Purpose.LOGISTICS)


@pytest.mark.parametrize("answered", [1, 2])
def test_a_confirmation_on_either_closes_both(answered: int) -> None:
    town = with_proposal()
    assert [town.state(number).stage for number in (1, 2)] == [Stage.RESOLUTION_PROPOSED] * 2
    town.hears(answered, confirmed())
    town.settles()
    assert [town.state(number).closed_as for number in (1, 2)] == [ClosedAs.CONFIRMED] * 2


@pytest.mark.parametrize("answered", [1, 2])
def test_a_denial_on_either_makes_a_person_go_on_with_the_survivor(answered: int) -> None:
    town = with_proposal()
    town.hears(answered, denied())
    town.settles()
    assert town.state(1).denials == 1
    assert town.state(1).has_person
    assert town.state(2).waits_for(Purpose.LINKED_CASE)
    does(town, 1, ProposeResolution(agent=town.state(1).owner.id, reason="replugged"))
    town.settles()
    assert town.state(2).proposals == 2
    town.hears(2, confirmed(2))
    town.settles()
    assert [town.state(number).closed_as for number in (1, 2)] == [ClosedAs.CONFIRMED] * 2


def test_a_second_report_while_an_answer_is_awaited_gets_the_same_question() -> None:
    town = with_proposal()
    town.opens(3, report(later=9))
    town.settles()
    assert town.state(3).stage is Stage.RESOLUTION_PROPOSED
    town.hears(3, confirmed())
    town.settles()
    assert all(town.state(number).is_closed for number in (1, 2, 3))


def test_words_on_the_linked_case_count_for_the_survivor() -> None:
    town = twice()
    town.hears(2, information(text=7, safety=True))
    town.hears(2, human())
    town.settles()
    survivor = town.state(1)
    assert survivor.safety
    assert survivor.has_person
    assert set(town.state(2).texts) <= set(survivor.texts)
    assert town.state(2).waits_for(Purpose.LINKED_CASE)


def test_cancelling_the_linked_case_leaves_the_survivor_alone() -> None:
    town = twice()
    cancels(town, 2)
    assert town.state(2).stage is Stage.CANCELLED
    assert survivors(town) == {1: None}


def test_cancelling_the_survivor_lets_the_others_go_on() -> None:
    town = twice()
    town.opens(3, report(later=9))
    town.settles()
    cancels(town, 1)
    assert survivors(town) == {2: None, 3: case_id(2)}
    assert town.state(2).has_person


def cancels(town: Town, number: int) -> None:
    """The customer withdraws one case, and nothing stands in the way."""
    town.hears(number, CaseCancellationRequested(channel=Channel.WEB, reported_at=NOW))
    town.hears(number, CancellationAssessed(taken_back=()))
    town.settles()


def test_a_report_after_the_end_is_a_matter_of_its_own() -> None:
    town = with_proposal()
    town.hears(1, confirmed())
    town.settles()
    town.opens(3, report(later=9))
    town.settles()
    assert survivors(town) == {3: None}


def test_people_work_on_the_survivor_and_are_told_so() -> None:
    town = twice()
    refusal = town.hears(2, Take(agent="agent-03"), Origin.COMMAND).refusal
    assert refusal is not None
    assert refusal.code == "linked_case"
    assert str(case_id(1)) in refusal.detail


def test_a_complaint_of_a_linked_case_is_answered_all_the_same() -> None:
    town = Town()
    town.opens(1, report())
    town.opens(2, report(None, later=5))
    town.hears(2, found(Category.COMPLAINT, facets=("complaint",)), Origin.RESULT)
    town.hears(2, information(Facts(product_unit=TV)))
    town.settles()
    assert town.state(2).survivor == case_id(1)
    answerer = town.state(2).complaints[0].owner.id
    does(town, 2, answer(ComplaintOutcome.NOT_UPHELD, answerer))
    town.settles()
    assert town.state(2).stage is Stage.RESOLUTION_PROPOSED
    town.hears(2, confirmed())
    town.settles()
    assert town.state(2).closed_as is ClosedAs.CONFIRMED
    assert survivors(town) == {1: None}


def test_a_wait_for_the_other_case_that_lasts_too_long_gets_a_person() -> None:
    town = twice()
    wait = town.state(2).wait
    assert wait is not None
    town.cases[2].now = wait.deadline
    town.hears(2, WaitDue(wait_no=wait.no), Origin.TIMER)
    assert town.state(2).has_person
    assert town.state(2).promises
    does(town, 2, ProposeResolution(agent=town.state(2).owner.id, reason="explained"))
    assert town.state(2).survivor is None


def test_what_a_decision_about_a_matter_rests_on_is_locked_beforehand() -> None:
    key = {"customer_ref": report().customer_ref, "product_unit": TV}
    assert list(DECIDER.needs(None, report())) == [Lookup.of(Matter, **key)]
    town = twice()
    told = linked.LookAgain(to=case_id(2))
    assert list(DECIDER.needs(town.state(2), told)) == [Lookup.of(Matter, **key)]
    assert not list(DECIDER.needs(town.state(2), information(text=3)))


NUMBERS = st.integers(1, 3)
WORDS: st.SearchStrategy[Callable[[Town, int], None]] = st.sampled_from(
    [
        lambda town, number: _maybe(town, number, confirmed(_proposals(town, number))),
        lambda town, number: _maybe(town, number, denied(_proposals(town, number))),
        lambda town, number: _maybe(town, number, human()),
        lambda town, number: _maybe(town, number, information(text=8)),
        lambda town, number: _maybe(town, number, information(Facts(product_unit=WASHER))),
        lambda town, number: _maybe(town, number, information(Facts(product_unit=TV))),
        lambda town, number: _maybe(town, number, replacement_approved(by=NOW + timedelta(days=90))),
        lambda town, number: _maybe(town, number, replacement_delivered()),
        lambda town, number: _maybe(
            town, number, RemedyAlreadyInForce(product_unit=TV, defect_no=1, case=case_id(1), remedy_no=1)
        ),
        lambda town, number: _maybe(town, number, found(Category.COMPLAINT, 1), Origin.RESULT),
        lambda town, number: _maybe(
            town, number, answer(ComplaintOutcome.NOT_UPHELD, "agent-08"), Origin.COMMAND
        ),
        lambda town, number: _maybe(town, number, Take(agent="agent-03"), Origin.COMMAND),
        lambda town, number: _maybe(
            town, number, ProposeResolution(agent="agent-03", reason="restarted"), Origin.COMMAND
        ),
        lambda town, number: _maybe(
            town, number, CaseCancellationRequested(channel=Channel.WEB, reported_at=NOW)
        ),
        lambda town, number: _maybe(town, number, CancellationAssessed(taken_back=())),
        lambda town, number: town.opens(number, report(later=number)) if number not in town.cases else None,
        lambda town, number: (
            town.opens(number, report(later=9 - number)) if number not in town.cases else None
        ),
    ]
)


def _proposals(town: Town, number: int) -> int:
    return max(1, town.state(number).proposals) if number in town.cases else 1


def _maybe(town: Town, number: int, data: BaseModel, origin: Origin = Origin.EVENT) -> None:
    if number in town.cases:
        town.hears(number, data, origin)


@settings(max_examples=300)
@given(st.lists(st.tuples(WORDS, NUMBERS, st.booleans()), max_size=25), st.randoms(use_true_random=False))
def test_whatever_happens_no_case_waits_for_one_that_ended_or_waits_itself(
    story: list[tuple[Callable[[Town, int], None], int, bool]], random: object
) -> None:
    choose: Callable[[int], int] = random.randrange  # type: ignore[attr-defined]
    town = Town()
    town.opens(1, report())
    town.opens(2, report(later=5))
    for happens, number, settled in story:
        happens(town, number)
        for one in town.cases:
            state = town.state(one)
            assert state.is_closed or state.promises or state.wait, "somebody owes the customer something"
        if settled:
            town.settles(choose)
    town.settles(choose)
    for one in town.cases:
        state = town.state(one)
        if state.survivor is None:
            continue
        assert not state.is_closed
        assert state.remedy is None
        others = {case_id(number): town.state(number) for number in town.cases}
        survivor = others[state.survivor]
        assert not survivor.is_closed
        assert survivor.survivor is None
        assert survivor.unit == state.unit
        assert survivor.has_linked
        if state.waits_for(Purpose.CONFIRMATION) and state.proposals == state.mirrored_proposal:
            assert survivor.waits_for(Purpose.CONFIRMATION)
