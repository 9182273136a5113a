"""Where people's commands about a case go in, and how the case is shown to them afterwards."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.chassis.commands import Commands
from services.chassis.decider import Message
from services.chassis.http import CommandsDep, IfCaseClock, IfMatch, case_clock, etag
from services.chassis.problems import MEDIA_TYPE
from services.routing.domain.first_line import CaseReply

_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
NOT_NOW: dict[int | str, dict[str, Any]] = {
    409: {
        "description": "The case does not allow it: `not_seen_yet` (with Retry-After), `case_closed`, "
        "`already_taken`, `not_taken`, `linked_case`, `stale_picture`, `clock_behind`, or as the door says",
        "content": _PROBLEM,
    }
}
"""What every command may answer besides what its door says."""


class Desk:
    """Sends a person's command about a case and answers with the case as it then stands."""

    def __init__(
        self,
        case_id: UUID,
        response: Response,
        commands: Commands,
        *,
        if_clock: str | None,
        if_match: str | None,
    ) -> None:
        self._case_id = case_id
        self._response = response
        self._commands = commands
        self._if_clock = if_clock
        self._if_match = if_match

    async def send(self, command: Message) -> CaseReply:
        """Have the command decided. Raises Refused."""
        outcome = await self._commands.send(
            self._case_id, command, if_clock=self._if_clock, if_match=self._if_match
        )
        case_clock(self._response, outcome)
        etag(self._response, outcome.etag)
        return CaseReply.model_validate_json(outcome.reply or "")


async def _desk(
    case_id: UUID,
    response: Response,
    commands: CommandsDep,
    if_clock: IfCaseClock = None,
    if_match: IfMatch = None,
) -> Desk:
    return Desk(case_id, response, commands, if_clock=if_clock, if_match=if_match)


DeskDep = Annotated[Desk, Depends(_desk)]
"""The desk of the case in the path."""
