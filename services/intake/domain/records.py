"""The rows intake keeps. The words and the contact data of people live in `VaultText` and `Contact` alone."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

CUSTOMER = "customer"
"""The author of a text that the customer wrote or said."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as the front door lists it: its number (número de caso), whose it is, when it was opened."""

    case_id: UUID
    case_no: str
    customer_ref: str
    language: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class VaultText:
    """Something a person wrote about a case; everywhere else it is `text_ref`.

    `author` is `customer`, or the holder of the key that a colleague wrote it with (`agent/agent-03`).
    """

    text_ref: str
    case_id: UUID
    text: str = field(repr=False)
    received_at: datetime
    author: str = CUSTOMER


@dataclass(frozen=True, slots=True)
class Contact:
    """How a customer is reached; everywhere else he is `customer_ref`."""

    customer_ref: str
    name: str = field(repr=False)
    email: str = field(repr=False)
    language: str


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A customer that another system (`publisher`) knows by a number of its own."""

    customer_ref: str
    publisher: str
    number: str


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event of any service about a case, as it happened; `data` is the event's JSON."""

    event_id: UUID
    case_id: UUID
    at: datetime
    source: str
    sequence: int
    type: str
    data: str
    clock: str
    traceparent: str | None
