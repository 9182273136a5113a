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
    language: Literal["es", "en", "pt"]
    jurisdiction: str
    number: str | None = None


class Product(_Part):
    """A product that somebody bought."""

    of: str
    unit: str
    model: str
    brand: str
    seller: str
    days_ago: int
    by: Literal["http", "kafka"]
    lot: str | None = None
    buyer: Buyer = Buyer.CONSUMER


class Plan(_Part):
    """The file."""

    service_points: list[ServicePoint]
    customers: dict[str, Person]
    products: list[Product]


@dataclass(frozen=True, slots=True)
class Bought:
    """One thing that a customer bought."""

    product: Product
    product_unit: str
    purchase_ref: str


@dataclass(frozen=True, slots=True)
class Owner:
    """A customer of this run, with what he bought."""

    person: Person
    customer_ref: str | None
    things: tuple[Bought, ...]

    def facts(self, number: int | None) -> dict[str, str | None]:
        """What he states about one of his things; nothing if he has none, or names none."""
        if number is None or number >= len(self.things):
            return {}
        thing = self.things[number]
        return {"product_unit": thing.product_unit, "purchase_ref": thing.purchase_ref}


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
    person = plan.customers[key]
    reference = None
    if person.number is not None:
        body = person.model_dump(include={"name", "email", "language"})
        path = f"/v1/customers/crm/{person.number}"
        show = await doors.key("intake", "system/crm", "customers:write")
        reference = (await doors.ask("PUT", "intake", path, show=show, body=body))["customer_ref"]
    things = tuple(
        Bought(product, f"{product.unit}-{run}", f"T-{product.unit}-{run}")
        for product in plan.products
        if product.of == key
    )
    owner = Owner(person, reference, things)
    await asyncio.gather(*(_register(doors, outsider, owner, thing) for thing in things))
    return owner


async def _register(doors: Doors, outsider: Outsider, owner: Owner, thing: Bought) -> None:
    product = thing.product
    delivered = utc_now().date() - timedelta(days=product.days_ago)
    sale: dict[str, Any] = {
        "revision": 1,
        "model": product.model,
        "brand": product.brand,
        "seller": product.seller,
        "lot": product.lot,
        "jurisdiction": owner.person.jurisdiction,
        "buyer": product.buyer.value,
        "customer_ref": owner.customer_ref,
        "purchase_ref": thing.purchase_ref,
        "purchased_on": (delivered - timedelta(days=2)).isoformat(),
        "delivered_on": delivered.isoformat(),
    }
    path = f"/v1/units/{thing.product_unit}"
    show = await doors.key("warranty", "system/shop-erp", "units:write", "units:read")
    if product.by == "http":
        await doors.ask("PUT", "warranty", path, show=show, body=sale)
        return
    record = ProductRegistered.model_validate(
        sale | {"publisher": "shop-erp", "product_unit": thing.product_unit}
    )
    await outsider.publish(record, thing.product_unit)
    await doors.ask("GET", "warranty", path, show=show, not_yet=("unknown_unit",))
