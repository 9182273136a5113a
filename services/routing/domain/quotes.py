"""Quotes (presupuestos): a workshop says what a paid repair would cost, and the customer decides."""

from ciclo_schemas.cases import CaseQuoteAnswered
from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Code, Party, PartyKind
from ciclo_schemas.warranty import QuoteExpired, QuoteIssued, QuoteRefused, QuoteRequested
from services.routing.domain import classification, owners, promises, questions, resolution, waits
from services.routing.domain.records import Quote
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn


def quote_requested(turn: Turn, requested: QuoteRequested) -> None:
    """A workshop is asked what the repair would cost: promised to the customer by a date."""
    turn.change(quote=Quote(no=requested.quote_no))
    if turn.state.is_closed or turn.state.remedy is not None:
        return
    workshop = Party(kind=PartyKind.SERVICE_POINT, id=requested.service_point)
    waits.resume(turn, "quote.requested")
    promises.keep(turn, "quote.requested", *promises.ANSWERS, PromiseKind.QUOTE)
    promises.make(turn, PromiseKind.QUOTE, workshop, requested.due)
    waits.hold(turn, Purpose.ESTIMATE, turn.state.owner, requested.due)


def quote_issued(turn: Turn, issued: QuoteIssued) -> None:
    """The workshop's offer: the customer decides while it stands; each revision is asked once."""
    quote = turn.state.quote
    if quote is None or quote.no != issued.quote_no or issued.revision <= quote.revision:
        return
    turn.change(
        quote=quote.model_copy(update={"revision": issued.revision, "valid_until": issued.valid_until})
    )
    if turn.state.is_closed or turn.state.remedy is not None:
        return
    waits.resume_for(turn, "quote.issued", PromiseKind.QUOTE)
    promises.keep(turn, "quote.issued", PromiseKind.QUOTE)
    if not turn.state.cancelling:
        questions.offer_until(turn, "quote", Purpose.QUOTE, issued.valid_until)


def quote_answered(turn: Turn, answered: CaseQuoteAnswered) -> None:
    """The customer accepts or refuses: warranty acts on it, by a promised date."""
    resolution.go_on(turn, "quote_answered")
    quote = turn.state.quote
    if quote is None or (quote.no, quote.revision) != (answered.quote_no, answered.revision):
        return
    if turn.state.remedy is None and not turn.state.cancelling:
        waits.resume_customer(turn, "quote_answered")
        classification.await_warranty(turn)


def quote_refused(turn: Turn, refused: QuoteRefused) -> None:
    """No repair under this quote: the customer wants none, or the workshop offers none."""
    if not _is_over(turn, refused.quote_no, "quote.refused"):
        return
    if turn.state.quote is not None and turn.state.quote.revision == 0:
        for promise in turn.state.promised(PromiseKind.QUOTE):
            promises.break_(turn, promise)
        owners.assign_person(turn, "quote_not_offered")
        promises.make(turn, PromiseKind.NEXT_STEP, turn.state.owner)
    else:
        resolution.propose(turn, "quote_refused", owners.ROUTING)


def quote_expired(turn: Turn, expired: QuoteExpired) -> None:
    """Nobody answered the offer in time: said so, also to who answers it later."""
    if _is_over(turn, expired.quote_no, "quote.expired"):
        resolution.propose(turn, "quote_expired", owners.ROUTING)


def _is_over(turn: Turn, quote_no: str, reason: Code) -> bool:
    """Stop waiting for the quote, if the case still does; whether the case has to go on from there."""
    state = turn.state
    awaited = state.waits_for(Purpose.QUOTE, Purpose.ESTIMATE) or state.promised(
        PromiseKind.QUOTE, PromiseKind.DECISION
    )
    if state.is_closed or state.quote is None or state.quote.no != quote_no or not awaited:
        return False
    if state.waits_for(Purpose.QUOTE, Purpose.ESTIMATE):
        waits.resume(turn, reason)
    if state.cancelling:
        promises.keep(turn, reason, PromiseKind.QUOTE)
    return state.remedy is None and not state.cancelling
