"""What warranty hears, and what it does about it."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from pydantic import BaseModel

from ciclo_schemas import cases as intake
from ciclo_schemas import routing
from ciclo_schemas.inbound import LogisticsScanned, ProductRegistered, WorkshopReported
from services.chassis.decider import Decider, Lookup
from services.warranty.domain import cases, logistics, service_points, units, workshops
from services.warranty.domain.answers import AssessAgain
from services.warranty.domain.policies import Policies
from services.warranty.domain.records import Remedy, ServicePoint, Unit
from services.warranty.domain.rights import CaseRights
from services.warranty.domain.service_points import PutServicePoint, ServicePointState
from services.warranty.domain.units import RegisterUnit, UnitState

READS = (intake.TOPIC, routing.TOPIC)


def deciders(policies: Policies) -> tuple[Decider[Any], ...]:
    """Cases decided by these policies, product units, service points."""
    case = Decider(
        kind="case",
        state=CaseRights,
        on={
            intake.CaseOpened: cases.opened,
            routing.CaseClassified: partial(cases.classified, policies),
            intake.CaseInformationReceived: partial(cases.information_received, policies),
            intake.CaseRemedyChosen: partial(cases.remedy_chosen, policies),
            AssessAgain: partial(cases.assess_again, policies),
            WorkshopReported: partial(workshops.workshop_reported, policies),
            LogisticsScanned: logistics.logistics_scanned,
        },
        needs=_case_needs,
    )
    return case, UNITS, SERVICE_POINTS


UNITS = Decider(
    kind="product_unit",
    state=UnitState,
    on={RegisterUnit: units.register, ProductRegistered: units.registered},
    needs=lambda _state, data: [Lookup.of(Unit, product_unit=data.product_unit)],
)

SERVICE_POINTS = Decider(
    kind="service_point",
    state=ServicePointState,
    on={PutServicePoint: service_points.put},
    needs=lambda _state, data: [Lookup.of(ServicePoint, id=data.id)],
)


def _case_needs(case: CaseRights | None, data: BaseModel) -> Iterable[Lookup]:
    """The facts an input will ask for; those of case.opened serve a classification in the same batch."""
    if isinstance(data, LogisticsScanned):
        yield Lookup.of(Remedy, case_id=data.case, remedy_no=data.remedy_no)
        return
    if isinstance(data, WorkshopReported):
        yield Lookup.of(Remedy, repair_no=data.repair_no)
    if isinstance(data, intake.CaseRemedyChosen) and data.remedy == "repair":
        yield Lookup.of(ServicePoint, active=True)
    unit = getattr(getattr(data, "facts", None), "product_unit", None)
    unit = unit or (case.product_unit if case is not None else None)
    if unit is not None:
        yield Lookup.of(Unit, product_unit=unit)
        yield Lookup.of(Remedy, product_unit=unit)
