"""The doors for what warranty keeps: units with their sale, service points, stock."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends

from ciclo_schemas.values import Identifier, ProductUnit
from services.chassis.http import CommandsDep, PoolDep, Problem
from services.chassis.ids import derived_id
from services.chassis.keys import needs
from services.warranty import views
from services.warranty.domain.records import Unit
from services.warranty.domain.service_points import PutServicePoint, ServicePointDetails
from services.warranty.domain.stock import PutStock, StockCount
from services.warranty.domain.units import RegisterUnit, Registration, UnitRegistered
from services.warranty.routes.scopes import Scope

router = APIRouter()

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


def unit_id(product_unit: str) -> UUID:
    """The aggregate of a product unit."""
    return derived_id("product_unit", product_unit)
