"""What customers were told, published by notifications on `ciclo.notifications.v1`."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from ciclo_schemas.events import Event
from ciclo_schemas.values import Code, Language, Moment

TOPIC = "ciclo.notifications.v1"


class NotificationEvent(Event):
    """What became of one message to the customer; `cause` is the id of the event it tells about."""

    topic: ClassVar[str] = TOPIC
    template: Code
    """Which message: receipt, decision, question, closing."""
    cause: UUID
    """Id of the event that the message tells about."""


class NotificationSent(NotificationEvent):
    """The provider accepted the message."""

    event_type: ClassVar[str] = "ciclo.notification.sent.v1"
    language: Language
    """Language of the message."""
    sent_at: Moment
    """When the provider accepted it."""


class NotificationFailed(NotificationEvent):
    """The message could not be sent; a person must reach the customer another way."""

    event_type: ClassVar[str] = "ciclo.notification.failed.v1"
    reason: Code
    """Why it was given up."""
    attempts: int = Field(ge=0, le=1_000_000)
    """How often it was tried; 0 when there was nothing to try, such as no address."""


class NotificationDelivered(NotificationEvent):
    """The provider reports that the message reached the customer's mailbox."""

    event_type: ClassVar[str] = "ciclo.notification.delivered.v1"
    delivered_at: Moment
    """When."""


class NotificationSuppressed(NotificationEvent):
    """The message was not sent on purpose."""

    event_type: ClassVar[str] = "ciclo.notification.suppressed.v1"
    reason: Code
    """Why: the customer's contact data were erased."""


class SurveySent(NotificationEvent):
    """The customer was asked how the service was, after the end."""

    event_type: ClassVar[str] = "ciclo.survey.sent.v1"
    sent_at: Moment
    """When the provider accepted it."""
