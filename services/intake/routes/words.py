"""What a customer says about his case. Every route needs its tracking key."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Response, status
from pydantic import BaseModel

from ciclo_schemas.values import RemedyKind
from services.chassis.commands import Commands
from services.chassis.decider import Message
from services.chassis.http import CommandsDep, IfCaseClock, PoolDep, case_clock
from services.chassis.ids import new_id
from services.chassis.inputs import BusinessKey
from services.intake import views
from services.intake.domain.answers import ChooseRemedy, Confirm, Deny
from services.intake.domain.case import Heard
from services.intake.domain.words import Inform, RequestHuman, Words
from services.intake.routes.answers import HeardAnswer
from services.intake.routes.bodies import (
    ConfirmationBody,
    DenialBody,
    HumanRequestBody,
    InformationBody,
    RemedyChoiceBody,
)
from services.intake.routes.door import Door, DoorDep, IdempotencyKey, tracked

router = APIRouter(
    prefix="/v1/cases/{case_id}", tags=["the customer's word"], dependencies=[Depends(tracked)]
)


@dataclass(frozen=True, slots=True)
class Ear:
    """Where a route tells a case something, and how the answer to the customer is made."""

    case_id: UUID
    commands: Commands
    pool: asyncpg.Pool
    door: Door
    response: Response
    idempotency_key: str | None
    if_clock: str | None

    async def hear(self, word: Message, body: BaseModel) -> HeardAnswer:
        """Have the word decided; `body` is what a repeat with the same Idempotency-Key must equal."""
        key = self._key(word, body)
        outcome = await self.commands.send(self.case_id, word, key=key, if_clock=self.if_clock)
        case_clock(self.response, outcome)
        heard = Heard.model_validate_json(outcome.reply or "")
        clock = outcome.clock or await views.clock_of(self.pool, self.case_id)
        return HeardAnswer(case_id=self.case_id, clock=clock, text_ref=heard.text_ref)

    def _key(self, word: Message, body: BaseModel) -> BusinessKey | None:
        return self.door.business_key(f"{type(word).__name__}:{self.case_id}", self.idempotency_key, body)


async def _ear(
    case_id: UUID,
    response: Response,
    commands: CommandsDep,
    pool: PoolDep,
    door: DoorDep,
    idempotency_key: IdempotencyKey = None,
    if_clock: IfCaseClock = None,
) -> Ear:
    return Ear(case_id, commands, pool, door, response, idempotency_key, if_clock)


EarDep = Annotated[Ear, Depends(_ear)]


@router.post("/information", status_code=status.HTTP_202_ACCEPTED)
async def inform(body: InformationBody, ear: EarDep) -> HeardAnswer:
    """The customer adds facts, words, or both (aportar información)."""
    return await ear.hear(Inform(facts=body.facts.facts(), words=minted(body.text)), body)


@router.post("/remedy-choice", status_code=status.HTTP_202_ACCEPTED)
async def choose_remedy(body: RemedyChoiceBody, ear: EarDep) -> HeardAnswer:
    """The customer chooses among the remedies of an assessment (elegir la medida).

    Refused (409): `not_seen_yet`, `stale_assessment` with what is allowed now, `remedy_not_offered`.
    """
    choice = ChooseRemedy(remedy=RemedyKind(body.remedy), assessment_no=body.assessment_no)
    return await ear.hear(choice, body)


@router.post("/confirmation", status_code=status.HTTP_202_ACCEPTED)
async def confirm(body: ConfirmationBody, ear: EarDep) -> HeardAnswer:
    """The customer says that it is solved (confirmar). Saying so twice changes nothing.

    Refused (409): `not_seen_yet`, `stale_proposal`, `already_denied`.
    """
    return await ear.hear(Confirm(proposal_no=body.proposal_no), body)


@router.post("/denial", status_code=status.HTTP_202_ACCEPTED)
async def deny(body: DenialBody, ear: EarDep) -> HeardAnswer:
    """The customer says that it is not solved, and why (negar).

    Refused (409): `not_seen_yet`, `stale_proposal`, `already_confirmed`.
    """
    denial = Deny(proposal_no=body.proposal_no, reason=body.reason, words=minted(body.text))
    return await ear.hear(denial, body)


@router.post("/human-request", status_code=status.HTTP_202_ACCEPTED)
async def request_human(body: HumanRequestBody, ear: EarDep) -> HeardAnswer:
    """The customer wants to speak to a person (hablar con una persona)."""
    return await ear.hear(RequestHuman(words=minted(body.text)), body)


def minted(text: str | None) -> Words | None:
    """A text under the reference it will have in the vault."""
    return None if text is None else Words(text_ref=f"txt_{new_id().hex}", text=text)
