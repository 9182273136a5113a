"""A person decides where the rules cannot tell, and his word stands, within what the window allows."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas.inbound import WorkshopReportKind
from ciclo_schemas.values import DecidedBy, RemedyKind, Window
from ciclo_schemas.warranty import RepairAuthorized, RepairRescheduled
from services.chassis.decider import Decision, Origin
from services.warranty.domain.by_hand import AssessByHand, CancelRepair, RescheduleRepair
from services.warranty.domain.records import Remedy, ServicePoint
from tests.support.deciders import NOW, Story
from tests.unit.warranty.world import (
    ANCIENT_TV,
    CANCELS,
    CORNER,
    IS_CANCELLED,
    NORTH,
    OLD_TV,
    SOUTH,
    STRANGER,
    TV,
    chosen,
    classified,
    informed,
    last_assessment,
    opened,
    replacement,
    reported,
    rights,
    story,
    under_repair,
)

FOREIGN = replace(OLD_TV, jurisdiction="FR", seller="no-trial-shop")
REPAIR = "R-C26-0001-7-1"


def by_hand(window: Window, *remedies: RemedyKind, **changes: Any) -> AssessByHand:
    """A person's assessment."""
    return AssessByHand(
        **{
            "agent": "agent-07",
            "window": window,
            "basis": "legal_guarantee",
            "remedies_allowed": remedies,
            "reasons": ("proof_seen",),
            "text_ref": "txt_" + "d" * 32,
            **changes,
        }
    )


def decides(told: Story, command: Any) -> str | None:
    """Have a person's command decided: why it is refused, None if it is not."""
    decision: Decision[Any] = told.hears(command, origin=Origin.COMMAND)
    assert decision.refusal is not None or decision.reply is not None
    return None if decision.refusal is None else decision.refusal.code


def unsettled(*rows: object, **changes: Any) -> Story:
    """A case whose coverage the rules cannot tell."""
    told = story(*rows)
    told.hears(opened(**changes))
    told.hears(classified())
    assert last_assessment(told).window is Window.UNKNOWN
    return told


def test_where_no_law_is_known_a_person_assesses_and_the_customer_chooses() -> None:
    told = unsettled(FOREIGN, replace(SOUTH, jurisdictions='["FR"]'))
    command = by_hand(
        Window.GUARANTEE,
        RemedyKind.REPAIR,
        RemedyKind.REPLACEMENT,
        guarantee_until=date(2027, 6, 1),
    )
    assert decides(told, command) is None
    event = last_assessment(told)
    assert (event.assessed_by, event.assessor and event.assessor.id) == (DecidedBy.AGENT, "agent-07")
    assert (event.assessment_no, event.text_ref) == (2, "txt_" + "d" * 32)
    assert event.reasons == ("staff_decision", "proof_seen")
    assert event.dates.guarantee_until == date(2027, 6, 1)
    told.hears(chosen(RemedyKind.REPAIR, assessment_no=2))
    authorized = told.published[-1]
    assert isinstance(authorized, RepairAuthorized)
    assert authorized.policy.id == "by-hand"
    told.hears(reported(WorkshopReportKind.COMPLETED))
    assert told.said()[-1] == "repair.completed"


def test_a_person_who_saw_the_receipt_gives_the_new_unit_of_the_trial_at_once_under_its_policy() -> None:
    told = unsettled(replace(TV, customer_ref=STRANGER))
    assert decides(told, by_hand(Window.TRIAL, RemedyKind.REPLACEMENT)) is None
    assert told.said()[-2:] == ["coverage.assessed", "replacement.approved"]
    assert replacement(told).policy.id == "seller-trial-30"


def test_in_a_trial_without_a_declared_defect_the_symptom_is_asked_for_first() -> None:
    told = unsettled(replace(TV, customer_ref=STRANGER), facts={"product_unit": "TV-0001"})
    decides(told, by_hand(Window.TRIAL, RemedyKind.REPLACEMENT))
    assert last_assessment(told).missing == ("symptom_code",)
    assert told.said()[-1] == "coverage.assessed"
    told.hears(classified(classified_by=DecidedBy.AGENT, symptom_code="no_picture"))
    assert told.said()[-1] == "replacement.approved"


def test_out_of_guarantee_the_workshops_are_looked_up_and_a_quote_is_offered() -> None:
    told = unsettled(replace(ANCIENT_TV, customer_ref=STRANGER), CORNER)
    decides(told, by_hand(Window.OUT, RemedyKind.QUOTE, basis="out_of_guarantee"))
    assert last_assessment(told).remedies_allowed == (RemedyKind.QUOTE,)
    told.hears(chosen(RemedyKind.QUOTE, assessment_no=2))
    assert told.said()[-1] == "quote.requested"


@pytest.mark.parametrize(
    ("window", "remedy", "why"),
    [
        (Window.TRIAL, RemedyKind.REPAIR, "no_repair_in_trial"),
        (Window.TRIAL, RemedyKind.QUOTE, "not_in_this_window"),
        (Window.GUARANTEE, RemedyKind.QUOTE, "not_in_this_window"),
        (Window.OUT, RemedyKind.REPLACEMENT, "not_in_this_window"),
        (Window.UNKNOWN, RemedyKind.REPAIR, "not_in_this_window"),
    ],
)
def test_no_person_gives_what_the_window_does_not(window: Window, remedy: RemedyKind, why: str) -> None:
    assert decides(unsettled(FOREIGN), by_hand(window, remedy, override="goodwill")) == why


def test_goods_need_a_registered_unit_and_a_person_can_name_it() -> None:
    told = story(FOREIGN)
    told.hears(opened(facts={}))
    told.hears(classified())
    offer = by_hand(Window.GUARANTEE, RemedyKind.REPLACEMENT)
    assert decides(told, offer) == "unit_not_registered"
    assert decides(told, offer.model_copy(update={"product_unit": "TV-0001"})) is None
    assert rights(told).product_unit == "TV-0001"


def test_where_the_rules_can_tell_a_person_says_why_he_decides_otherwise() -> None:
    told = story(OLD_TV)
    told.hears(opened())
    told.hears(classified())
    refund = by_hand(Window.GUARANTEE, RemedyKind.REFUND)
    assert decides(told, refund) == "rules_decide"
    assert decides(told, refund.model_copy(update={"override": "goodwill"})) is None
    assert last_assessment(told).reasons == ("staff_decision", "proof_seen", "goodwill")
    told.hears(chosen(RemedyKind.REFUND, assessment_no=2))
    assert told.said()[-1] == "refund.approved"


def test_what_a_person_assessed_stands_until_the_customer_names_another_unit() -> None:
    told = unsettled(FOREIGN, replace(TV, product_unit="TV-0002"))
    decides(told, by_hand(Window.GUARANTEE, RemedyKind.REPLACEMENT))
    told.hears(informed(purchase_ref="T-9"))
    told.hears(classified())
    assert told.said().count("coverage.assessed") == 2
    told.hears(chosen(RemedyKind.REPAIR, assessment_no=1))
    stands = last_assessment(told)
    assert (stands.assessed_by, stands.remedies_allowed) == (DecidedBy.AGENT, (RemedyKind.REPLACEMENT,))
    told.hears(informed(product_unit="TV-0002"))
    assert last_assessment(told).assessed_by is DecidedBy.RULES


def test_a_repair_given_by_hand_that_fails_is_not_offered_again() -> None:
    told = unsettled(FOREIGN, replace(SOUTH, jurisdictions='["FR"]'))
    decides(told, by_hand(Window.GUARANTEE, RemedyKind.REPAIR))
    told.hears(chosen(RemedyKind.REPAIR, assessment_no=2))
    told.hears(reported(WorkshopReportKind.FAILED))
    assert last_assessment(told).remedies_allowed == ()
    assert last_assessment(told).reasons[-1] == "choice_for_staff"


def test_a_defect_that_has_its_remedy_is_not_assessed_by_hand_nor_a_case_that_ended() -> None:
    told = under_repair()
    offer = by_hand(Window.GUARANTEE, RemedyKind.REPLACEMENT, override="goodwill")
    assert decides(told, offer) == "remedy_in_force"
    told.hears(CANCELS)
    told.hears(IS_CANCELLED)
    assert decides(told, offer) == "case_closed"
    assert decides(story(), offer) == "not_seen_yet"


def test_in_a_cancelled_case_a_person_says_that_the_customer_changed_his_mind() -> None:
    told = unsettled(FOREIGN)
    told.hears(CANCELS)
    offer = by_hand(Window.GUARANTEE, RemedyKind.REPLACEMENT)
    assert decides(told, offer) == "cancelled"
    assert decides(told, offer.model_copy(update={"override": "customer_changed_his_mind"})) is None
    told.hears(chosen(RemedyKind.REPLACEMENT, assessment_no=2))
    assert told.said()[-1] == "replacement.approved"


def test_a_repair_gets_another_date_once() -> None:
    told = under_repair()
    due = NOW + timedelta(days=40)
    command = RescheduleRepair(agent="agent-07", repair_no=REPAIR, due=due, reason="staff_agreed")
    assert [decides(told, command), decides(told, command)] == [None, None]
    event = told.published[-1]
    assert isinstance(event, RepairRescheduled)
    assert (event.due, event.reason) == (due, "staff_agreed")
    assert told.said().count("repair.rescheduled") == 1
    assert decides(told, command.model_copy(update={"due": NOW})) == "date_has_passed"
    assert decides(told, command.model_copy(update={"repair_no": "R-9"})) == "unknown_repair"
    told.hears(reported(WorkshopReportKind.COMPLETED))
    assert decides(told, command) == "already_ended"


@pytest.mark.parametrize("at_workshop", [False, True])
def test_a_repair_called_off_in_time_gives_its_workshop_room_and_the_customer_the_same_choice(
    at_workshop: bool,
) -> None:
    told = under_repair()
    if at_workshop:
        told.hears(reported(WorkshopReportKind.RECEIVED))
    command = CancelRepair(agent="agent-07", repair_no=REPAIR, reason="workshop_closes")
    assert decides(told, command) is None
    assert told.said()[-2:] == ["repair.cancelled", "coverage.assessed"]
    assert last_assessment(told).remedies_allowed == (RemedyKind.REPAIR, RemedyKind.REPLACEMENT)
    assert told.facts.one(ServicePoint, id="cast-south") == SOUTH
    assert decides(told, command) == "called_off"


def test_an_overdue_repair_that_is_called_off_opens_price_reduction_and_refund() -> None:
    told = under_repair()
    told.now = NOW + timedelta(days=60)
    decides(told, CancelRepair(agent="agent-07", repair_no=REPAIR, reason="workshop_overdue"))
    assert set(last_assessment(told).remedies_allowed) == {
        RemedyKind.REPAIR,
        RemedyKind.REPLACEMENT,
        RemedyKind.PRICE_REDUCTION,
        RemedyKind.REFUND,
    }


@given(
    window=st.sampled_from([Window.TRIAL, Window.GUARANTEE, Window.OUT, Window.UNKNOWN]),
    remedies=st.lists(st.sampled_from(list(RemedyKind)[:-1]), unique=True),
    choice=st.sampled_from(list(RemedyKind)[:-1]),
    unit=st.sampled_from([TV, OLD_TV, ANCIENT_TV, FOREIGN]),
)
def test_whatever_a_person_says_nothing_is_repaired_in_a_trial_and_nothing_is_free_out_of_guarantee(
    window: Window, remedies: list[RemedyKind], choice: RemedyKind, unit: object
) -> None:
    told = story(unit, NORTH, SOUTH, CORNER)
    told.hears(opened())
    told.hears(classified())
    decides(told, by_hand(window, *remedies, override="goodwill"))
    told.hears(chosen(choice, assessment_no=last_assessment(told).assessment_no))
    for remedy in told.facts.find(Remedy):
        assert not (remedy.coverage == "trial" and remedy.kind == "repair")
        assert remedy.coverage != "out"
    assert sum(remedy.in_force for remedy in told.facts.find(Remedy)) <= 1
