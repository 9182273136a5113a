"""Files on their way in: read from a form, judged by what they hold, and kept in the vault."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

import asyncpg
from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from services.chassis.commands import Commands
from services.chassis.http import Refused, problem
from services.chassis.ids import new_id
from services.chassis.inputs import Outcome
from services.intake import store
from services.intake.domain.attachments import MAX_BYTES, Attach, Attached, File, Kind, Media, media_of
from services.intake.routes.door import Door

MAX_FILES = 5
"""How many files one form may bring."""
MAX_FORM_BYTES = MAX_FILES * MAX_BYTES + 64 * 1024
"""How many bytes a form with files may have: full of files, and its other fields."""
_FIELD = "body.file"
_MAX_FIELDS = 40
_MAX_FIELD_BYTES = 64 * 1024
_AT_ONCE = 4

# Files wait on disk until it is their turn in memory.
_in_memory = asyncio.Semaphore(_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Content:
    """A file that may be kept."""

    media: Media
    content: bytes = field(repr=False)


class Fingerprint(BaseModel):
    """What a repeat of the same files must equal."""

    kind: Kind
    files: list[str]


@asynccontextmanager
async def form_of(request: Request, *, files: int = 0) -> AsyncIterator[FormData]:
    """A request's form, with so many files at most; large ones wait on disk.

    Raises HTTPException 400, 413.
    """
    async with request.form(max_files=files, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES) as form:
        yield form


async def add_files(
    commands: Commands,
    pool: asyncpg.Pool,
    door: Door,
    case_id: UUID,
    form: FormData,
    kind: Kind,
    key: str | None,
) -> Outcome:
    """Keep the files of a form's field `file` and have them published.

    Raises Problem 422 `file_missing`, `file_too_large`, `file_type`, and Refused as `attach` says; nothing is
    kept then.
    """
    given = [one for one in form.getlist("file") if isinstance(one, UploadFile) and one.size]
    async with _in_memory:
        if not given:
            raise problem(422, "file_missing", "a file is needed", locations=[_FIELD])
        contents = [await _judged(one) for one in given]
        files = {f"att_{new_id().hex}": content for content in contents}
        await store.keep_contents(pool, case_id, {ref: one.content for ref, one in files.items()})
    command = Attach(
        files=tuple(
            File(attachment_ref=ref, media=one.media, size=len(one.content)) for ref, one in files.items()
        ),
        kind=kind,
    )
    fingerprint = Fingerprint(kind=kind, files=[sha256(one.content).hexdigest() for one in contents])
    business_key = door.business_key(f"Attach:{case_id}", key, fingerprint)
    try:
        outcome = await commands.send(case_id, command, key=business_key)
    except Refused:
        await store.drop_contents(pool, list(files))
        raise
    # A repeat is answered with the references of the first time.
    published = Attached.model_validate_json(outcome.reply or "").attachments
    await store.drop_contents(pool, [ref for ref in files if ref not in published])
    return outcome


async def _judged(given: UploadFile) -> Content:
    if (given.size or 0) > MAX_BYTES:
        detail = f"a file has {MAX_BYTES} bytes at most"
        raise problem(422, "file_too_large", detail, locations=[_FIELD])
    content = await given.read()
    media = media_of(content)
    if media is None:
        raise problem(422, "file_type", "a JPEG, PNG, WebP or PDF is needed", locations=[_FIELD])
    return Content(media, content)
