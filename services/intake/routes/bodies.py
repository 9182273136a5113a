"""What may come in: the bodies of requests, with their limits. Nothing of a refused body is repeated."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, WrapValidator
from pydantic.functional_validators import ModelWrapValidatorHandler

from ciclo_schemas.values import (
    Code,
    CustomerRef,
    Facts,
    Identifier,
    Jurisdiction,
    ProductUnit,
    TextRef,
)
from services.chassis.given import NO_GUESS, GivenDay, GivenNumber
from services.intake.domain.texts import Email, Name, Text

MAX_REFS = 200

LanguageGiven = Annotated[Literal["es", "en", "pt"], Field(description="Language of the conversation")]
ChannelGiven = Literal["web", "phone", "email", "shop", "partner"]
RemedyGiven = Literal["replacement", "repair", "refund", "price_reduction", "quote"]


def _capitals(value: Any) -> Any:
    """Serial numbers are copied by hand from labels, in small letters too."""
    return value.strip().upper() if isinstance(value, str) else value


class Body(BaseModel):
    """A request body: nothing unknown, and no value in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PersonGiven(Body):
    """A customer who writes to us himself."""

    name: Name = Field(repr=False)
    email: Email = Field(repr=False)


class CustomerGiven(Body):
    """A customer whom another system registered; only with an API key."""

    customer_ref: CustomerRef


def _either(value: Any, _handler: ModelWrapValidatorHandler[Any]) -> PersonGiven | CustomerGiven:
    """Judge a customer as what he is meant to be, so that errors name his fields."""
    known = isinstance(value, dict) and "customer_ref" in value
    return CustomerGiven.model_validate(value) if known else PersonGiven.model_validate(value)


class FactsGiven(Body):
    """What the customer states in structured form; decisions rest on this, never on words."""

    product_unit: Annotated[ProductUnit | None, BeforeValidator(_capitals)] = None
    purchase_ref: Identifier | None = Field(None, description="Number of the order or the invoice")
    purchased_on: GivenDay | None = None
    delivered_on: GivenDay | None = None
    buyer: Literal["consumer", "business"] | None = None
    area: str | None = Field(None, pattern=r"^[A-Za-z0-9 -]{2,12}$", description="Postcode")
    symptom_code: Code | None = None

    def facts(self) -> Facts:
        """The same as events carry it."""
        return Facts.model_validate(self.model_dump(exclude_none=True))


class OpenCaseBody(Body):
    """A customer reports something."""

    customer: Annotated[PersonGiven | CustomerGiven, WrapValidator(_either)]
    text: Text = Field(repr=False)
    facts: FactsGiven = FactsGiven()
    asked_for: RemedyGiven | None = None
    channel: ChannelGiven = "web"
    language: LanguageGiven
    jurisdiction: Annotated[Jurisdiction, Field(description="Country of the purchase (ISO 3166-1 alpha-2)")]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "customer": {"name": "Marta Ibáñez Soler", "email": "marta@example.com"},
                    "text": "La freidora no calienta desde ayer. La compré hace dos semanas.",
                    "facts": {
                        "product_unit": "FR-2040-118",
                        "purchase_ref": "F-2026-4711",
                        "purchased_on": "2026-11-07",
                        "symptom_code": "no_heat",
                    },
                    "asked_for": "replacement",
                    "language": "es",
                    "jurisdiction": "ES",
                }
            ]
        }
    )


class WordBody(Body):
    """A word of the customer, whoever passes it on."""

    channel: Annotated[ChannelGiven, Field(description="The door by which it came in")] = "web"


class InformationBody(WordBody):
    """The customer adds facts, words, or both."""

    facts: FactsGiven = FactsGiven()
    text: Text | None = Field(None, repr=False)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"facts": {"purchased_on": "2026-11-07"}, "text": "Here is the date you asked for."}]
        }
    )


class RemedyChoiceBody(WordBody):
    """The customer chooses among the remedies of one assessment."""

    remedy: RemedyGiven
    assessment_no: GivenNumber

    model_config = ConfigDict(json_schema_extra={"examples": [{"remedy": "repair", "assessment_no": 1}]})


class ConfirmationBody(WordBody):
    """The customer says that it is solved."""

    proposal_no: GivenNumber

    model_config = ConfigDict(json_schema_extra={"examples": [{"proposal_no": 1}]})


class DenialBody(WordBody):
    """The customer says that it is not solved."""

    proposal_no: GivenNumber
    reason: Code
    text: Text | None = Field(None, repr=False)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"proposal_no": 1, "reason": "still_broken", "text": "Sigue sin calentar."}]
        }
    )


class HumanRequestBody(WordBody):
    """The customer wants to speak to a person."""

    text: Text | None = Field(None, repr=False)

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Prefiero hablar con alguien."}]})


class QuoteAnswerBody(WordBody):
    """The customer accepts or refuses the revision of a quote that he saw."""

    quote_no: Identifier
    revision: GivenNumber
    accepted: StrictBool

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"quote_no": "Q-20261121-7", "revision": 1, "accepted": True}]}
    )


class CancellationBody(WordBody):
    """The customer wants to withdraw the case."""

    reason: Code | None = None
    text: Text | None = Field(None, repr=False)

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "no_longer_needed"}]})


class ObjectionBody(WordBody):
    """The customer objects to what was decided, or to having been taken for spam."""

    text: Text | None = Field(None, repr=False)

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Isto não é publicidade."}]})


class SurveyBody(WordBody):
    """The customer's score for the service."""

    score: Annotated[int, Field(ge=1, le=5, description="From 1 (bad) to 5 (good)"), NO_GUESS]

    model_config = ConfigDict(json_schema_extra={"examples": [{"score": 4}]})


class TextBody(Body):
    """A colleague or a workshop writes something about a case."""

    text: Text = Field(repr=False)

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "The customer will bring the unit on Friday."}]}
    )


class CustomerBody(Body):
    """The contact data of another system's customer."""

    name: Name = Field(repr=False)
    email: Email = Field(repr=False)
    language: LanguageGiven

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Daniel Okafor", "email": "daniel@example.com", "language": "en"}]
        }
    )


class TextRefsBody(Body):
    """The texts a service needs."""

    refs: list[TextRef] = Field(min_length=1, max_length=MAX_REFS)

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"refs": ["txt_0193f0a1b2c37d4e8f90a1b2c3d4e5f6"]}]}
    )


class CustomerRefsBody(Body):
    """The customers a service must reach."""

    customer_refs: list[CustomerRef] = Field(min_length=1, max_length=MAX_REFS)
    cases: list[UUID] = Field(default=[], max_length=MAX_REFS, description="Cases whose links are needed")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"customer_refs": ["cus_0193f0a1b2c37d4e8f90a1b2c3d4e5f6"]}]}
    )
