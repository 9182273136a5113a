"""What the customer's page asks and offers, as the case stands."""

from datetime import timedelta

from ciclo_schemas import cases, routing, warranty
from ciclo_schemas.events import Event
from ciclo_schemas.values import Channel, Facts, Money, Policy, RemedyKind, Window
from services.intake.domain.asks import Asks, asks
from services.intake.domain.situation import situation
from tests.unit.intake.door import CUSTOMER, NOON, QUEUE, assessed, happened, proposed, text_ref

LATER = NOON + timedelta(days=10)
SAID = {"channel": Channel.WEB, "reported_at": NOON}
CLOSED = routing.CaseClosed(closed_as=routing.ClosedAs.UNCONFIRMED, reason="silence")
REOPENED = routing.CaseReopened(reason="information_received", owner=QUEUE)
REJECTED = routing.CaseRejected(reason="spam", objection_until=LATER)


def after(*events: Event) -> Asks:
    opened = cases.CaseOpened(
        **SAID,
        case_no="C-1",
        customer_ref=CUSTOMER,
        facts=Facts(),
        language="en",
        jurisdiction="GB",
        safety_flag=False,
        text_ref=text_ref(1),
    )
    timeline = happened(opened, *events)
    return asks(timeline, situation(timeline))


def asked(*missing: str) -> routing.InformationRequested:
    return routing.InformationRequested(missing=missing, deadline=LATER, text_ref=text_ref(5))


def quoted(revision: int = 1) -> warranty.QuoteIssued:
    return warranty.QuoteIssued(
        quote_no="Q-1",
        revision=revision,
        service_point="sat-1",
        price=Money(amount_minor=100, currency="EUR"),
        valid_until=LATER,
        work=(),
    )


def informed(**facts: str) -> cases.CaseInformationReceived:
    return cases.CaseInformationReceived(**SAID, facts=Facts(**facts), safety_flag=False)


def test_a_new_case_asks_nothing() -> None:
    assert after() == Asks()


def test_a_choice_is_asked_only_when_it_is_the_customers_turn() -> None:
    offer = assessed(1, RemedyKind.REPAIR, RemedyKind.REFUND)
    assert after(offer).remedy is None
    assert after(offer).other_remedy == offer
    assert after(offer, asked("remedy")).remedy == offer
    assert after(offer, asked("remedy")).other_remedy is None
    chosen = cases.CaseRemedyChosen(**SAID, remedy=RemedyKind.REPAIR, assessment_no=1)
    assert after(offer, asked("remedy"), chosen) == after(offer, chosen)
    assert after(offer, chosen).other_remedy is None


def test_beside_an_approved_replacement_only_another_remedy_may_be_chosen_and_only_until_it_is_sent() -> None:
    offer = assessed(1, RemedyKind.REPLACEMENT, RemedyKind.REFUND, window=Window.TRIAL)
    approved = warranty.ReplacementApproved(
        remedy_no=1,
        product_unit="FR-2040",
        defect_no=1,
        assessment_no=1,
        window=Window.TRIAL,
        policy=Policy(id="gb", version="2015"),
        reasons=(),
        promised_by=LATER,
    )
    left = after(offer, approved).other_remedy
    assert left is not None
    assert left.remedies_allowed == (RemedyKind.REFUND,)
    assert after(assessed(1, RemedyKind.REPLACEMENT), approved).other_remedy is None
    shipped = warranty.ReplacementShipped(remedy_no=1, shipment="P-1", shipped_at=NOON)
    assert after(offer, approved, shipped).other_remedy is None


def test_a_quote_is_asked_until_it_is_answered_or_over() -> None:
    assert after(quoted()).quote == quoted()
    assert after(quoted(), quoted(2)).quote == quoted(2)
    answered = cases.CaseQuoteAnswered(**SAID, quote_no="Q-1", revision=1, accepted=False)
    assert after(quoted(), answered).quote is None
    assert after(quoted(), warranty.QuoteExpired(quote_no="Q-1", valid_until=LATER)).quote is None


def test_what_is_missing_is_asked_for_with_the_colleagues_words_and_never_what_is_known() -> None:
    now = after(asked("product_unit", "purchase", "remedy"))
    assert now.missing == ("product_unit", "purchase")
    assert now.explained == text_ref(5)
    assert after(informed(product_unit="FR-2040"), asked("product_unit", "purchase")).missing == ("purchase",)


def test_the_question_whether_it_is_solved_stands_until_it_is_answered() -> None:
    assert after(proposed(2)).proposal_no == 2
    confirmed = cases.CaseResolutionConfirmed(**SAID, proposal_no=2)
    assert after(proposed(2), confirmed).proposal_no is None


def test_after_the_end_nothing_is_asked_but_how_we_did() -> None:
    ended = after(assessed(1, RemedyKind.REPAIR), asked("remedy"), proposed(1), CLOSED)
    assert (ended.ended, ended.survey, ended.decided) == (True, True, True)
    assert (ended.remedy, ended.proposal_no, ended.missing) == (None, None, ())
    rated = after(CLOSED, cases.CaseSurveyAnswered(**SAID, score=4))
    assert (rated.survey, rated.score) == (True, 4)
    assert after(CLOSED, REOPENED).survey is False


def test_a_rejected_message_may_be_objected_to_and_is_not_rated() -> None:
    rejected = after(REJECTED)
    assert (rejected.rejected, rejected.ended, rejected.survey) == (True, True, False)
    assert after(REJECTED, REOPENED).rejected is False


def test_a_danger_stays_in_sight() -> None:
    told = warranty.ContainmentNotified(
        containment="K-1", product_unit="FR-2040", cause="battery_fire", advice="stop_using"
    )
    assert after(told, informed()).unsafe
    smoke = cases.CaseInformationReceived(**SAID, facts=Facts(), safety_flag=True)
    assert after(smoke, informed()).unsafe
    assert not after(informed()).unsafe
