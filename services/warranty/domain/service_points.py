"""The register of service points (SAT; official ones: CAST)."""

import json
from typing import Annotated

from pydantic import Field, StrictBool

from ciclo_schemas.values import Identifier, Jurisdiction
from services.chassis.decider import Decision, Given, Message, State
from services.chassis.given import NO_GUESS
from services.warranty.domain.records import ServicePoint


class ServicePointDetails(Message):
    """What a service point is authorised for and how much it can take."""

    official: StrictBool
    active: StrictBool = True
    brands: tuple[Identifier, ...] = Field(min_length=1, max_length=200)
    jurisdictions: tuple[Jurisdiction, ...] = Field(min_length=1, max_length=50)
    capacity: Annotated[int, Field(ge=0, le=100_000), NO_GUESS] = Field(
        description="how many repairs may be open there at once"
    )


class PutServicePoint(ServicePointDetails):
    """Register a service point, or replace what is registered of it."""

    id: Identifier


class ServicePointState(State):
    """A registered service point; its row holds the rest."""

    id: str


def put(
    _state: ServicePointState | None, command: PutServicePoint, given: Given
) -> Decision[ServicePointState]:
    """Take a registration; the repairs that are open there stay counted."""
    known = given.facts.one(ServicePoint, id=command.id)
    point = ServicePoint(
        id=command.id,
        official=command.official,
        active=command.active,
        brands=json.dumps(command.brands),
        jurisdictions=json.dumps(command.jurisdictions),
        capacity=command.capacity,
        open_repairs=0 if known is None else known.open_repairs,
    )
    return Decision(ServicePointState(id=point.id), rows=(point,), reply=command)
