"""What goes out: the bodies of answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ciclo_schemas.values import Facts, Language, Money, RemedyKind
from services.intake.domain.headline import Status

_CASE = "01930000-0000-7000-8000-000000000001"
_TEXT = "txt_0193f0a1b2c37d4e8f90a1b2c3d4e5f6"
_CUSTOMER = "cus_0193f0a1b2c37d4e8f90a1b2c3d4e5f6"


def example(**values: Any) -> ConfigDict:
    """The example of an answer in the description of the API."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class OpenedAnswer(BaseModel):
    """What the customer keeps; a repeat with the same Idempotency-Key gets the same again."""

    case_id: UUID
    case_no: str = Field(description="To read aloud; the last character is a check character")
    tracking_key: str = Field(description="Secret: whoever shows it is the customer of this case")
    tracking_url: str
    page_url: str = Field(description="Signed link to the customer's page, good for 90 days: a secret, too")
    customer_ref: str
    clock: str = Field(description="Case clock: what this answer knows of the case")

    model_config = example(
        case_id=_CASE,
        case_no="C-7K4M-2Q9D-5",
        tracking_key="q5n1kQ0m7sWcZ3yq4m0iXo0nq3N2mZb1m9bJx6l2c4E",
        tracking_url=f"http://127.0.0.1:8001/v1/cases/{_CASE}",
        page_url="http://127.0.0.1:8001/c/AZMAAAAAcACAAAAAAAAAAWrLz4B0aGlzIGlzIG5vIGxpbms_",
        customer_ref=_CUSTOMER,
        clock="intake:1",
    )


class HeardAnswer(BaseModel):
    """The word is kept and published; the service that owns the matter decides."""

    case_id: UUID
    clock: str = Field(description="Case clock: what this answer knows of the case")
    text_ref: str | None = None

    model_config = example(case_id=_CASE, clock="intake:2,routing:5,warranty:1", text_ref=None)


class AttachedAnswer(BaseModel):
    """How events and colleagues name the files just handed in."""

    case_id: UUID
    clock: str = Field(description="Case clock: what this answer knows of the case")
    attachments: tuple[str, ...]

    model_config = example(
        case_id=_CASE, clock="intake:2,routing:5", attachments=["att_0193f0a1b2c37d4e8f90a1b2c3d4e5f6"]
    )


class HeadlineAnswer(BaseModel):
    """What happens now, who has the case, and the next date (the customer's deadline or our promise)."""

    text: str
    who: str
    next_date: datetime | None


class ChoiceAnswer(BaseModel):
    """The remedies the customer may choose from, by the last assessment."""

    assessment_no: int
    remedies: tuple[RemedyKind, ...]
    chosen: RemedyKind | None


class QuoteOffered(BaseModel):
    """The offer of a workshop that the customer may accept or refuse, by the revision he saw."""

    quote_no: str
    revision: int
    service_point: str
    price: Money = Field(description="Taxes included")
    valid_until: datetime
    work: tuple[str, ...]


class PromiseAnswer(BaseModel):
    """A promise to the customer: `state` is open, kept or broken."""

    promise_no: int
    kind: str
    text: str
    due: datetime
    state: str


class StepAnswer(BaseModel):
    """One event of the timeline, as the customer reads it."""

    event_id: UUID
    at: datetime
    source: str
    sequence: int
    type: str
    text: str


class CaseAnswer(BaseModel):
    """A case as its customer sees it. `status` follows TMF621; `proposal_no` is the open question, if any."""

    case_id: UUID
    case_no: str
    language: Language
    opened_at: datetime
    status: Status
    headline: HeadlineAnswer
    facts: Facts
    choice: ChoiceAnswer | None
    quote: QuoteOffered | None = Field(description="The offer that waits for an answer")
    proposal_no: int | None
    promises: list[PromiseAnswer]
    erased: str | None = Field(description="That the customer's words and contact data were erased, and when")
    timeline: list[StepAnswer]

    model_config = example(
        case_id=_CASE,
        case_no="C-7K4M-2Q9D-5",
        language="en",
        opened_at="2026-11-21T09:00:00Z",
        status="pending",
        headline={
            "text": "It is for you to choose: repair, replacement.",
            "who": "you",
            "next_date": "2026-12-05T09:00:00Z",
        },
        facts={"product_unit": "TV-5500-7", "symptom_code": "no_picture"},
        choice={"assessment_no": 1, "remedies": ["repair", "replacement"], "chosen": None},
        quote=None,
        proposal_no=None,
        promises=[
            {
                "promise_no": 1,
                "kind": "first_answer",
                "text": "a first answer",
                "due": "2026-11-22T09:00:00Z",
                "state": "kept",
            }
        ],
        erased=None,
        timeline=[
            {
                "event_id": "01930000-0000-7000-8000-00000000000a",
                "at": "2026-11-21T09:00:00Z",
                "source": "intake",
                "sequence": 1,
                "type": "ciclo.case.opened.v1",
                "text": "We have received your case C-7K4M-2Q9D-5.",
            }
        ],
    )


class CaseIdAnswer(BaseModel):
    """The case behind a case number."""

    case_id: UUID

    model_config = example(case_id=_CASE)


class TextRefAnswer(BaseModel):
    """How events refer to a text."""

    text_ref: str

    model_config = example(text_ref=_TEXT)


class TextsAnswer(BaseModel):
    """The texts asked for, by reference; `missing` are the references that the vault does not hold."""

    texts: dict[str, str]
    missing: list[str]

    model_config = example(texts={_TEXT: "La freidora no calienta desde ayer."}, missing=[])


class ContactAnswer(BaseModel):
    """How one customer is reached."""

    name: str
    email: str
    language: Language


class ContactsAnswer(BaseModel):
    """Contact data by customer, and links by case.

    `missing` are references that the vault does not hold; `erased` those whose data was erased on request.
    """

    contacts: dict[str, ContactAnswer]
    links: dict[UUID, str]
    missing: list[str]
    erased: list[str] = []

    model_config = example(
        contacts={_CUSTOMER: {"name": "Marta Ibáñez Soler", "email": "marta@example.com", "language": "es"}},
        links={_CASE: "http://127.0.0.1:8001/c/AZMAAAAAcACAAAAAAAAAAWrLz4B0aGlzIGlzIG5vIGxpbms"},
        missing=[],
        erased=[],
    )


class CustomerAnswer(BaseModel):
    """How events name this customer, for ever."""

    customer_ref: str

    model_config = example(customer_ref=_CUSTOMER)
