"""Quotes (presupuestos) for paid repairs: the customer accepts or refuses one."""

from ciclo_schemas.cases import CaseQuoteAnswered
from ciclo_schemas.values import Channel, Identifier, Number
from ciclo_schemas.warranty import QuoteAccepted, QuoteExpired, QuoteIssued, QuoteRefused
from services.chassis.decider import Decision, Given, Message
from services.intake.domain.case import CaseState, Heard, Quote, refused, unknown_case


class AnswerQuote(Message):
    """The customer accepts or refuses the revision of a quote that he saw (respuesta al presupuesto)."""

    quote_no: Identifier
    revision: Number
    accepted: bool
    channel: Channel = Channel.WEB


def quote_issued(state: CaseState | None, issued: QuoteIssued, _given: Given) -> Decision[CaseState]:
    """Remember what may be answered; a new revision asks anew."""
    if state is None:
        return Decision(None)
    quote = Quote(quote_no=issued.quote_no, revision=issued.revision, valid_until=issued.valid_until)
    others = tuple(one for one in state.quotes if one.quote_no != issued.quote_no)
    return Decision(state.model_copy(update={"quotes": (*others, quote)}))


def quote_over(
    state: CaseState | None, event: QuoteAccepted | QuoteRefused | QuoteExpired, _given: Given
) -> Decision[CaseState]:
    """Remember that this quote can no longer be answered."""
    if state is None:
        return Decision(None)
    quotes = tuple(
        one.model_copy(update={"over": True}) if one.quote_no == event.quote_no else one
        for one in state.quotes
    )
    return Decision(state.model_copy(update={"quotes": quotes}))


def answer_quote(state: CaseState | None, answer: AnswerQuote, given: Given) -> Decision[CaseState]:
    """Publish case.quote_answered; the same answer again changes nothing.

    Refused: `not_seen_yet` for a quote or revision that intake has not heard of, `stale_quote` with the one
    that stands now, `already_answered`, `quote_expired`.
    """
    if state is None:
        return unknown_case()
    quote = next((one for one in state.quotes if one.quote_no == answer.quote_no), None)
    if quote is None:
        return refused(state, "not_seen_yet", "this quote is not known here yet", "quote_no")
    if answer.revision > quote.revision:
        return refused(state, "not_seen_yet", "this revision is not known here yet", "revision")
    newest = state.quotes[-1]
    if quote is not newest or answer.revision < quote.revision:
        detail = f"quote {newest.quote_no}, revision {newest.revision}, took its place"
        return refused(state, "stale_quote", detail, "quote_no", "revision")
    reply = Heard(case_id=given.subject)
    if quote.accepted == answer.accepted:
        return Decision(state, reply=reply)
    if quote.accepted is not None:
        said = "accepted" if quote.accepted else "refused"
        detail = f"you {said} this quote; tell us what you want instead, or ask for the cancellation"
        return refused(state, "already_answered", detail, "accepted")
    if quote.over or given.now > quote.valid_until:
        detail = f"this quote stood until {quote.valid_until:%Y-%m-%d}; you may ask for another one"
        return refused(state, "quote_expired", detail, "quote_no")
    answered = CaseQuoteAnswered(
        channel=answer.channel,
        reported_at=given.now,
        quote_no=answer.quote_no,
        revision=answer.revision,
        accepted=answer.accepted,
    )
    now_answered = quote.model_copy(update={"accepted": answer.accepted})
    quotes = (*state.quotes[:-1], now_answered)
    return Decision(state.model_copy(update={"quotes": quotes}), events=(answered,), reply=reply)
