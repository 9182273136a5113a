"""Customers that other systems register: the same publisher and number have the same reference for ever.

The aggregate is the pair (publisher, number): its id is derived from them, so that the reference needs no
table of its own and two requests at once cannot mint two. Anonymous reports at the door are never linked to
such a customer, nor to one another: an e-mail address proves nothing about who writes.
"""

from pydantic import BaseModel, Field

from ciclo_schemas.values import CustomerRef, Language
from services.chassis.decider import Decision, Given, Message, State
from services.intake.domain.opening import Person
from services.intake.domain.records import Contact


class CustomerState(State):
    """The reference that was minted for this customer."""

    customer_ref: CustomerRef


class RegisterCustomer(Message):
    """Another system gives a customer's contact data; `customer_ref` is used if he has none yet."""

    customer_ref: CustomerRef
    person: Person = Field(repr=False)
    language: Language


class Registered(BaseModel):
    """The reply: how events name this customer."""

    customer_ref: str


def register_customer(
    state: CustomerState | None, command: RegisterCustomer, _given: Given
) -> Decision[CustomerState]:
    """Keep the contact in the vault under the customer's one reference."""
    customer_ref = command.customer_ref if state is None else state.customer_ref
    contact = Contact(customer_ref, command.person.name, command.person.email, command.language.value)
    return Decision(
        CustomerState(customer_ref=customer_ref), rows=(contact,), reply=Registered(customer_ref=customer_ref)
    )
