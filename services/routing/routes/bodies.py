"""What people send to routing's doors. Who they are is in their key; words go to intake's vault first."""

from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator
from pydantic.config import JsonDict

from ciclo_schemas.routing import CompensationCause, ComplaintOutcome
from ciclo_schemas.values import (
    Category,
    Code,
    Identifier,
    OpenEnum,
    TextRef,
    known_of,
)
from services.chassis.given import NO_GUESS, GivenMoney, GivenNumber

E = TypeVar("E", bound=OpenEnum)
Reasons = Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)]


def _said(value: E) -> E:
    """Refuse what only readers of a newer release's events see."""
    if value is value.fallback():
        raise ValueError("there is no such value")
    return value


class Body(BaseModel):
    """A body: immutable, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class StepBody(Body):
    """A step of the playbook that was gone through with the customer."""

    step: Code = Field(examples=["restart_router"])
    helped: StrictBool = Field(examples=[False])


class ResolutionBody(Body):
    """Why it is believed to be solved."""

    reason: Code = Field(examples=["network_restarted"])
    text_ref: TextRef | None = Field(None, examples=["txt_0190c7a65b3e7c418f0e9d2b4a6c8e10"])
    """An explanation for the customer."""


class ClassificationBody(Body):
    """What the case is about."""

    category: Annotated[Category, AfterValidator(_said), known_of(Category)] = Field(
        examples=["technical_fault"]
    )
    symptom_code: Code | None = Field(None, examples=["no_power"])
    """The defect, declared on the customer's behalf: warranty acts on it."""


class EscalationBody(Body):
    """A technician is needed: the declared symptom is what warranty acts on."""

    symptom_code: Code = Field(examples=["no_power"])


class InformationBody(Body):
    """What the customer is asked for."""

    missing: Reasons = Field(examples=[["purchase", "delivered_on"]])
    text_ref: TextRef | None = Field(None, examples=["txt_0190c7a65b3e7c418f0e9d2b4a6c8e10"])
    """The question in the person's own words."""


def _named(field: str) -> JsonDict:
    return {"required": [field], "properties": {field: {"type": "string"}}}


class HandOffBody(Body):
    """Who gets the case: a person by staff number, or a queue."""

    person: Identifier | None = Field(None, examples=["agent-05"])
    queue: Identifier | None = Field(None, examples=[None])
    reason: Code = Field(examples=["shift_ends"])

    model_config = ConfigDict(json_schema_extra={"oneOf": [_named("person"), _named("queue")]})

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.person is None) == (self.queue is None):
            raise ValueError("either a person or a queue")
        return self


class UnknownBody(Body):
    """What nobody knows yet."""

    reason: Code = Field(examples=["spare_part_discontinued"])
    next_update_hours: Annotated[int, Field(ge=1, le=24 * 365), NO_GUESS] | None = Field(None, examples=[48])
    """When the customer hears again; by the charter when absent."""


class KnownBody(Body):
    """What resolved it."""

    reason: Code = Field(examples=["maker_answered"])


class ComplaintAnswerBody(Body):
    """The answer to a complaint, with reasons."""

    outcome: Annotated[ComplaintOutcome, AfterValidator(_said), known_of(ComplaintOutcome)] = Field(
        examples=["upheld"]
    )
    reasons: Reasons = Field(examples=[["delivery_late"]])
    text_ref: TextRef | None = Field(None, examples=["txt_0190c7a65b3e7c418f0e9d2b4a6c8e10"])
    """The answer in words."""


class CompensationBody(Body):
    """What a compensation makes good; warranty grants it within its limits."""

    cause: Annotated[CompensationCause, AfterValidator(_said), known_of(CompensationCause)] = Field(
        examples=["complaint"]
    )
    cause_no: GivenNumber = Field(examples=[1])
    """The number of the broken promise or of the complaint."""
    reason: Code = Field(examples=["goodwill"])
    amount: GivenMoney | None = Field(None, examples=[{"amount_minor": 2000, "currency": "EUR"}])
    """What is proposed; by warranty's own rule when absent."""
