"""The doors of warranty for staff and other systems: units, service points, stock, decisions, payments."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path

from ciclo_schemas.values import Identifier, ProductUnit
from services.chassis.decider import Refusal
from services.chassis.http import CommandsDep, PoolDep, Problem, Refused
from services.chassis.ids import derived_id
from services.chassis.keys import needs
from services.warranty import views
from services.warranty.domain.records import Unit
from services.warranty.domain.refunds import Payment, ReportPayment
from services.warranty.domain.service_points import PutServicePoint, ServicePointDetails
from services.warranty.domain.stock import PutStock, StockCount
from services.warranty.domain.units import RegisterUnit, Registration, UnitRegistered

router = APIRouter(prefix="/v1", tags=["warranty"])


class Scope(StrEnum):
    """What an API key can open here."""

    WRITE_UNITS = "units:write"
    READ_UNITS = "units:read"
    WRITE_SERVICE_POINTS = "service_points:write"
    READ_CASES = "cases:read"
    REPORT_REFUNDS = "refunds:report"


UNIT_EXAMPLE = {
    "revision": 1,
    "model": "lumo-tv-43",
    "brand": "lumo",
    "seller": "acme-shop",
    "jurisdiction": "ES",
    "buyer": "consumer",
    "customer_ref": "cus_0190c7a65b3e7c418f0e9d2b4a6c8e10",
    "purchase_ref": "T-2026-004711",
    "purchased_on": "2026-11-02",
    "delivered_on": "2026-11-05",
}
POINT_EXAMPLE = {
    "official": True,
    "brands": ["lumo"],
    "jurisdictions": ["ES"],
    "capacity": 40,
}
STOCK_EXAMPLE = {"available": 0, "expected_on": "2026-12-03"}
PAYMENT_EXAMPLE = {
    "reference": "TRF-2026-118",
    "paid_at": "2026-11-24T10:00:00Z",
    "amount": {"amount_minor": 44900, "currency": "EUR"},
}


@router.put("/units/{product_unit}", dependencies=[Depends(needs(Scope.WRITE_UNITS))])
async def register_unit(
    product_unit: ProductUnit,
    registration: Annotated[Registration, Body(examples=[UNIT_EXAMPLE])],
    commands: CommandsDep,
) -> UnitRegistered:
    """Register a unit with its sale, or correct its registration with a higher revision.

    Idempotent. 409 `older_revision` or `revision_used` when another registration came before. Cases that
    could not be assessed without this registration are assessed again.
    """
    command = RegisterUnit(product_unit=product_unit, **registration.model_dump())
    await commands.send(unit_id(product_unit), command)
    return UnitRegistered(product_unit=product_unit, revision=registration.revision)


@router.get("/units/{product_unit}", dependencies=[Depends(needs(Scope.READ_UNITS))])
async def read_unit(product_unit: ProductUnit, pool: PoolDep) -> Unit:
    """A registered unit. 404 `unknown_unit`."""
    unit = await views.unit(pool, product_unit)
    if unit is None:
        raise Problem(404, "unknown_unit", "no such unit is registered")
    return unit


@router.put("/service-points/{service_point}", dependencies=[Depends(needs(Scope.WRITE_SERVICE_POINTS))])
async def put_service_point(
    service_point: Identifier,
    details: Annotated[ServicePointDetails, Body(examples=[POINT_EXAMPLE])],
    commands: CommandsDep,
) -> PutServicePoint:
    """Register a workshop (SAT; `official` ones: CAST), or replace what is registered of it."""
    command = PutServicePoint(id=service_point, **details.model_dump())
    await commands.send(derived_id("service_point", service_point), command)
    return command


@router.get("/service-points", dependencies=[Depends(needs(Scope.READ_CASES))])
async def list_service_points(pool: PoolDep) -> list[views.ServicePointView]:
    """Every service point, with its open repairs."""
    return await views.service_points(pool)


@router.put("/stock/{model}", dependencies=[Depends(needs(Scope.WRITE_UNITS))])
async def put_stock(
    model: Identifier,
    count: Annotated[StockCount, Body(examples=[STOCK_EXAMPLE])],
    commands: CommandsDep,
) -> PutStock:
    """Say how many new units of a model are at hand; with none, a replacement is promised for later."""
    command = PutStock(model=model, **count.model_dump())
    await commands.send(derived_id("stock", model), command)
    return command


@router.post(
    "/cases/{case_id}/refunds/{remedy_no}/payment", dependencies=[Depends(needs(Scope.REPORT_REFUNDS))]
)
async def report_payment(
    case_id: UUID,
    remedy_no: Annotated[int, Path(ge=1, le=2_147_483_647)],
    payment: Annotated[Payment, Body(examples=[PAYMENT_EXAMPLE])],
    commands: CommandsDep,
) -> Payment:
    """Report that an approved refund was paid, by hand or by the ERP. The same payment again is no error.

    404 `unknown_remedy`; 409 `not_a_refund`, `already_paid` (another reference), `called_off`,
    `in_the_future`, `not_seen_yet`.
    """
    await commands.send(case_id, ReportPayment(remedy_no=remedy_no, **payment.model_dump()))
    return payment


@router.get("/cases/{case_id}", dependencies=[Depends(needs(Scope.READ_CASES))])
async def read_case(case_id: UUID, pool: PoolDep) -> views.CaseView:
    """The assessments of a case with their reasons, its remedies, its quotes.

    409 `not_seen_yet` while warranty has not heard of the case, which may be on its way.
    """
    case = await views.case(pool, case_id)
    if case is None:
        raise Refused(Refusal(code="not_seen_yet", detail="warranty has not heard of this case yet"))
    return case


def unit_id(product_unit: str) -> UUID:
    """The aggregate of a product unit."""
    return derived_id("product_unit", product_unit)
