"""The table of notifications: one row per message, without personal data."""

from services.chassis.tables import Table
from services.notifications.domain.message import CustomerMessage

MESSAGES = Table(
    "messages",
    CustomerMessage,
    key=("case_id", "cause", "template"),
    types={
        "case_id": "uuid",
        "cause": "uuid",
        "template": "text",
        "message_id": "uuid",
        "status": "text",
        "language": "text",
        "reason": "text",
        "at": "timestamptz",
    },
)
TABLES = (MESSAGES,)
