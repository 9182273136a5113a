"""Out of guarantee: the customer pays for a repair only after he has seen and accepted its price."""

from datetime import timedelta

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseEscalated,
    CaseHeld,
    CaseReopened,
    InformationRequested,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
    ResolutionProposed,
)
from ciclo_schemas.values import RemedyKind, WaitName, Window
from services.routing.domain.promises import PromiseDue
from services.routing.domain.stages import Purpose, Stage
from tests.support.deciders import NOW
from tests.unit.routing.beginnings import FAULT, row
from tests.unit.routing.news import (
    QUOTE,
    quote_answered,
    quote_expired,
    quote_issued,
    quote_refused,
    quote_requested,
)
from tests.unit.routing.world import (
    WORKSHOP,
    Case,
    assessed,
    chosen,
    confirmed,
    repair_authorized,
    repair_completed,
)


def asked_for_a_quote() -> Case:
    """A broken television out of guarantee; its owner wants to know what a repair would cost."""
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.OUT, allowed=(RemedyKind.QUOTE,)))
    case.hears(chosen(RemedyKind.QUOTE))
    case.hears(quote_requested())
    return case


def with_quote() -> Case:
    """The same, with the workshop's offer before him."""
    case = asked_for_a_quote()
    case.hears(quote_issued())
    return case


def test_out_of_guarantee_the_customer_is_offered_a_quote_as_a_choice() -> None:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.OUT, allowed=(RemedyKind.QUOTE,)))
    assert case.last(InformationRequested).missing == ("remedy",)
    assert case.count(ResolutionProposed) == 0


def test_a_quote_is_promised_by_the_workshops_date() -> None:
    case = asked_for_a_quote()
    promise = case.state.promised(PromiseKind.QUOTE)[0]
    assert (promise.owner.id, promise.due) == (WORKSHOP, NOW + timedelta(days=7))
    assert case.last(CaseHeld).wait is WaitName.WORKSHOP
    assert case.state.stage is Stage.WAITING_FOR_QUOTE


def test_an_accepted_quote_becomes_a_repair_and_the_repair_is_asked_about_at_its_end() -> None:
    case = with_quote()
    question = case.last(InformationRequested)
    assert (question.missing, question.deadline) == (("quote",), NOW + timedelta(days=15))
    assert case.last(CaseHeld).deadline > question.deadline, "warranty ends the offer first"
    case.hears(quote_answered())
    assert case.state.promised(PromiseKind.DECISION)
    case.hears(repair_authorized())
    assert case.last(CaseEscalated).service_point == WORKSHOP
    case.hears(repair_completed())
    case.hears(confirmed())
    assert case.state.is_closed


def test_a_refused_quote_ends_with_the_customers_word() -> None:
    case = with_quote()
    case.hears(quote_answered(accepted=False))
    case.hears(quote_refused())
    assert case.last(ResolutionProposed).reason == "quote_refused"
    assert not case.state.is_closed


def test_an_expired_quote_is_said_so_and_may_still_be_answered() -> None:
    case = with_quote()
    case.hears(quote_expired())
    assert case.last(ResolutionProposed).reason == "quote_expired"
    case.hears(confirmed())
    case.hears(quote_answered())
    assert case.last(CaseReopened).reason == "quote_answered"
    assert case.state.promised(PromiseKind.NEXT_STEP)


def test_a_workshop_that_offers_nothing_is_explained_by_a_person() -> None:
    case = asked_for_a_quote()
    case.hears(quote_refused())
    assert case.count(ResolutionProposed) == 0
    assert case.last(CaseAssigned).reason == "quote_not_offered"
    assert case.state.promised(PromiseKind.NEXT_STEP)


def test_a_corrected_quote_is_asked_again_and_an_answer_to_the_old_one_moves_nothing() -> None:
    case = with_quote()
    case.hears(quote_issued(revision=2))
    case.hears(quote_issued(revision=2))
    assert (
        sum(
            event.missing == ("quote",) for event in case.published if isinstance(event, InformationRequested)
        )
        == 2
    )
    case.hears(quote_answered(revision=1))
    assert case.state.waits_for(Purpose.QUOTE)
    case.hears(quote_answered(revision=2))
    assert case.state.promised(PromiseKind.DECISION)


def test_a_late_quote_is_still_shown_to_the_customer() -> None:
    case = asked_for_a_quote()
    promise = case.state.promised(PromiseKind.QUOTE)[0]
    case.at(promise.due, PromiseDue(promise_no=promise.no))
    assert case.state.has_person
    assert case.state.wait is None
    case.hears(quote_issued())
    assert case.state.waits_for(Purpose.QUOTE)
    assert case.last(PromiseKept).kind is PromiseKind.NEXT_STEP


def test_what_the_guarantee_covers_after_all_is_not_paid_for() -> None:
    case = asked_for_a_quote()
    case.hears(assessed(Window.GUARANTEE, 2))
    assert case.last(InformationRequested).missing == ("remedy",)
    assert not case.state.promised(PromiseKind.QUOTE)
    case.hears(quote_issued())
    case.hears(quote_expired(QUOTE))
    assert case.state.waits_for(Purpose.REMEDY)
    assert row(case).waiting_for == "customer"


def test_who_answers_after_the_offer_ended_is_told_again_that_it_did() -> None:
    case = with_quote()
    case.hears(quote_expired())
    case.hears(quote_answered())
    assert case.state.promised(PromiseKind.DECISION)
    case.hears(quote_expired())
    assert case.count(ResolutionProposed) == 2
    assert not case.state.promises


def test_a_workshop_that_gives_no_quote_breaks_its_promise() -> None:
    case = asked_for_a_quote()
    case.hears(quote_refused())
    assert case.last(PromiseBroken).kind is PromiseKind.QUOTE
