"""Open a case, and read it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status

from ciclo_schemas.values import Channel, Language, RemedyKind
from services.chassis.http import CommandsDep, PoolDep, problem
from services.chassis.ids import new_id
from services.chassis.keys import Caller, if_shown, needs
from services.intake import views
from services.intake.domain.headline import headline
from services.intake.domain.opening import OpenCase, Opened, Person
from services.intake.domain.reference import case_no_of, read_case_no
from services.intake.domain.sentences import erased, sentence, spoken
from services.intake.domain.situation import Situation, situation
from services.intake.routes.answers import (
    CaseAnswer,
    CaseIdAnswer,
    ChoiceAnswer,
    HeadlineAnswer,
    OpenedAnswer,
    PromiseAnswer,
    QuoteOffered,
    StepAnswer,
)
from services.intake.routes.bodies import CustomerGiven, OpenCaseBody
from services.intake.routes.door import DoorDep, IdempotencyKey, tracked
from services.intake.routes.scopes import Scope

router = APIRouter(tags=["cases"])


@router.post(
    "/v1/cases",
    status_code=status.HTTP_201_CREATED,
    # Everybody may come without a key.
    openapi_extra={"security": [{}]},
)
async def open_case(
    body: OpenCaseBody,
    response: Response,
    commands: CommandsDep,
    pool: PoolDep,
    door: DoorDep,
    caller: Annotated[Caller | None, Depends(if_shown(Scope.OPEN_CASES))],
    idempotency_key: IdempotencyKey = None,
) -> OpenedAnswer:
    """A customer reports something (abrir un caso).

    The answer comes at once and holds what the customer needs to come back. A customer may be named by
    `customer_ref` only with an API key that may open cases.
    """
    if isinstance(body.customer, CustomerGiven) and caller is None:
        detail = "only with an API key is a customer named by his reference"
        raise problem(401, "not_authorized", detail, locations=["body.customer.customer_ref"])
    case_id = new_id()
    client = "anonymous" if caller is None else caller.holder
    key = door.business_key(f"open_case:{client}", idempotency_key, body)
    outcome = await commands.send(case_id, _command(case_id, body, caller), key=key)
    opened = Opened.model_validate_json(outcome.reply or "")
    response.headers["Location"] = f"/v1/cases/{opened.case_id}"
    return OpenedAnswer(
        case_id=opened.case_id,
        case_no=opened.case_no,
        tracking_key=door.tracking_key(opened.case_id),
        tracking_url=door.tracking_url(opened.case_id),
        page_url=door.links.url(opened.case_id, opened.opened_at),
        customer_ref=opened.customer_ref,
        clock=outcome.clock or await views.clock_of(pool, opened.case_id),
    )


def _command(case_id: UUID, body: OpenCaseBody, caller: Caller | None) -> OpenCase:
    customer_ref, person = f"cus_{new_id().hex}", None
    if isinstance(body.customer, CustomerGiven):
        customer_ref = body.customer.customer_ref
    else:
        person = Person(name=body.customer.name, email=body.customer.email)
    return OpenCase(
        case_no=case_no_of(case_id),
        customer_ref=customer_ref,
        person=person,
        text_ref=f"txt_{new_id().hex}",
        text=body.text,
        facts=body.facts.facts(),
        asked_for=None if body.asked_for is None else RemedyKind(body.asked_for),
        channel=Channel(body.channel),
        language=Language(body.language),
        jurisdiction=body.jurisdiction,
        publisher=None if caller is None else caller.system,
    )


@router.get("/v1/cases/{case_id}", dependencies=[Depends(tracked)])
async def read_case(case_id: UUID, response: Response, pool: PoolDep) -> CaseAnswer:
    """The case as its customer sees it: where it stands, what was promised, everything that happened.

    The header Case-Clock says how much of the case this answer knows.
    """
    view = await views.case_with_timeline(pool, case_id)
    if view is None:
        raise problem(404, "unknown_case", "there is no such case")
    response.headers["Case-Clock"] = view.clock
    language = Language(view.case.language)
    now = situation(view.timeline)
    head = headline(now, language)
    return CaseAnswer(
        case_id=case_id,
        case_no=view.case.case_no,
        language=language,
        opened_at=view.case.opened_at,
        status=head.status,
        headline=HeadlineAnswer(text=head.text, who=head.who, next_date=head.next_date),
        facts=now.facts,
        choice=_choice(now),
        quote=_quote(now),
        proposal_no=now.proposal_no,
        promises=_promises(now, language),
        erased=None if view.erased_at is None else erased(view.erased_at, language),
        timeline=[
            StepAnswer(
                event_id=happened.event_id,
                at=happened.at,
                source=happened.source,
                sequence=happened.sequence,
                type=happened.type,
                text=sentence(happened.event, language),
            )
            for happened in view.timeline
        ],
    )


def _choice(now: Situation) -> ChoiceAnswer | None:
    if now.assessed is None or not now.assessed.remedies_allowed or now.closed is not None:
        return None
    return ChoiceAnswer(
        assessment_no=now.assessed.assessment_no, remedies=now.assessed.remedies_allowed, chosen=now.chosen
    )


def _quote(now: Situation) -> QuoteOffered | None:
    if now.quote is None:
        return None
    return QuoteOffered.model_validate(now.quote, from_attributes=True)


def _promises(now: Situation, language: Language) -> list[PromiseAnswer]:
    return [
        PromiseAnswer(
            promise_no=promise.promise_no,
            kind=promise.kind,
            text=spoken(promise.kind, language),
            due=promise.due,
            state=promise.state,
        )
        for promise in now.promises.values()
    ]


@router.get(
    "/v1/case-numbers/{case_no}", tags=["colleagues"], dependencies=[Depends(needs(Scope.OPEN_CASES))]
)
async def find_case(case_no: str, pool: PoolDep) -> CaseIdAnswer:
    """The case whose number a customer reads aloud; a number that was misheard is no case's (404 misread)."""
    number = read_case_no(case_no)
    if number is None:
        raise problem(
            404, "misread", "the check character does not fit this number", locations=["path.case_no"]
        )
    case_id = await views.case_id_of(pool, number)
    if case_id is None:
        raise problem(404, "unknown_case", "there is no such case")
    return CaseIdAnswer(case_id=case_id)
