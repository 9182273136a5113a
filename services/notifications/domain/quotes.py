"""Quotes (presupuestos): what a repair out of guarantee would cost; the customer decides."""

from ciclo_schemas.values import Party, PartyKind
from ciclo_schemas.warranty import QuoteIssued, QuoteRefused, QuoteRequested
from services.chassis.decider import Given
from services.notifications.domain.conversation import Conversation
from services.notifications.domain.message import Template, Told, Topic
from services.notifications.domain.telling import Telling, ask, of_known_case, tell, with_news


@of_known_case
def quote_requested(state: Conversation, event: QuoteRequested, given: Given) -> Telling:
    """A workshop is asked; the customer hears by when it answers."""
    told = Told(
        owner=Party(kind=PartyKind.SERVICE_POINT, id=event.service_point),
        due=event.due,
        product_unit=event.product_unit,
        service_point=event.service_point,
        official=_is_official(state, event.service_point),
    )
    return tell(state, given, Template.QUOTE_REQUESTED, told)


@of_known_case
def quote_issued(state: Conversation, event: QuoteIssued, given: Given) -> Telling:
    """The offer and the question in one message: routing's question about it says nothing more."""
    told = Told(
        owner=Party(kind=PartyKind.SERVICE_POINT, id=event.service_point),
        deadline=event.valid_until,
        service_point=event.service_point,
        official=_is_official(state, event.service_point),
        price=event.price,
        work=event.work,
        product_unit=state.product_unit,
        reference=event.quote_no,
        again=event.revision > 1,
    )
    return ask(state, given, Template.QUOTE, told, Topic.QUOTE)


@of_known_case
def quote_refused(state: Conversation, event: QuoteRefused, _given: Given) -> Telling:
    """The message about what routing does now begins with it; the customer's own refusal needs no news."""
    return with_news(state, *(() if event.reason == "customer_refused" else ("quote.refused", event.reason)))


def _is_official(state: Conversation, service_point: str) -> bool | None:
    return None if state.coverage is None else state.coverage.is_official(service_point)
