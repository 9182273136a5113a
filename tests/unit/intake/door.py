"""What tests of intake begin with: a case told by Story, and the events others publish about it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from ciclo_schemas.events import Event
from ciclo_schemas.routing import ResolutionProposed
from ciclo_schemas.values import (
    Channel,
    DecidedBy,
    Facts,
    Language,
    Party,
    PartyKind,
    RemedyKind,
    Window,
)
from ciclo_schemas.warranty import CoverageAssessed, CoverageDates
from services.intake.domain.opening import OpenCase, Person
from services.intake.domain.reference import case_no_of
from services.intake.domain.timeline import Happened
from services.intake.domain.words import Words
from services.intake.handlers import CASES
from services.intake.store import TABLES
from tests.support.deciders import CASE, FactsOf, Story

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CUSTOMER = "cus_" + "1" * 32
QUEUE = Party(kind=PartyKind.QUEUE, id="first_line")


def text_ref(number: int) -> str:
    return f"txt_{number:032x}"


def words(text: str, number: int = 2) -> Words:
    return Words(text_ref=text_ref(number), text=text)


def report(text: str = "La freidora no calienta", **but: Any) -> OpenCase:
    given: dict[str, Any] = {
        "case_no": case_no_of(CASE),
        "customer_ref": CUSTOMER,
        "person": Person(name="Marta Ibáñez", email="marta@example.com"),
        "text_ref": text_ref(1),
        "text": text,
        "facts": Facts(product_unit="FR-2040-118"),
        "asked_for": None,
        "channel": Channel.WEB,
        "language": Language.ES,
        "jurisdiction": "ES",
    }
    return OpenCase(**(given | but))


def new_story() -> Story:
    return Story(CASES, FactsOf(TABLES))


def open_story() -> Story:
    story = new_story()
    assert story.hears(report()).refusal is None
    return story


def assessed(
    assessment_no: int, *remedies: RemedyKind, window: Window = Window.GUARANTEE
) -> CoverageAssessed:
    return CoverageAssessed(
        assessment_no=assessment_no,
        window=window,
        basis="statute",
        remedies_allowed=remedies,
        dates=CoverageDates(),
        reasons=("within_guarantee",),
        assessed_by=DecidedBy.RULES,
    )


def proposed(proposal_no: int) -> ResolutionProposed:
    return ResolutionProposed(proposal_no=proposal_no, reason="repair_completed", proposed_by=QUEUE)


def happened(*events: Event) -> list[Happened]:
    """A timeline of these events, a minute apart."""
    return [
        Happened(
            UUID(int=number),
            NOON + timedelta(minutes=number),
            "routing",
            number,
            event,
            event.event_type,
            NOON + timedelta(minutes=number),
        )
        for number, event in enumerate(events, start=1)
    ]
