"""Photos and proofs that the customer adds (adjuntos): what may be kept, and what is published about it.

The bytes go to the vault at the door, before the decision; what was decided is a row here and a reference in
case.information_received. Bytes without a row belong to nobody and are swept.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, Field

from ciclo_schemas.cases import CaseInformationReceived
from ciclo_schemas.values import AttachmentRef, Channel, Facts
from services.chassis.decider import Decision, Given, Message
from services.intake.domain.case import CaseState, refused, unknown_case

MAX_BYTES = 5 * 1024 * 1024
MAX_PER_CASE = 10
MAX_BYTES_PER_CASE = 25 * 1024 * 1024


class Media(StrEnum):
    """The kinds of files that are kept, told by their first bytes."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"


class Kind(StrEnum):
    """What the customer says that a file is."""

    PHOTO = "photo"
    PROOF_OF_PURCHASE = "proof_of_purchase"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a case; its bytes are in the vault under the same reference. `size` is in bytes."""

    attachment_ref: str
    case_id: UUID
    kind: str
    media: str
    size: int
    received_at: datetime


class File(Message):
    """A file as the door kept it; `size` in bytes."""

    attachment_ref: AttachmentRef
    media: Media
    size: int = Field(ge=1, le=MAX_BYTES)


class Attach(Message):
    """The customer adds files of one kind."""

    files: tuple[File, ...] = Field(min_length=1, max_length=MAX_PER_CASE)
    kind: Kind
    channel: Channel = Channel.WEB


class Attached(BaseModel):
    """The reply: how events name the files."""

    case_id: UUID
    attachments: tuple[str, ...]


def media_of(content: bytes) -> Media | None:
    """What a file is, by its first bytes; names and announced types are not believed."""
    if content.startswith(b"\xff\xd8\xff"):
        return Media.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Media.PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return Media.WEBP
    return Media.PDF if content.startswith(b"%PDF-") else None


def attach(state: CaseState | None, command: Attach, given: Given) -> Decision[CaseState]:
    """Publish case.information_received with the files; the first proof of purchase becomes a fact.

    Refused (409): `too_many_attachments`, `attachments_too_large` (more than the case may hold).
    """
    if state is None:
        return unknown_case()
    kept = given.facts.find(Attachment, case_id=given.subject)
    if len(kept) + len(command.files) > MAX_PER_CASE:
        detail = f"a case holds {MAX_PER_CASE} files at most"
        return refused(state, "too_many_attachments", detail, "file")
    if sum(row.size for row in kept) + sum(file.size for file in command.files) > MAX_BYTES_PER_CASE:
        detail = f"the files of a case hold {MAX_BYTES_PER_CASE} bytes at most"
        return refused(state, "attachments_too_large", detail, "file")
    refs = tuple(file.attachment_ref for file in command.files)
    proof = refs[0] if command.kind is Kind.PROOF_OF_PURCHASE else None
    received = CaseInformationReceived(
        channel=command.channel,
        reported_at=given.now,
        facts=Facts(proof_ref=proof),
        safety_flag=False,
        attachments=refs,
    )
    rows = tuple(_row(file, command.kind, given) for file in command.files)
    reply = Attached(case_id=given.subject, attachments=refs)
    return Decision(state, events=(received,), rows=rows, reply=reply)


def _row(file: File, kind: Kind, given: Given) -> Attachment:
    return Attachment(file.attachment_ref, given.subject, kind.value, file.media.value, file.size, given.now)
