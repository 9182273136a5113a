"""Who withdraws a case hears what was taken back and what could not be; nothing new begins then."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from ciclo_schemas.inbound import ScanKind, WorkshopReportKind
from ciclo_schemas.values import Category, DecidedBy, RemedyKind, Window
from ciclo_schemas.warranty import CancellationAssessed, CannotCancel
from services.chassis.decider import Decision
from services.warranty.domain.answers import AssessAgain, ChoiceDue
from services.warranty.domain.records import Quote, Remedy, ServicePoint
from tests.support.deciders import Story
from tests.unit.warranty.world import (
    ANCIENT_TV,
    CANCELS,
    IS_CANCELLED,
    IS_REOPENED,
    NORTH,
    OLD_TV,
    REPORTED,
    SOUTH,
    TV,
    answered,
    chosen,
    classified,
    informed,
    last_assessment,
    opened,
    paid,
    quoted,
    reported,
    rights,
    scanned,
    story,
    under_repair,
)


def cancels(told: Story) -> CancellationAssessed:
    """The answer to the customer who withdraws; it is the last thing said."""
    answer = told.hears(CANCELS).events[-1]
    assert isinstance(answer, CancellationAssessed)
    return answer


def code(decision: Decision[Any]) -> str | None:
    """Why an input was refused."""
    return None if decision.refusal is None else decision.refusal.code


def replaced() -> Story:
    """A television within its trial: a new unit is approved."""
    told = story(TV)
    told.hears(opened())
    told.hears(classified())
    return told


def paid_back() -> Story:
    """A British customer takes the money back instead."""
    told = story(replace(TV, jurisdiction="GB"))
    told.hears(opened(asked_for=RemedyKind.REFUND))
    told.hears(classified())
    assert told.said()[-1] == "refund.approved"
    return told


def asked_for_a_quote(*, issued: bool) -> Story:
    """Out of guarantee, a workshop was asked what the repair costs."""
    told = story(ANCIENT_TV, SOUTH)
    told.hears(opened())
    told.hears(classified())
    told.hears(chosen(RemedyKind.QUOTE))
    if issued:
        told.hears(quoted())
    return told


def test_a_new_unit_that_has_not_left_is_taken_back_and_the_defect_is_free_for_another_remedy() -> None:
    told = replaced()
    assert cancels(told) == CancellationAssessed(taken_back=("replacement",))
    assert told.said()[-2:] == ["replacement.withdrawn", "cancellation.assessed"]
    assert not any(remedy.in_force for remedy in told.facts.find(Remedy))


def test_a_repair_that_has_not_begun_is_called_off_and_its_workshop_has_room_again() -> None:
    told = under_repair()
    assert cancels(told) == CancellationAssessed(taken_back=("repair",))
    assert told.said()[-2:] == ["repair.cancelled", "cancellation.assessed"]
    assert told.facts.one(ServicePoint, id="cast-south") == SOUTH
    late = told.hears(reported(WorkshopReportKind.COMPLETED))
    assert code(late) == "called_off"


@pytest.mark.parametrize("issued", [False, True])
def test_a_quote_that_was_asked_for_is_called_off_and_its_workshop_offers_nothing_more(issued: bool) -> None:
    told = asked_for_a_quote(issued=issued)
    assert cancels(told) == CancellationAssessed(taken_back=("quote",))
    assert told.published[-2].model_dump() == {"quote_no": "Q-C26-0001-7-1", "reason": "cancelled"}
    late = told.hears(quoted(revision=2))
    assert code(late) == "quote_closed"
    assert [quote.status for quote in told.facts.find(Quote)] == ["cancelled"]


def test_money_that_was_not_paid_yet_is_taken_back_and_a_later_payment_is_refused() -> None:
    told = paid_back()
    assert cancels(told) == CancellationAssessed(taken_back=("refund",))
    late = told.hears(paid(remedy_no=1))
    assert code(late) == "called_off"


@pytest.mark.parametrize(
    ("done", "reason"),
    [
        ((ScanKind.SHIPPED,), "shipped"),
        ((ScanKind.SHIPPED, ScanKind.DELIVERED), "delivered"),
        ((ScanKind.RECEIVED,), "at_warehouse"),
    ],
)
def test_a_new_unit_on_its_way_cannot_be_taken_back_nor_one_for_which_the_old_came_in(
    done: tuple[ScanKind, ...], reason: str
) -> None:
    told = replaced()
    for kind in done:
        told.hears(scanned(kind))
    assert cancels(told) == CancellationAssessed(
        taken_back=(), cannot=(CannotCancel(what="replacement", reason=reason),)
    )
    assert told.said()[-2] != "replacement.withdrawn"


def test_a_new_unit_whose_parcel_was_lost_can_be_taken_back_again() -> None:
    told = replaced()
    told.hears(scanned(ScanKind.SHIPPED))
    told.hears(scanned(ScanKind.LOST))
    assert cancels(told).taken_back == ("replacement",)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(WorkshopReportKind.RECEIVED, "at_workshop"), (WorkshopReportKind.COMPLETED, "completed")],
)
def test_a_unit_at_the_workshop_or_repaired_cannot_be_taken_back(
    kind: WorkshopReportKind, reason: str
) -> None:
    told = under_repair()
    told.hears(reported(kind))
    assert cancels(told) == CancellationAssessed(
        taken_back=(), cannot=(CannotCancel(what="repair", reason=reason),)
    )


def test_money_that_was_paid_cannot_be_taken_back() -> None:
    told = paid_back()
    told.hears(paid(remedy_no=1))
    assert cancels(told).cannot == (CannotCancel(what="refund", reason="paid"),)


def test_a_case_without_assessment_remedy_or_product_is_answered_too() -> None:
    told = story()
    told.hears(opened(facts={}))
    assert cancels(told) == CancellationAssessed(taken_back=())
    assert told.said() == ["cancellation.assessed"]


def test_who_cancels_twice_is_answered_twice_the_same_and_nothing_changes() -> None:
    told = under_repair()
    first = cancels(told)
    again = told.hears(CANCELS)
    assert again.events == (first,)
    assert again.rows == ()


BEGINNINGS: list[BaseModel] = [
    chosen(RemedyKind.REPAIR),
    chosen(RemedyKind.REPLACEMENT),
    ChoiceDue(assessment_no=1),
    AssessAgain(product_unit="TV-0001"),
    informed(symptom_code="no_sound"),
    classified(Category.REPLACEMENT_REQUEST, classified_by=DecidedBy.AGENT, symptom_code="no_sound"),
]


@pytest.mark.parametrize("data", BEGINNINGS, ids=lambda data: type(data).__name__)
@pytest.mark.parametrize("unit", [TV, OLD_TV])
def test_after_a_cancellation_nothing_new_begins_and_every_question_is_answered(
    unit: object, data: BaseModel
) -> None:
    told = story(unit, NORTH, SOUTH)
    told.hears(opened())
    told.hears(classified())
    cancels(told)
    said = len(told.said())
    told.hears(data)
    assert set(told.said()[said:]) <= {"coverage.assessed"}
    if told.said()[said:]:
        assert last_assessment(told).remedies_allowed == ()
        assert "cancelled" in last_assessment(told).reasons
    assert not any(remedy.in_force for remedy in told.facts.find(Remedy))


def test_a_case_cancelled_before_it_was_classified_gets_no_new_unit() -> None:
    told = story(TV)
    told.hears(opened())
    cancels(told)
    told.hears(classified())
    assert told.said() == ["cancellation.assessed", "coverage.assessed"]
    assert last_assessment(told).window is Window.TRIAL


def test_who_accepts_the_quote_after_cancelling_hears_that_it_was_called_off() -> None:
    told = asked_for_a_quote(issued=True)
    cancels(told)
    told.hears(answered(True))
    assert told.published[-1].model_dump()["reason"] == "cancelled"
    told.hears(IS_CANCELLED)
    told.hears(IS_REOPENED)
    told.hears(answered(True))
    assert told.said()[-2:] == ["quote.accepted", "repair.authorized"]


def test_a_choice_after_the_end_is_carried_out_once_the_case_is_open_again() -> None:
    told = under_repair()
    cancels(told)
    told.hears(IS_CANCELLED)
    assert told.hears(chosen(RemedyKind.REPLACEMENT)).events == ()
    reopened = told.hears(IS_REOPENED)
    assert [event.event_type for event in reopened.events] == ["ciclo.replacement.approved.v1"]
    assert not rights(told).withdrawn


def test_a_word_after_the_end_alone_gives_nothing_but_a_choice_again_in_the_guarantee() -> None:
    told = story(OLD_TV, NORTH, SOUTH)
    told.hears(opened())
    cancels(told)
    told.hears(classified())
    told.hears(IS_CANCELLED)
    told.hears(IS_REOPENED)
    assert told.said()[-1] == "coverage.assessed"
    assert last_assessment(told).remedies_allowed == (RemedyKind.REPAIR, RemedyKind.REPLACEMENT)


def test_a_word_after_the_end_gives_no_new_unit_in_the_trial_before_a_person_has_asked() -> None:
    told = story(TV)
    told.hears(opened())
    cancels(told)
    told.hears(classified())
    told.hears(IS_CANCELLED)
    told.hears(IS_REOPENED)
    assert last_assessment(told).reasons[-1] == "choice_for_staff"
    assert "replacement.approved" not in told.said()
    told.hears(classified(classified_by=DecidedBy.AGENT, symptom_code="no_picture"))
    assert told.said()[-1] == "replacement.approved"


def test_a_repair_that_fails_after_the_cancellation_is_followed_by_nothing() -> None:
    told = under_repair()
    told.hears(reported(WorkshopReportKind.RECEIVED))
    cancels(told)
    told.hears(reported(WorkshopReportKind.FAILED, day=2))
    assert told.said()[-2:] == ["repair.failed", "coverage.assessed"]
    assert last_assessment(told).remedies_allowed == ()


def test_of_a_repair_and_the_new_unit_that_followed_only_the_new_unit_counts() -> None:
    told = under_repair()
    told.hears(reported(WorkshopReportKind.FAILED))
    told.hears(chosen(RemedyKind.REPLACEMENT, assessment_no=2, reported_at=REPORTED + timedelta(days=1)))
    assert cancels(told) == CancellationAssessed(taken_back=("replacement",))
