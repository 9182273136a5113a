"""What warranty hears, and what it does about it."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel

from ciclo_schemas import cases as intake
from ciclo_schemas import routing
from ciclo_schemas.inbound import (
    LogisticsScanned,
    ProductRegistered,
    RefundReported,
    WorkshopQuoted,
    WorkshopReported,
)
from ciclo_schemas.values import RemedyKind
from services.chassis.decider import Decider, Lookup
from services.warranty.domain import (
    by_hand,
    cancellation,
    cases,
    choices,
    compensation,
    containment,
    logistics,
    quotes,
    refunds,
    service_points,
    stock,
    units,
    workshops,
)
from services.warranty.domain.answers import AssessAgain, ChoiceDue
from services.warranty.domain.by_hand import AssessByHand, CancelRepair, RescheduleRepair
from services.warranty.domain.containment import (
    ContainmentState,
    LiftContainment,
    StartContainment,
    TellAgain,
    TellContained,
    watching,
)
from services.warranty.domain.policies import Policies
from services.warranty.domain.quotes import QuoteDue, QuoteEnds
from services.warranty.domain.records import (
    Compensation,
    Containment,
    Quote,
    Remedy,
    ServicePoint,
    Stock,
    Unit,
)
from services.warranty.domain.refunds import ReportPayment
from services.warranty.domain.rights import CaseRights
from services.warranty.domain.service_points import PutServicePoint, ServicePointState
from services.warranty.domain.stock import PutStock, StockState
from services.warranty.domain.units import RegisterUnit, UnitState

READS = (intake.TOPIC, routing.TOPIC)


def deciders(policies: Policies) -> tuple[Decider[Any], ...]:
    """Cases decided by these policies, product units, service points, stock, containments."""
    case = Decider(
        kind="case",
        state=CaseRights,
        on={
            intake.CaseOpened: watching(cases.opened),
            routing.CaseClassified: partial(cases.classified, policies),
            intake.CaseInformationReceived: watching(partial(cases.information_received, policies)),
            intake.CaseRemedyChosen: partial(choices.remedy_chosen, policies),
            intake.CaseQuoteAnswered: partial(quotes.quote_answered, policies),
            intake.CaseCancellationRequested: cancellation.cancellation_requested,
            routing.CaseClosed: watching(cancellation.ended),
            routing.CaseCancelled: watching(cancellation.ended),
            routing.CaseRejected: watching(cancellation.ended),
            routing.CaseReopened: watching(partial(cancellation.reopened, policies)),
            routing.CompensationProposed: partial(compensation.compensation_proposed, policies),
            AssessAgain: watching(partial(cases.assess_again, policies)),
            TellContained: containment.tell,
            ChoiceDue: partial(choices.choice_due, policies),
            QuoteDue: quotes.quote_due,
            QuoteEnds: quotes.quote_ends,
            WorkshopReported: partial(workshops.workshop_reported, policies),
            WorkshopQuoted: partial(quotes.workshop_quoted, policies),
            LogisticsScanned: logistics.logistics_scanned,
            RefundReported: refunds.refund_reported,
            ReportPayment: refunds.payment_reported,
            AssessByHand: watching(partial(by_hand.assess_by_hand, policies)),
            RescheduleRepair: by_hand.reschedule_repair,
            CancelRepair: partial(by_hand.cancel_repair, policies),
        },
        needs=_case_needs,
    )
    return case, UNITS, SERVICE_POINTS, STOCK, CONTAINMENTS


UNITS = Decider(
    kind="product_unit",
    of_cases=False,
    state=UnitState,
    on={RegisterUnit: units.register, ProductRegistered: units.registered},
    needs=lambda _state, data: [Lookup.of(Unit, product_unit=data.product_unit)],
)

SERVICE_POINTS = Decider(
    kind="service_point",
    of_cases=False,
    state=ServicePointState,
    on={PutServicePoint: service_points.put},
    needs=lambda _state, data: [Lookup.of(ServicePoint, id=data.id)],
)


STOCK = Decider(kind="stock", state=StockState, on={PutStock: stock.put}, of_cases=False)


def _containment_needs(_state: ContainmentState | None, data: BaseModel) -> Iterable[Lookup]:
    if isinstance(data, StartContainment | LiftContainment):
        yield Lookup.of(Containment, id=data.id)


CONTAINMENTS = Decider(
    kind="containment",
    of_cases=False,
    state=ContainmentState,
    on={
        StartContainment: containment.start,
        LiftContainment: containment.lift,
        TellAgain: containment.tell_again,
    },
    needs=_containment_needs,
)


WHOLE_CASE: Mapping[type[BaseModel], tuple[type, ...]] = {
    intake.CaseCancellationRequested: (Remedy, Quote),
    routing.CompensationProposed: (Compensation,),
}
"""Inputs that are decided on every row of their case, and of nothing else."""


def _case_needs(case: CaseRights | None, data: BaseModel) -> Iterable[Lookup]:
    """The facts an input will ask for; those of case.opened serve a classification in the same batch."""
    if isinstance(data, LogisticsScanned | RefundReported):
        yield Lookup.of(Remedy, case_id=data.case, remedy_no=data.remedy_no)
        return
    of_case = WHOLE_CASE.get(type(data))
    if of_case is not None:
        yield from (Lookup.of(model, case_id=case.case_id) for model in of_case if case is not None)
        return
    if isinstance(data, TellContained):
        yield Lookup.of(Containment, id=data.containment)
    if isinstance(data, WorkshopReported | RescheduleRepair | CancelRepair):
        yield Lookup.of(Remedy, repair_no=data.repair_no)
    if isinstance(data, WorkshopQuoted | intake.CaseQuoteAnswered | QuoteDue | QuoteEnds):
        yield Lookup.of(Quote, quote_no=data.quote_no)
    if isinstance(data, ChoiceDue) or (
        isinstance(data, intake.CaseRemedyChosen) and data.remedy is RemedyKind.REPAIR
    ):
        yield Lookup.of(ServicePoint, active=True)
    unit = getattr(getattr(data, "facts", data), "product_unit", None)
    unit = unit or (case.product_unit if case is not None else None)
    if unit is not None:
        yield Lookup.of(Containment, active=True)
        yield Lookup.of(Unit, product_unit=unit)
        yield Lookup.of(Remedy, product_unit=unit)
        yield Lookup.of(Stock, available=0)
