"""What puts it right: a new unit, a repair, the money back, and what becomes of each."""

from datetime import datetime

from ciclo_schemas.values import Party, PartyKind, RemedyKind
from ciclo_schemas.warranty import (
    RefundApproved,
    RefundPaid,
    RepairAuthorized,
    RepairCancelled,
    RepairCompleted,
    RepairFailed,
    RepairRefused,
    RepairRescheduled,
    ReplacementApproved,
    ReplacementLost,
    ReplacementShipped,
    ReplacementWithdrawn,
)
from services.chassis.decider import Decision, Given
from services.notifications.domain.conversation import Conversation, Done
from services.notifications.domain.message import Template, Told
from services.notifications.domain.telling import Telling, of_known_case, tell, with_news

TOLD_OTHERWISE = frozenset({"superseded", "cancelled", "customer_cancelled", "chosen_by_customer"})
"""Why a remedy ended, where the decision that ended it has a message of its own."""


@of_known_case
def replacement_approved(state: Conversation, event: ReplacementApproved, given: Given) -> Telling:
    """The decision, with its reasons and the date by which the new unit is there."""
    told = Told(
        owner=state.owner,
        due=event.promised_by,
        reasons=event.reasons,
        window=event.window,
        product_unit=event.product_unit,
        instead_of=_instead_of(state, event.supersedes),
    )
    state = _decided(state, event.remedy_no, RemedyKind.REPLACEMENT, event.product_unit, event.promised_by)
    return tell(state, given, Template.REPLACEMENT, told)


@of_known_case
def repair_authorized(state: Conversation, event: RepairAuthorized, given: Given) -> Telling:
    """The decision: where the unit is repaired, until when, and who pays."""
    told = Told(
        owner=Party(kind=PartyKind.SERVICE_POINT, id=event.service_point),
        due=event.due,
        reasons=event.reasons,
        product_unit=event.product_unit,
        service_point=event.service_point,
        repair_no=event.repair_no,
        paid=event.paid,
        instead_of=_instead_of(state, event.supersedes),
    )
    state = _decided(state, event.remedy_no, RemedyKind.REPAIR, event.product_unit, event.due)
    return tell(state, given, Template.REPAIR, told)


@of_known_case
def refund_approved(state: Conversation, event: RefundApproved, given: Given) -> Telling:
    """The decision: the money back, or a part of it while the customer keeps the unit."""
    kind = RemedyKind.PRICE_REDUCTION if event.partial else RemedyKind.REFUND
    told = Told(
        owner=state.owner,
        due=event.promised_by,
        reasons=event.reasons,
        window=event.window,
        product_unit=event.product_unit,
        partial=event.partial,
        instead_of=_instead_of(state, event.supersedes),
    )
    state = _decided(state, event.remedy_no, kind, event.product_unit, event.promised_by)
    return tell(state, given, Template.REFUND, told)


@of_known_case
def refund_paid(state: Conversation, event: RefundPaid, given: Given) -> Telling:
    """The money is on its way: told with the question whether it is solved; after the end, at once."""
    if state.ended:
        told = Told(price=event.amount, reference=event.reference)
        return tell(state, given, Template.REFUND_PAID, told)
    return _done(state, Done(reason="refund.paid", price=event.amount, reference=event.reference))


@of_known_case
def repair_completed(state: Conversation, event: RepairCompleted, _given: Given) -> Telling:
    """What was done, and until when the repair is answered for: told with the question whether it works."""
    return _done(state, Done(reason="repair.completed", work=event.work, until=event.repair_guarantee_until))


@of_known_case
def replacement_shipped(state: Conversation, event: ReplacementShipped, given: Given) -> Telling:
    """The new unit is on its way."""
    told = Told(owner=state.owner, due=state.arrival, shipment=event.shipment)
    return tell(state, given, Template.SHIPPED, told)


@of_known_case
def replacement_lost(state: Conversation, event: ReplacementLost, given: Given) -> Telling:
    """The parcel is lost: another one goes out, and the date stands until we say otherwise."""
    told = Told(owner=state.owner, due=state.arrival, shipment=event.shipment)
    return tell(state, given, Template.LOST, told)


@of_known_case
def repair_rescheduled(state: Conversation, event: RepairRescheduled, given: Given) -> Telling:
    """Another date for the repair, and why. The same date again is only at risk, and routing says so."""
    if event.due == event.was_due:
        return Decision(state)
    told = Told(
        owner=state.owner,
        was_due=event.was_due,
        due=event.due,
        reasons=(event.reason,),
        repair_no=event.repair_no,
    )
    return tell(state.model_copy(update={"arrival": event.due}), given, Template.RESCHEDULED, told)


@of_known_case
def repair_refused(state: Conversation, event: RepairRefused, _given: Given) -> Telling:
    """The message about what routing does now begins with it."""
    return with_news(state, "repair.refused", event.reason)


@of_known_case
def repair_failed(state: Conversation, event: RepairFailed, _given: Given) -> Telling:
    """The message about what routing does now begins with it."""
    return with_news(state, "repair.failed", event.reason)


@of_known_case
def repair_cancelled(state: Conversation, event: RepairCancelled, _given: Given) -> Telling:
    """News, unless the decision that ended the repair tells it."""
    if event.reason in TOLD_OTHERWISE:
        return Decision(state)
    return with_news(state, "repair.cancelled", event.reason)


@of_known_case
def replacement_withdrawn(state: Conversation, event: ReplacementWithdrawn, _given: Given) -> Telling:
    """News, unless the decision that took it back tells it."""
    if event.reason in TOLD_OTHERWISE:
        return Decision(state)
    return with_news(state, "replacement.withdrawn", event.reason)


def _instead_of(state: Conversation, remedy_no: int | None) -> RemedyKind | None:
    return None if remedy_no is None else state.remedies.get(remedy_no)


def _decided(state: Conversation, no: int, kind: RemedyKind, unit: str, due: datetime) -> Conversation:
    remedies = {**state.remedies, no: kind}
    changes = {"remedies": remedies, "product_unit": unit, "arrival": due, "done": None}
    return state.model_copy(update=changes)


def _done(state: Conversation, done: Done) -> Telling:
    return Decision(state.model_copy(update={"done": done}))
