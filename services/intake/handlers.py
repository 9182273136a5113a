"""What intake hears and does: the whole of it on one screen."""

from collections.abc import Iterable
from typing import Any

from ciclo_schemas import routing, warranty
from services.chassis.decider import Decider, Lookup
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
from services.intake.domain.customer import CustomerState, RegisterCustomer, register_customer
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


def _needs(_state: CaseState | None, data: Any) -> Iterable[Lookup]:
    return opening_needs(data) if isinstance(data, OpenCase) else ()


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

CUSTOMERS = Decider(kind="customer", state=CustomerState, on={RegisterCustomer: register_customer})
