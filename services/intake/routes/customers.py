"""Customers of other systems: their reference, for ever the same."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from ciclo_schemas.values import Identifier, Language
from services.chassis.http import CommandsDep
from services.chassis.ids import derived_id, new_id
from services.chassis.keys import Caller, needs
from services.intake.domain.customer import RegisterCustomer, Registered
from services.intake.domain.opening import Person
from services.intake.routes.answers import CustomerAnswer
from services.intake.routes.bodies import CustomerBody
from services.intake.routes.scopes import Scope

router = APIRouter(tags=["colleagues"])


@router.put("/v1/customers/{publisher}/{number}")
async def put_customer(
    publisher: Annotated[
        Identifier, Path(description="The system that knows the customer", examples=["crm"])
    ],
    number: Annotated[Identifier, Path(description="The customer's number there", examples=["K-10023"])],
    body: CustomerBody,
    commands: CommandsDep,
    caller: Annotated[Caller, Depends(needs(Scope.WRITE_CUSTOMERS))],
) -> CustomerAnswer:
    """Give or renew the contact data of a customer, and learn his reference.

    The same publisher and number always have the same reference. 403 `not_the_publisher` for anybody else.
    """
    caller.need_publisher(publisher)
    command = RegisterCustomer(
        publisher=publisher,
        number=number,
        customer_ref=f"cus_{new_id().hex}",
        person=Person(name=body.name, email=body.email),
        language=Language(body.language),
    )
    outcome = await commands.send(derived_id("customer", publisher, number), command)
    return CustomerAnswer(customer_ref=Registered.model_validate_json(outcome.reply or "").customer_ref)
