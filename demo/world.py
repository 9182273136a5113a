"""The sample world (`world.yaml`), loaded through the public doors as other systems would."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from ciclo_schemas.inbound import ProductRegistered
from ciclo_schemas.values import Buyer
from demo.doors import Doors
from demo.wire import Outsider
from services.chassis.clock import utc_now

FILE = Path(__file__).with_name("world.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServicePoint(_Part):
    """A workshop."""

    id: str
    official: bool
    brands: list[str]
    jurisdictions: list[str]
    capacity: int


class Person(_Part):
    """A customer; `number` is the CRM's, if it knows the person."""

    name: str
    email: str
    language: Literal["es", "en"]
    jurisdiction: str
    number: str | None = None


class Product(_Part):
    """A product that somebody bought."""

    unit: str
    model: str
    brand: str
    seller: str
    days_ago: int
    by: Literal["http", "kafka"]


class Plan(_Part):
    """The file."""

    service_points: list[ServicePoint]
    customers: dict[str, Person]
    products: dict[str, Product]


@dataclass(frozen=True, slots=True)
class Owner:
    """A customer of this run, with what he bought."""

    person: Person
    customer_ref: str | None
    product_unit: str | None
    purchase_ref: str | None


async def load(doors: Doors, outsider: Outsider, run: str) -> dict[str, Owner]:
    """Register service points, customers and products; `run` ends every number of this run."""
    plan = Plan.model_validate(yaml.safe_load(FILE.read_text("utf-8")))
    await asyncio.gather(*(_put_point(doors, point) for point in plan.service_points))
    owners = await asyncio.gather(*(_owner(doors, outsider, plan, key, run) for key in plan.customers))
    return dict(zip(plan.customers, owners, strict=True))


async def _put_point(doors: Doors, point: ServicePoint) -> None:
    await doors.ask(
        "PUT",
        "warranty",
        f"/v1/service-points/{point.id}",
        show=await doors.key("warranty", "agent/office-01", "service_points:write"),
        body=point.model_dump(exclude={"id"}),
    )


async def _owner(doors: Doors, outsider: Outsider, plan: Plan, key: str, run: str) -> Owner:
    person, product = plan.customers[key], plan.products.get(key)
    reference = None
    if person.number is not None:
        body = person.model_dump(include={"name", "email", "language"})
        path = f"/v1/customers/crm/{person.number}"
        show = await doors.key("intake", "system/crm", "customers:write")
        reference = (await doors.ask("PUT", "intake", path, show=show, body=body))["customer_ref"]
    if product is None:
        return Owner(person, reference, None, None)
    owner = Owner(person, reference, f"{product.unit}-{run}", f"T-{product.unit}-{run}")
    await _register(doors, outsider, product, owner)
    return owner


async def _register(doors: Doors, outsider: Outsider, product: Product, owner: Owner) -> None:
    delivered = utc_now().date() - timedelta(days=product.days_ago)
    sale: dict[str, Any] = {
        "revision": 1,
        "model": product.model,
        "brand": product.brand,
        "seller": product.seller,
        "jurisdiction": owner.person.jurisdiction,
        "buyer": Buyer.CONSUMER.value,
        "customer_ref": owner.customer_ref,
        "purchase_ref": owner.purchase_ref,
        "purchased_on": (delivered - timedelta(days=2)).isoformat(),
        "delivered_on": delivered.isoformat(),
    }
    path = f"/v1/units/{owner.product_unit}"
    show = await doors.key("warranty", "system/shop-erp", "units:read", "units:write")
    if product.by == "http":
        await doors.ask("PUT", "warranty", path, show=show, body=sale)
        return
    record = ProductRegistered.model_validate(
        sale | {"publisher": "shop-erp", "product_unit": owner.product_unit}
    )
    await outsider.publish(record, str(owner.product_unit))
    await doors.ask("GET", "warranty", path, show=show, not_yet=("unknown_unit",))
