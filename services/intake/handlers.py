"""What intake hears and does: the whole of it on one screen."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from ciclo_schemas import inbound, routing, warranty
from services.chassis.decider import Decider, Lookup
from services.chassis.ids import derived_id
from services.intake.domain import moves
from services.intake.domain.answers import (
    ChooseRemedy,
    Confirm,
    Deny,
    choose_remedy,
    confirm,
    coverage_assessed,
    deny,
    resolution_proposed,
)
from services.intake.domain.attachments import Attach, attach
from services.intake.domain.case import CaseState
from services.intake.domain.customer import (
    CustomerState,
    RegisterCustomer,
    known_customer,
    register_customer,
)
from services.intake.domain.inbound import open_requested, open_requested_needs, word_spoken
from services.intake.domain.opening import OpenCase, open_case, opening_needs
from services.intake.domain.quotes import AnswerQuote, answer_quote, quote_issued, quote_over
from services.intake.domain.survey import AnswerSurvey, answer_survey
from services.intake.domain.timeline import project
from services.intake.domain.words import (
    Inform,
    KeepText,
    RaiseObjection,
    RequestCancellation,
    RequestHuman,
    inform,
    keep_text,
    raise_objection,
    request_cancellation,
    request_human,
)

READS = ("ciclo.routing.v1", "ciclo.warranty.v1", "ciclo.notifications.v1")
TIMELINE = project


def _reported_case(asked: inbound.OpenCase) -> UUID:
    return derived_id("case", asked.publisher, asked.external_ref)


def _spoken_case(spoken: inbound.WordSpoken) -> UUID:
    """The case spoken about; a word that names none is refused as one about a case of its own."""
    return spoken.case or derived_id("case", spoken.publisher, spoken.external_ref or spoken.word_ref)


INBOUND: dict[type[inbound.InboundEvent], Callable[[Any], UUID]] = {
    inbound.OpenCase: _reported_case,
    inbound.WordSpoken: _spoken_case,
}


def _needs(_state: CaseState | None, data: Any) -> Iterable[Lookup]:
    if isinstance(data, OpenCase):
        return opening_needs(data)
    return open_requested_needs(data) if isinstance(data, inbound.OpenCase) else ()


CASES = Decider(
    kind="case",
    state=CaseState,
    on={
        # the customer's commands
        OpenCase: open_case,
        Inform: inform,
        ChooseRemedy: choose_remedy,
        Confirm: confirm,
        Deny: deny,
        AnswerQuote: answer_quote,
        RequestHuman: request_human,
        Attach: attach,
        RequestCancellation: request_cancellation,
        RaiseObjection: raise_objection,
        AnswerSurvey: answer_survey,
        # the same, from other systems
        inbound.OpenCase: open_requested,
        inbound.WordSpoken: word_spoken,
        # a colleague's command
        KeepText: keep_text,
        # events of the other services
        warranty.CoverageAssessed: coverage_assessed,
        warranty.QuoteIssued: quote_issued,
        warranty.QuoteAccepted: quote_over,
        warranty.QuoteRefused: quote_over,
        warranty.QuoteExpired: quote_over,
        warranty.CancellationAssessed: moves.moved,
        routing.CaseAssigned: moves.moved,
        routing.ComplaintAnswered: moves.moved,
        routing.ResolutionProposed: resolution_proposed,
        routing.CaseClosed: moves.ended,
        routing.CaseRejected: moves.ended,
        routing.CaseCancelled: moves.cancelled,
        routing.CaseReopened: moves.moved,
    },
    needs=_needs,
)


def _customer_needs(_state: CustomerState | None, data: RegisterCustomer) -> Iterable[Lookup]:
    yield known_customer(data.publisher, data.number)


CUSTOMERS = Decider(
    kind="customer",
    of_cases=False,
    state=CustomerState,
    on={RegisterCustomer: register_customer},
    needs=_customer_needs,
)
