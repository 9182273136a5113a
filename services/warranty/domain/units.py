"""The register of product units: what was sold, to whom, delivered when."""

from typing import Annotated

from pydantic import Field

from ciclo_schemas.inbound import ProductRegistered
from ciclo_schemas.values import Buyer, CustomerRef, Identifier, Jurisdiction, ProductUnit
from services.chassis.decider import Decision, FanOut, Given, Message, Refusal, State
from services.chassis.given import NO_GUESS, GivenDay
from services.warranty.domain.answers import AssessAgain
from services.warranty.domain.packs import KnownBuyer
from services.warranty.domain.records import Unit


class Registration(Message):
    """What was sold, to whom, delivered when. Each correction has a higher `revision`."""

    revision: Annotated[int, Field(ge=1, le=1_000_000), NO_GUESS]
    model: Identifier
    brand: Identifier
    seller: Identifier
    jurisdiction: Jurisdiction
    buyer: KnownBuyer
    customer_ref: CustomerRef | None = None
    purchase_ref: Identifier | None = None
    purchased_on: GivenDay
    delivered_on: GivenDay | None = None
    lot: Identifier | None = None


class RegisterUnit(Registration):
    """Register a unit, or correct its registration."""

    product_unit: ProductUnit


class UnitState(State):
    """A registered unit; its row holds the rest."""

    revision: int


class UnitRegistered(Message):
    """The answer to a registration."""

    product_unit: str
    revision: int


def register(state: UnitState | None, command: RegisterUnit, given: Given) -> Decision[UnitState]:
    """Take a registration. The same one again changes nothing; an older revision is refused (409)."""
    unit = Unit(**command.model_dump())
    known = given.facts.one(Unit, product_unit=command.product_unit)
    reply = UnitRegistered(product_unit=unit.product_unit, revision=unit.revision)
    if known == unit:
        return Decision(state, reply=reply)
    if known is not None and unit.revision < known.revision:
        return _refuse(state, "older_revision", "a newer revision of this unit is registered")
    if known is not None and unit.revision == known.revision:
        return _refuse(state, "revision_used", "this revision was registered with other content")
    return Decision(
        UnitState(revision=unit.revision),
        rows=(unit,),
        fan_outs=(FanOut(AssessAgain(product_unit=unit.product_unit)),),
        reply=reply,
    )


def registered(state: UnitState | None, record: ProductRegistered, given: Given) -> Decision[UnitState]:
    """The same by a record of the seller's system."""
    if record.buyer is Buyer.UNKNOWN:
        return _refuse(state, "unknown_buyer", "this kind of buyer is not known", "buyer")
    return register(state, RegisterUnit(**record.model_dump(exclude={"publisher"})), given)


def _refuse(state: UnitState | None, code: str, detail: str, field: str = "revision") -> Decision[UnitState]:
    return Decision(state, refusal=Refusal(code=code, detail=detail, locations=(field,)))
