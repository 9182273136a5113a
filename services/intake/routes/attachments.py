"""Photos and proofs of a case: added by its customer, read by him and by colleagues."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response, status

from ciclo_schemas.values import AttachmentRef
from services.chassis.http import CommandsDep, PoolDep, case_clock, problem
from services.chassis.keys import needs
from services.intake import views
from services.intake.domain.attachments import Attached, Kind, Media
from services.intake.routes.answers import AttachedAnswer
from services.intake.routes.door import DoorDep, IdempotencyKey, tracked
from services.intake.routes.scopes import Scope
from services.intake.routes.uploads import MAX_FILES, add_files, form_of

router = APIRouter(tags=["attachments"])

Ref = Annotated[AttachmentRef, Path(examples=["att_0193f0a1b2c37d4e8f90a1b2c3d4e5f6"])]
_ENDINGS = {Media.JPEG: "jpg", Media.PNG: "png", Media.WEBP: "webp", Media.PDF: "pdf"}
# Written by hand, so that nobody's files are read before his tracking key is.
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "array",
                            "maxItems": MAX_FILES,
                            "items": {"type": "string", "format": "binary"},
                            "description": "JPEG, PNG, WebP or PDF of 5 MB at most",
                        },
                        "kind": {"type": "string", "enum": [kind.value for kind in Kind], "default": "photo"},
                    },
                },
                "example": {"kind": "proof_of_purchase", "file": ["(the bytes of invoice.pdf)"]},
            }
        },
    }
}
_A_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file, as a download", "content": {media.value: {} for media in Media}}
}


@router.post(
    "/v1/cases/{case_id}/attachments",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[Depends(tracked)],
    openapi_extra=_FORM,
)
async def attach(
    case_id: UUID,
    request: Request,
    response: Response,
    commands: CommandsDep,
    pool: PoolDep,
    door: DoorDep,
    idempotency_key: IdempotencyKey = None,
) -> AttachedAnswer:
    """The customer adds photos, a proof of purchase or other documents (adjuntar).

    What a file is, is told by its content. Refused (422): `file_missing`, `file_too_large`, `file_type`,
    `kind`; (409): `too_many_attachments`, `attachments_too_large`.
    """
    async with form_of(request, files=MAX_FILES) as form:
        kind = kind_of(form.get("kind", Kind.PHOTO.value))
        outcome = await add_files(commands, pool, door, case_id, form, kind, idempotency_key)
    case_clock(response, outcome)
    attached = Attached.model_validate_json(outcome.reply or "")
    clock = outcome.clock or await views.clock_of(pool, case_id)
    return AttachedAnswer(case_id=case_id, clock=clock, attachments=attached.attachments)


@router.get(
    "/v1/cases/{case_id}/attachments/{attachment_ref}",
    dependencies=[Depends(tracked)],
    response_class=Response,
    responses=_A_FILE,
)
async def read_own(case_id: UUID, attachment_ref: Ref, pool: PoolDep) -> Response:
    """A file of the case, as it came."""
    return await served(pool, attachment_ref, case_id)


@router.get(
    "/v1/vault/attachments/{attachment_ref}",
    tags=["vault"],
    dependencies=[Depends(needs(Scope.READ_TEXTS))],
    response_class=Response,
    responses=_A_FILE,
)
async def read_any(attachment_ref: Ref, pool: PoolDep) -> Response:
    """A file that an event refers to, for the colleague who has the case."""
    return await served(pool, attachment_ref, None)


def kind_of(value: object) -> Kind:
    """What the form says the files are. Raises Problem 422 `kind`."""
    try:
        return Kind(str(value))
    except ValueError:
        raise problem(422, "kind", "this is no kind of file", locations=["body.kind"]) from None


async def served(pool: PoolDep, attachment_ref: str, case_id: UUID | None) -> Response:
    """The file as a download that no browser shows or runs; the sender's name for it was never kept.

    Raises Problem 404 for one that does not exist, or is another case's than `case_id`.
    """
    found = await views.attachment(pool, attachment_ref, case_id)
    if found is None:
        raise problem(404, "unknown_attachment", "there is no such file")
    media, content = found
    return Response(
        content,
        media_type=media,
        headers={
            "Content-Disposition": f'attachment; filename="{attachment_ref}.{_ENDINGS[Media(media)]}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        },
    )
