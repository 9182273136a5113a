"""Every attribute name that Ciclo's spans carry: OpenTelemetry's (semantic conventions 1.44) and its own."""

from enum import StrEnum
from typing import Final

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.44.0"
SCOPE: Final = "ciclo"

ERROR_TYPE: Final = "error.type"

HTTP_METHOD: Final = "http.request.method"
HTTP_ROUTE: Final = "http.route"
HTTP_STATUS: Final = "http.response.status_code"
URL_PATH: Final = "url.path"
URL_SCHEME: Final = "url.scheme"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
PROTOCOL: Final = "network.protocol.name"

SYSTEM: Final = "messaging.system"
OPERATION: Final = "messaging.operation.name"
OPERATION_TYPE: Final = "messaging.operation.type"
DESTINATION: Final = "messaging.destination.name"
PARTITION: Final = "messaging.destination.partition.id"
OFFSET: Final = "messaging.kafka.offset"
GROUP: Final = "messaging.consumer.group.name"
MESSAGE_ID: Final = "messaging.message.id"
CONVERSATION: Final = "messaging.message.conversation_id"
BATCH_COUNT: Final = "messaging.batch.message_count"

DB_SYSTEM: Final = "db.system.name"
DB_NAMESPACE: Final = "db.namespace"
DB_SUMMARY: Final = "db.query.summary"
DB_STATUS: Final = "db.response.status_code"

CASE_ID: Final = "case.id"
LINK_REASON: Final = "case.link.reason"
EVENT_TYPE: Final = "ciclo.event.type"
CREATED_IDS: Final = "ciclo.created.ids"
CREATED_TYPES: Final = "ciclo.created.types"
OUTCOME: Final = "ciclo.outcome"
REFUSAL: Final = "ciclo.refusal.code"
ATTEMPT: Final = "ciclo.effect.attempt"
BATCH_SIZE: Final = "ciclo.batch.size"

OWN: Final = {
    CASE_ID: "The case that a span is about (UUID); on every span of a case.",
    LINK_REASON: "Why a span is linked to another one; see Reason.",
    EVENT_TYPE: "Type of the event that is processed: ciclo.case.opened.v1.",
    CREATED_IDS: "Ids of the events that were created here: their records and timeline name this span.",
    CREATED_TYPES: "Their types, in the same order: ciclo.promise.made.v1.",
    OUTCOME: "What became of an input: applied, refused or dead (its decision failed).",
    REFUSAL: "Code of the refusal, as the problem details of HTTP say it.",
    ATTEMPT: "Which attempt at an outside call this is, from 1.",
    BATCH_SIZE: "Inputs in one transaction.",
}
"""Ciclo's own attributes and what they mean; all others are of the semantic conventions."""


class Reason(StrEnum):
    """Why a span links to another one."""

    MESSAGE = "message"
    """The context in which the message was created."""
    PREVIOUS_LEG = "previous_leg"
    """What was done for the case before, in another trace."""
    TIMER = "timer"
    """What had set the timer."""
    FAN_OUT = "fan_out"
    """The change that concerns many aggregates."""
    EFFECT = "effect"
    """What had asked for the outside call, too long ago to be of the same leg."""
    LATE = "late"
    """The message is older than a leg may be."""
    REPLAY = "replay"
    """The message was emitted once more."""
    REDRIVE = "redrive"
    """An operator has the dead letter decided again."""
    BATCH = "batch"
    """One of the inputs that a transaction held."""
