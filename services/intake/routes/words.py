"""What a customer says about his case, himself or through telephony, a shop, a CRM.

Every route needs the case's tracking key, or an API key with the scope `cases:speak`.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Response, status
from pydantic import BaseModel

from ciclo_schemas.values import Channel, RemedyKind
from services.chassis.commands import Commands
from services.chassis.decider import Message
from services.chassis.http import CommandsDep, IfCaseClock, PoolDep, case_clock
from services.chassis.ids import new_id
from services.chassis.inputs import BusinessKey
from services.intake import views
from services.intake.domain.answers import ChooseRemedy, Confirm, Deny
from services.intake.domain.case import Heard
from services.intake.domain.quotes import AnswerQuote
from services.intake.domain.survey import AnswerSurvey
from services.intake.domain.words import Inform, RaiseObjection, RequestCancellation, RequestHuman, Words
from services.intake.routes.answers import HeardAnswer
from services.intake.routes.bodies import (
    CancellationBody,
    ConfirmationBody,
    DenialBody,
    HumanRequestBody,
    InformationBody,
    ObjectionBody,
    QuoteAnswerBody,
    RemedyChoiceBody,
    SurveyBody,
)
from services.intake.routes.door import Door, DoorDep, IdempotencyKey, spoken_for

router = APIRouter(
    prefix="/v1/cases/{case_id}", tags=["the customer's word"], dependencies=[Depends(spoken_for)]
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
    word = Inform(facts=body.facts.facts(), words=minted(body.text), channel=Channel(body.channel))
    return await ear.hear(word, body)


@router.post("/remedy-choice", status_code=status.HTTP_202_ACCEPTED)
async def choose_remedy(body: RemedyChoiceBody, ear: EarDep) -> HeardAnswer:
    """The customer chooses among the remedies of an assessment (elegir la medida).

    Refused (409): `not_seen_yet`, `stale_assessment` with what is allowed now, `remedy_not_offered`.
    """
    choice = ChooseRemedy(
        remedy=RemedyKind(body.remedy), assessment_no=body.assessment_no, channel=Channel(body.channel)
    )
    return await ear.hear(choice, body)


@router.post("/quote-answer", status_code=status.HTTP_202_ACCEPTED)
async def answer_quote(body: QuoteAnswerBody, ear: EarDep) -> HeardAnswer:
    """The customer accepts or refuses a quote (responder al presupuesto).

    Refused (409): `not_seen_yet`, `stale_quote` with the one that stands now, `already_answered`,
    `quote_expired`.
    """
    answer = AnswerQuote(
        quote_no=body.quote_no,
        revision=body.revision,
        accepted=body.accepted,
        channel=Channel(body.channel),
    )
    return await ear.hear(answer, body)


@router.post("/confirmation", status_code=status.HTTP_202_ACCEPTED)
async def confirm(body: ConfirmationBody, ear: EarDep) -> HeardAnswer:
    """The customer says that it is solved (confirmar). Saying so twice changes nothing.

    Refused (409): `not_seen_yet`, `stale_proposal`, `already_denied`.
    """
    return await ear.hear(Confirm(proposal_no=body.proposal_no, channel=Channel(body.channel)), body)


@router.post("/denial", status_code=status.HTTP_202_ACCEPTED)
async def deny(body: DenialBody, ear: EarDep) -> HeardAnswer:
    """The customer says that it is not solved, and why (negar), also after he had said that it was.

    Refused (409): `not_seen_yet`, `stale_proposal`.
    """
    denial = Deny(
        proposal_no=body.proposal_no,
        reason=body.reason,
        words=minted(body.text),
        channel=Channel(body.channel),
    )
    return await ear.hear(denial, body)


@router.post("/human-request", status_code=status.HTTP_202_ACCEPTED)
async def request_human(body: HumanRequestBody, ear: EarDep) -> HeardAnswer:
    """The customer wants to speak to a person (hablar con una persona)."""
    return await ear.hear(RequestHuman(words=minted(body.text), channel=Channel(body.channel)), body)


@router.post("/cancellation", status_code=status.HTTP_202_ACCEPTED)
async def request_cancellation(body: CancellationBody, ear: EarDep) -> HeardAnswer:
    """The customer wants to withdraw the case (cancelar); he is told what can be taken back."""
    word = RequestCancellation(reason=body.reason, words=minted(body.text), channel=Channel(body.channel))
    return await ear.hear(word, body)


@router.post("/objection", status_code=status.HTTP_202_ACCEPTED)
async def raise_objection(body: ObjectionBody, ear: EarDep) -> HeardAnswer:
    """The customer objects (objetar): his message was no spam, or he does not accept an answer."""
    return await ear.hear(RaiseObjection(words=minted(body.text), channel=Channel(body.channel)), body)


@router.post("/survey", status_code=status.HTTP_202_ACCEPTED)
async def answer_survey(body: SurveyBody, ear: EarDep) -> HeardAnswer:
    """The customer rates the service (encuesta); another score corrects the one before."""
    return await ear.hear(AnswerSurvey(score=body.score, channel=Channel(body.channel)), body)


def minted(text: str | None) -> Words | None:
    """A text under the reference it will have in the vault."""
    return None if text is None else Words(text_ref=f"txt_{new_id().hex}", text=text)
