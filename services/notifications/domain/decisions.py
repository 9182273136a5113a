"""What was decided: coverage, replacement, repair."""

from ciclo_schemas.values import Category, Party, PartyKind, Window
from ciclo_schemas.warranty import CoverageAssessed, RepairAuthorized, ReplacementApproved, ReplacementShipped
from services.chassis.decider import Decision, Given
from services.notifications.domain.conversation import Conversation, Coverage
from services.notifications.domain.message import Template, Told
from services.notifications.domain.telling import Telling, of_known_case, tell


@of_known_case
def coverage_assessed(state: Conversation, event: CoverageAssessed, given: Given) -> Telling:
    """Tell what the customer asked, or what ends a hope; else what follows tells it.

    Trial: `replacement.approved` comes in the same decision. Guarantee: routing asks for the choice. Unknown:
    routing asks for what is missing.
    """
    coverage = Coverage.of(event)
    state = state.model_copy(
        update={"coverage": coverage, "product_unit": event.product_unit or state.product_unit}
    )
    told = Told(
        owner=state.owner,
        due=state.next_date,
        until=coverage.until,
        reasons=coverage.reasons,
        window=coverage.window,
        remedies=coverage.remedies,
        withheld=coverage.withheld,
        product_unit=state.product_unit,
    )
    if event.window is Window.OUT:
        return tell(state, given, Template.OUT_OF_GUARANTEE, told)
    if event.window is not Window.UNKNOWN and state.category is Category.WARRANTY_QUERY:
        return tell(state, given, Template.COVERAGE, told)
    return Decision(state)


@of_known_case
def replacement_approved(state: Conversation, event: ReplacementApproved, given: Given) -> Telling:
    """The decision, with its reasons and the date by which the new unit is there."""
    told = Told(
        owner=state.owner,
        due=event.promised_by,
        reasons=event.reasons,
        window=event.window,
        product_unit=event.product_unit,
    )
    changes = {"replacement_due": event.promised_by, "product_unit": event.product_unit}
    return tell(state.model_copy(update=changes), given, Template.REPLACEMENT, told)


@of_known_case
def replacement_shipped(state: Conversation, event: ReplacementShipped, given: Given) -> Telling:
    """The new unit is on its way."""
    told = Told(owner=state.owner, due=state.replacement_due, shipment=event.shipment)
    return tell(state, given, Template.SHIPPED, told)


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
    )
    return tell(state.model_copy(update={"product_unit": event.product_unit}), given, Template.REPAIR, told)
