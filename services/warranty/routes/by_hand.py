"""The doors through which a person decides: coverage by hand, another date for a repair, no repair."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from ciclo_schemas.values import Code, Identifier, ProductUnit, RemedyKind, TextRef, Window, known_of
from services.chassis.commands import Commands
from services.chassis.decider import Message
from services.chassis.given import GivenDay, GivenMoment
from services.chassis.http import CommandsDep, IfCaseClock, IfMatch, case_clock, etag
from services.chassis.inputs import Outcome
from services.chassis.keys import person
from services.warranty.domain.by_hand import (
    AssessByHand,
    AssessedByHand,
    CancelRepair,
    Rescheduled,
    RescheduleRepair,
)
from services.warranty.routes.scopes import Scope

router = APIRouter(prefix="/cases/{case_id}")
ASSESSMENT_EXAMPLE = {
    "window": "guarantee",
    "basis": "legal_guarantee",
    "remedies_allowed": ["repair", "replacement"],
    "reasons": ["proof_seen"],
    "dates": {"clock_start": "2025-06-03", "guarantee_until": "2028-06-03"},
}
RESCHEDULE_EXAMPLE = {"due": "2026-12-20T18:00:00Z", "reason": "staff_agreed"}
CANCELLATION_EXAMPLE = {"reason": "workshop_overdue"}
Assessor = Annotated[str, Depends(person(Scope.ASSESS_CASES))]


def _determined(window: Window) -> Window:
    if window in {Window.UNKNOWN, Window.UNRECOGNISED}:
        raise ValueError("a person says trial, guarantee or out")
    return window


def _known(remedy: RemedyKind) -> RemedyKind:
    if remedy is RemedyKind.fallback():
        raise ValueError("there is no such remedy")
    return remedy


DETERMINED = WithJsonSchema({"type": "string", "enum": ["trial", "guarantee", "out"]})
GivenRemedy = Annotated[RemedyKind, AfterValidator(_known), known_of(RemedyKind)]


class Given(BaseModel):
    """A body: immutable, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class DatesBody(Given):
    """Last days, included, in the customer's calendar; empty where not known."""

    clock_start: GivenDay | None = None
    """The day the periods count from."""
    trial_until: GivenDay | None = None
    """Last day of the trial."""
    guarantee_until: GivenDay | None = None
    """Last day of the guarantee."""


class AssessmentBody(Given):
    """Which window the report falls into, why, and what the customer may choose."""

    window: Annotated[Window, AfterValidator(_determined), DETERMINED]
    """The window."""
    basis: Code
    """Which kind of right gives it."""
    remedies_allowed: tuple[GivenRemedy, ...] = Field((), max_length=5)
    """What the customer may choose; in a trial no repair, out of guarantee a quote."""
    reasons: tuple[Code, ...] = Field(min_length=1, max_length=20)
    """Why, as codes."""
    text_ref: TextRef | None = None
    """The reason in words, in intake's vault."""
    product_unit: ProductUnit | None = None
    """The unit, if the case names none or the wrong one."""
    dates: DatesBody = DatesBody()
    """The periods, as far as known."""
    override: Code | None = None
    """Why a person decides although the rules can tell, or although the customer had cancelled."""


class RescheduleBody(Given):
    """The date that was agreed with the workshop."""

    due: GivenMoment
    """Until when the repair is due now."""
    reason: Code
    """Why; `waiting_for_part` names the part as what the case waits for."""


class CancellationBody(Given):
    """Why the repair is called off."""

    reason: Code
    """The reason."""


class Desk:
    """Sends a person's decision about a case."""

    def __init__(
        self, case_id: UUID, response: Response, commands: Commands, clock: str | None, match: str | None
    ) -> None:
        self._case_id, self._response, self._commands = case_id, response, commands
        self._clock, self._match = clock, match

    async def send(self, command: Message) -> Outcome:
        """Have it decided. Raises Refused."""
        outcome = await self._commands.send(
            self._case_id, command, if_clock=self._clock, if_match=self._match
        )
        case_clock(self._response, outcome)
        etag(self._response, outcome.etag)
        return outcome


async def _desk(
    case_id: UUID,
    response: Response,
    commands: CommandsDep,
    if_clock: IfCaseClock = None,
    if_match: IfMatch = None,
) -> Desk:
    return Desk(case_id, response, commands, if_clock, if_match)


DeskDep = Annotated[Desk, Depends(_desk)]


@router.post("/assessments", status_code=201)
async def assess_by_hand(
    body: Annotated[AssessmentBody, Body(examples=[ASSESSMENT_EXAMPLE])], desk: DeskDep, assessor: Assessor
) -> AssessedByHand:
    """Assess coverage where the rules cannot tell, or against them with an explicit `override`.

    409 `rules_decide`, `cancelled`, `no_repair_in_trial`, `not_in_this_window`, `unit_not_registered`,
    `remedy_in_force`, `no_terms`, `case_closed`, `stale_picture`, `not_seen_yet`.
    """
    stated = body.model_dump(exclude={"dates"}) | body.dates.model_dump()
    outcome = await desk.send(AssessByHand(agent=assessor, **stated))
    return AssessedByHand.model_validate_json(outcome.reply or "")


@router.post("/repairs/{repair_no}/reschedule")
async def reschedule_repair(
    repair_no: Identifier,
    body: Annotated[RescheduleBody, Body(examples=[RESCHEDULE_EXAMPLE])],
    desk: DeskDep,
    assessor: Assessor,
) -> Rescheduled:
    """Give a repair the date that was agreed with the workshop. The same date again is no error.

    404 `unknown_repair`; 409 `date_has_passed`, `already_ended`, `called_off`, `stale_picture`,
    `not_seen_yet`.
    """
    command = RescheduleRepair(agent=assessor, repair_no=repair_no, due=body.due, reason=body.reason)
    outcome = await desk.send(command)
    return Rescheduled.model_validate_json(outcome.reply or "")


@router.post("/repairs/{repair_no}/cancellation")
async def cancel_repair(
    repair_no: Identifier,
    body: Annotated[CancellationBody, Body(examples=[CANCELLATION_EXAMPLE])],
    desk: DeskDep,
    assessor: Assessor,
) -> AssessedByHand:
    """Call a repair off, such as one that is overdue: the customer may choose again, as the answer says.

    404 `unknown_repair`; 409 `already_ended`, `called_off`, `stale_picture`, `not_seen_yet`.
    """
    outcome = await desk.send(CancelRepair(agent=assessor, repair_no=repair_no, reason=body.reason))
    return AssessedByHand.model_validate_json(outcome.reply or "")
