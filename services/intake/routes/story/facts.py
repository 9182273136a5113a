"""What the story tells of an event: codes, dates, owners. Never what says who the customer is."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from ciclo_schemas.events import Event
from ciclo_schemas.values import Language, Money, Party, Policy
from services.intake.domain.sentences import spoken
from services.intake.routes.story.words import moment_of

_SHOWN = (
    *("category", "facets", "urgency", "classified_by", "abstained", "safety_flag", "asked_for", "remedy"),
    *("owner", "by", "to", "queue", "playbook", "service_point", "steps_tried", "handoff_no"),
    *("wait", "about", "n", "missing", "deadline", "next_update_at", "objection_until"),
    *("promise_no", "kind", "kept_by", "was_due", "due", "promised_by", "valid_until"),
    *("complaint_no", "profile", "ack_due", "answer_due", "outcome", "answered_by", "cause", "cause_no"),
    *("window", "basis", "remedies_allowed", "assessment_no", "remedy_no", "accepted", "price", "amount"),
    *(
        "taken_back",
        "closed_as",
        "proposal_no",
        "score",
        "template",
        "attempts",
        "advice",
        "reason",
        "reasons",
    ),
    *("at", "policy", "channel", "work"),
)
"""The fields that are told, in this order; a new field is not until it stands here."""
_SPOKEN_IF_FALSE = frozenset({"accepted"})


def facts_of(event: Event | None, language: Language) -> list[tuple[str, str]]:
    """Name and value of what is told of an event; of one that this release does not know, nothing."""
    found = ((name, getattr(event, name, None)) for name in _SHOWN)
    told = ((name, _told(name, value, language)) for name, value in found)
    return [(name.replace("_", " "), text) for name, text in told if text]


def _told(name: str, value: Any, language: Language) -> str:
    match value:
        case bool():
            return str(value).lower() if value or name in _SPOKEN_IF_FALSE else ""
        case datetime():
            return moment_of(value, language)
        case date() | Money():
            return spoken(value, language)
        case Party():
            return value.id
        case Policy():
            return f"{value.id} {value.version}"
        case tuple():
            return ", ".join(str(one) for one in value)
        case StrEnum() | str() | int():
            return str(value)
    return ""
