"""What notifications counts: what became of the messages to customers."""

from typing import Final

from ciclo_schemas.notifications import (
    NotificationDelivered,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)
from services.chassis.definition import Measures
from services.chassis.meters import Label, counter

MESSAGES = counter(
    "ciclo_notifications",
    "Messages to customers: sent, and what was heard of them; suppressed: the contact data were erased",
    Label("outcome", ("sent", "delivered", "failed", "suppressed")),
    unit="messages",
)

MEASURES: Final = Measures(
    counts={
        NotificationSent: lambda _: MESSAGES.at("sent").inc(),
        NotificationDelivered: lambda _: MESSAGES.at("delivered").inc(),
        NotificationFailed: lambda _: MESSAGES.at("failed").inc(),
        NotificationSuppressed: lambda _: MESSAGES.at("suppressed").inc(),
    }
)
