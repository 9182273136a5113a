"""The vault's doors for other services and colleagues: words and contact data, by reference."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status

from ciclo_schemas.values import Language
from services.chassis.clock import utc_now
from services.chassis.http import CommandsDep, PoolDep
from services.chassis.ids import new_id
from services.chassis.keys import Caller, needs
from services.intake import views
from services.intake.domain.case import Heard
from services.intake.domain.words import KeepText, Words
from services.intake.routes.answers import ContactAnswer, ContactsAnswer, TextRefAnswer, TextsAnswer
from services.intake.routes.bodies import CustomerRefsBody, TextBody, TextRefsBody
from services.intake.routes.door import DoorDep, IdempotencyKey
from services.intake.routes.scopes import Scope

router = APIRouter(tags=["vault"])


@router.post("/v1/vault/texts:read", dependencies=[Depends(needs(Scope.READ_TEXTS))])
async def read_texts(body: TextRefsBody, pool: PoolDep) -> TextsAnswer:
    """The texts of up to 200 references. Whoever reads them neither stores nor logs them."""
    found = await views.texts(pool, body.refs)
    return TextsAnswer(texts=found, missing=_missing(body.refs, found))


@router.post("/v1/vault/contacts:read", dependencies=[Depends(needs(Scope.READ_CONTACTS))])
async def read_contacts(body: CustomerRefsBody, pool: PoolDep, door: DoorDep) -> ContactsAnswer:
    """Name, address and language of up to 200 customers, and signed links to their cases, good for 90 days.

    Whoever reads them neither stores nor logs them.
    """
    found = await views.contacts(pool, body.customer_refs)
    contacts = {
        ref: ContactAnswer(name=contact.name, email=contact.email, language=Language(contact.language))
        for ref, contact in found.items()
    }
    known = await views.known_cases(pool, body.cases)
    links = {case_id: door.links.url(case_id, utc_now()) for case_id in known}
    return ContactsAnswer(
        contacts=contacts,
        links=links,
        missing=_missing(body.customer_refs, contacts),
        erased=await views.erased(pool, body.customer_refs),
    )


@router.post(
    "/v1/cases/{case_id}/texts",
    status_code=status.HTTP_201_CREATED,
)
async def keep_text(
    case_id: UUID,
    body: TextBody,
    commands: CommandsDep,
    door: DoorDep,
    caller: Annotated[Caller, Depends(needs(Scope.WRITE_TEXTS))],
    idempotency_key: IdempotencyKey = None,
) -> TextRefAnswer:
    """A colleague or a workshop writes something; commands and events then carry its reference.

    Whose key it was stays beside the text.
    """
    words = Words(text_ref=f"txt_{new_id().hex}", text=body.text)
    key = door.business_key(f"KeepText:{caller.holder}:{case_id}", idempotency_key, body)
    outcome = await commands.send(case_id, KeepText(words=words, author=caller.holder), key=key)
    heard = Heard.model_validate_json(outcome.reply or "")
    return TextRefAnswer(text_ref=heard.text_ref or "")


def _missing(asked: list[str], found: dict[str, str] | dict[str, ContactAnswer]) -> list[str]:
    return [ref for ref in dict.fromkeys(asked) if ref not in found]
