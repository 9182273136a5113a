"""Customers that other systems know: the same publisher and number have the same reference for ever.

Anonymous reports at the door are never linked to such a customer, nor to one another: an e-mail address
proves nothing about who writes.
"""

from typing import Any

from pydantic import BaseModel, Field

from ciclo_schemas.values import CustomerRef, Identifier, Language
from services.chassis.decider import Decision, Facts, Given, Lookup, Message, State
from services.intake.domain.opening import Person
from services.intake.domain.records import Contact, KnownCustomer


class CustomerState(State):
    """Nothing: what is known of customers are rows, so that it can be erased."""


class RegisterCustomer(Message):
    """Another system gives a customer's contact data; `customer_ref` is used if he has none yet."""

    publisher: Identifier
    number: Identifier
    customer_ref: CustomerRef
    person: Person = Field(repr=False)
    language: Language


class Registered(BaseModel):
    """The reply: how events name this customer."""

    customer_ref: str


def register_customer(
    _state: CustomerState | None, command: RegisterCustomer, given: Given
) -> Decision[CustomerState]:
    """Keep the contact in the vault under the customer's one reference."""
    ref, rows = reference_of(command.publisher, command.number, command.customer_ref, given.facts)
    contact = Contact(ref, command.person.name, command.person.email, command.language.value)
    return Decision(None, rows=(*rows, contact), reply=Registered(customer_ref=ref))


def reference_of(publisher: str, number: str, minted: str, facts: Facts) -> tuple[str, tuple[Any, ...]]:
    """The customer's reference and, if he had none, the row that gives him `minted`.

    Two that mint at once meet at the table's constraint, and one decides again.
    """
    known = facts.one(KnownCustomer, publisher=publisher, number=number)
    if known is not None:
        return known.customer_ref, ()
    return minted, (KnownCustomer(minted, publisher, number),)


def known_customer(publisher: str, number: str) -> Lookup:
    """The fact that `reference_of` asks for."""
    return Lookup.of(KnownCustomer, publisher=publisher, number=number)
