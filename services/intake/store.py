"""Intake's tables. Only the two of the vault hold what people wrote and how they are reached."""

from services.chassis.tables import Table
from services.intake.domain.attachments import Attachment
from services.intake.domain.records import CaseRow, Contact, TimelineEntry, VaultText

CASES = Table(
    "cases",
    CaseRow,
    key=("case_id",),
    types={
        "case_id": "uuid",
        "case_no": "text",
        "customer_ref": "text",
        "language": "text",
        "opened_at": "timestamptz",
    },
)
VAULT_TEXTS = Table(
    "vault_texts",
    VaultText,
    key=("text_ref",),
    types={"text_ref": "text", "case_id": "uuid", "text": "text", "received_at": "timestamptz"},
)
VAULT_CONTACTS = Table(
    "vault_contacts",
    Contact,
    key=("customer_ref",),
    types={"customer_ref": "text", "name": "text", "email": "text", "language": "text"},
)
TIMELINE = Table(
    "timeline",
    TimelineEntry,
    key=("event_id",),
    types={
        "event_id": "uuid",
        "case_id": "uuid",
        "at": "timestamptz",
        "source": "text",
        "sequence": "bigint",
        "type": "text",
        "data": "jsonb",
        "clock": "text",
        "traceparent": "text",
    },
)
ATTACHMENTS = Table(
    "attachments",
    Attachment,
    key=("attachment_ref",),
    types={
        "attachment_ref": "text",
        "case_id": "uuid",
        "kind": "text",
        "media": "text",
        "size": "integer",
        "received_at": "timestamptz",
    },
)
TABLES = (CASES, VAULT_TEXTS, VAULT_CONTACTS, TIMELINE, ATTACHMENTS)
