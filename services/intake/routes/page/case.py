"""The customer's page of a case, opened by a signed link; everything on it works without JavaScript."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from ciclo_schemas.values import AttachmentRef
from services.chassis.clock import utc_now
from services.chassis.commands import Commands
from services.chassis.http import CommandsDep, PoolDep, Problem
from services.intake.routes.attachments import kind_of, served
from services.intake.routes.door import Door, DoorDep
from services.intake.routes.page.forms import FORMS, FormWrong, once, read, typed
from services.intake.routes.page.render import HEADERS, Pages, chosen_language
from services.intake.routes.page.route import CannotShow, OpenedDep, PageRoute, PagesDep, from_here
from services.intake.routes.page.showing import Typed, shown
from services.intake.routes.uploads import MAX_FILES, add_files, form_of

router = APIRouter(prefix="/c/{token}", route_class=PageRoute, include_in_schema=False)

FILES = "attachments"
NAMES = (*FORMS, FILES)
_NOTES = {
    "stale_proposal": "note_stale",
    "stale_assessment": "note_stale",
    "stale_quote": "note_stale",
    "remedy_not_offered": "note_stale",
    "already_denied": "note_already_denied",
    "already_answered": "note_already_answered",
    "quote_expired": "note_quote_expired",
    "idempotency_key_reused": "note_sent_before",
}
_FILE_ERRORS = {
    "file_missing": "error_file_missing",
    "file_too_large": "error_file_too_large",
    "file_type": "error_file_type",
    "too_many_attachments": "error_file_many",
    "attachments_too_large": "error_file_many",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody with a link, at the page of its case."""

    token: str
    request: Request
    case_id: UUID
    pool: asyncpg.Pool
    pages: Pages


async def _visit(token: str, request: Request, case_id: OpenedDep, pool: PoolDep, pages: PagesDep) -> Visit:
    return Visit(token, request, case_id, pool, pages)


VisitDep = Annotated[Visit, Depends(_visit)]


@router.get("")
async def read_page(visit: VisitDep) -> Response:
    """Where the case stands, what is asked, everything that happened."""
    said = visit.request.query_params.get("said", "")
    return await _case_page(visit, Typed(), said=said if said in NAMES else "")


@router.get("/cancellation")
async def ask_whether_to_cancel(visit: VisitDep) -> Response:
    """Nothing is cancelled by one wrong touch."""
    return await _case_page(visit, Typed(), name="cancellation")


@router.get("/attachments/{attachment_ref}")
async def read_file(
    case_id: OpenedDep, attachment_ref: Annotated[AttachmentRef, Path()], pool: PoolDep
) -> Response:
    """A file of the case, as a download."""
    return await served(pool, attachment_ref, case_id)


@router.get("/{name}")
async def back_to_the_page(name: str, visit: VisitDep) -> Response:
    """The address of a form, typed or reloaded: there is nothing but the page."""
    if name not in NAMES:
        raise CannotShow("not_found", 404)
    return _redirect(visit)


@router.post("/{name}", dependencies=[Depends(from_here)])
async def take_form(name: str, visit: VisitDep, commands: CommandsDep, door: DoorDep) -> Response:
    """Take a form; then back to the page, where a reload sends nothing again."""
    if name not in NAMES:
        raise CannotShow("not_found", 404)
    async with form_of(visit.request, files=MAX_FILES if name == FILES else 0) as form:
        sent, status = await _take(name, form, visit, commands, door)
    if sent is None:
        return _redirect(visit, name)
    page = "cancellation" if name == "cancellation" else "case"
    return await _case_page(visit, sent, name=page, status=status)


async def _take(
    name: str, form: FormData, visit: Visit, commands: Commands, door: Door
) -> tuple[Typed | None, int]:
    """Have the form heard. If that cannot be, what was typed with what is wrong, and the status to answer."""
    values, case_id = typed(form), visit.case_id
    try:
        if name == FILES:
            kind = kind_of(values.get("kind", ""))
            await add_files(commands, visit.pool, door, case_id, form, kind, once(form))
            return None, 303
        checked = read(FORMS[name], values, utc_now().date())
        key = door.business_key(f"page:{name}:{case_id}", once(form), checked)
        await commands.send(case_id, checked.command(), key=key)
    except FormWrong as wrong:
        return Typed(name, values, wrong.errors), 422
    except Problem as why:
        if why.details.code == "unknown_case":
            raise CannotShow("invalid", 404) from None
        return _not_taken(name, values, why, form), why.details.status
    return None, 303


def _not_taken(name: str, values: dict[str, str], why: Problem, form: FormData) -> Typed:
    code = why.details.code
    if why.details.status >= 500:
        return Typed(name, values, note="note_later", once=once(form))
    if code in _FILE_ERRORS:
        return Typed(name, values, {"file": _FILE_ERRORS[code]})
    if code == "kind":
        return Typed(name, values, {"kind": "error_kind"})
    return Typed(name, values, note=_NOTES.get(code, "note_later"))


async def _case_page(
    visit: Visit, sent: Typed, *, name: str = "case", said: str = "", status: int = 200
) -> Response:
    chosen = chosen_language(visit.request)
    language, values = await shown(visit.pool, visit.case_id, visit.token, chosen, sent)
    return visit.pages.page(name, language, values | {"said": said}, status=status)


def _redirect(visit: Visit, said: str = "") -> Response:
    language = chosen_language(visit.request)
    query = [*([f"lang={language}"] if language else []), *([f"said={said}"] if said else [])]
    address = f"/c/{visit.token}" + (f"?{'&'.join(query)}" if query else "") + ("#message" if said else "")
    return RedirectResponse(address, 303, headers=HEADERS)
