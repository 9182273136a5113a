"""What customers were told, published by notifications on `ciclo.notifications.v1`."""

from typing import ClassVar
from uuid import UUID

from ciclo_schemas.events import Event
from ciclo_schemas.values import Code, Language, Moment

TOPIC = "ciclo.notifications.v1"


class NotificationEvent(Event):
    """What became of one message to the customer; `cause` is the id of the event it tells about."""

    topic: ClassVar[str] = TOPIC
    template: Code
    cause: UUID


class NotificationSent(NotificationEvent):
    """The provider accepted the message."""

    event_type: ClassVar[str] = "ciclo.notification.sent.v1"
    language: Language
    sent_at: Moment


class NotificationFailed(NotificationEvent):
    """The message could not be sent; a person must reach the customer another way."""

    event_type: ClassVar[str] = "ciclo.notification.failed.v1"
    reason: Code
    attempts: int
