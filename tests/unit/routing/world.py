"""A small world to tell stories in: one customer, one house, the events of the other services."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from ciclo_schemas.cases import (
    CaseHumanRequested,
    CaseInformationReceived,
    CaseOpened,
    CaseRemedyChosen,
    CaseResolutionConfirmed,
    CaseResolutionDenied,
)
from ciclo_schemas.events import Event
from ciclo_schemas.notifications import NotificationFailed
from ciclo_schemas.values import (
    Category,
    Channel,
    DecidedBy,
    Facts,
    Language,
    Policy,
    RemedyKind,
    Urgency,
    Window,
)
from ciclo_schemas.warranty import (
    CoverageAssessed,
    CoverageDates,
    RemedyAlreadyInForce,
    RepairAuthorized,
    RepairCompleted,
    RepairFailed,
    ReplacementApproved,
    ReplacementDelivered,
)
from services.chassis.decider import Decision, Message, Origin
from services.routing.domain.charter import House
from services.routing.domain.classification import Classified, Classify
from services.routing.handlers import decider
from services.routing.settings import HERE, read_charter, read_playbooks
from services.routing.store import TABLES
from tests.support.deciders import CASE, NOW, FactsOf, Story

HOUSE = House(read_charter(HERE / "charter.yaml"), read_playbooks(HERE / "playbooks.yaml"))
DECIDER = decider(HOUSE)
POLICY = Policy(id="es-consumer", version="2022.1")
OTHER_CASE = UUID("01930000-0000-7000-8000-000000000002")
WORKSHOP = "sat-madrid"
TV = "TV-0001"


def text_ref(number: int) -> str:
    """The reference of the customer's nth text."""
    return f"txt_{number:032x}"


def opened(
    facts: Facts | None = None, asked_for: RemedyKind | None = None, safety: bool = False
) -> CaseOpened:
    return CaseOpened(
        channel=Channel.WEB,
        reported_at=NOW,
        case_no="C-0001-X",
        customer_ref="cus_" + "a" * 32,
        facts=facts or Facts(),
        asked_for=asked_for,
        language=Language.ES,
        jurisdiction="ES",
        safety_flag=safety,
        text_ref=text_ref(1),
    )


def information(
    facts: Facts | None = None, text: int | None = None, safety: bool = False
) -> CaseInformationReceived:
    return CaseInformationReceived(
        channel=Channel.WEB,
        reported_at=NOW,
        facts=facts or Facts(),
        safety_flag=safety,
        text_ref=None if text is None else text_ref(text),
    )


def chosen(remedy: RemedyKind, assessment_no: int = 1) -> CaseRemedyChosen:
    return CaseRemedyChosen(channel=Channel.WEB, reported_at=NOW, remedy=remedy, assessment_no=assessment_no)


def human() -> CaseHumanRequested:
    return CaseHumanRequested(channel=Channel.PHONE, reported_at=NOW)


def confirmed(proposal_no: int = 1) -> CaseResolutionConfirmed:
    return CaseResolutionConfirmed(channel=Channel.WEB, reported_at=NOW, proposal_no=proposal_no)


def denied(proposal_no: int = 1) -> CaseResolutionDenied:
    return CaseResolutionDenied(
        channel=Channel.WEB,
        reported_at=NOW,
        proposal_no=proposal_no,
        reason="still_broken",
        safety_flag=False,
    )


def found(
    category: Category,
    evidence_no: int = 1,
    *,
    abstained: bool = False,
    reasons: tuple[str, ...] = ("no_power",),
    facets: tuple[str, ...] = (),
) -> Classified:
    """What the classifier answers."""
    return Classified(
        category=category,
        facets=facets,
        urgency=Urgency.NORMAL,
        confidence=0.2 if abstained else 0.8,
        reasons=reasons,
        classified_by=DecidedBy.RULES,
        abstained=abstained,
        texts_read=evidence_no,
        evidence_no=evidence_no,
    )


def assessed(
    window: Window,
    number: int = 1,
    *,
    missing: tuple[str, ...] = (),
    allowed: tuple[RemedyKind, ...] | None = None,
    reasons: tuple[str, ...] = ("reported",),
) -> CoverageAssessed:
    usual = {
        Window.TRIAL: (RemedyKind.REPLACEMENT,),
        Window.GUARANTEE: (RemedyKind.REPAIR, RemedyKind.REPLACEMENT),
    }
    return CoverageAssessed(
        assessment_no=number,
        window=window,
        basis="es.guarantee",
        remedies_allowed=usual.get(window, ()) if allowed is None else allowed,
        dates=CoverageDates(),
        policy=POLICY,
        reasons=reasons,
        missing=missing,
        assessed_by=DecidedBy.RULES,
    )


def replacement_approved(
    remedy_no: int = 1, by: datetime = NOW + timedelta(days=5), assessment_no: int = 1
) -> ReplacementApproved:
    return ReplacementApproved(
        remedy_no=remedy_no,
        product_unit=TV,
        defect_no=1,
        assessment_no=assessment_no,
        window=Window.TRIAL,
        policy=POLICY,
        reasons=("reported_in_trial",),
        promised_by=by,
    )


def replacement_delivered(remedy_no: int = 1) -> ReplacementDelivered:
    return ReplacementDelivered(remedy_no=remedy_no, shipment="SHIP-1", delivered_at=NOW)


def repair_authorized(
    remedy_no: int = 1, due: datetime = NOW + timedelta(days=15), assessment_no: int = 1
) -> RepairAuthorized:
    return RepairAuthorized(
        remedy_no=remedy_no,
        repair_no=f"REP-{remedy_no}",
        product_unit=TV,
        defect_no=1,
        assessment_no=assessment_no,
        service_point=WORKSHOP,
        due=due,
        paid=False,
        policy=POLICY,
        reasons=("chosen_by_customer",),
    )


def repair_completed(remedy_no: int = 1) -> RepairCompleted:
    return RepairCompleted(
        remedy_no=remedy_no,
        repair_no=f"REP-{remedy_no}",
        completed_at=NOW,
        work=("board_changed",),
        repair_guarantee_until=date(2027, 11, 21),
    )


def repair_failed(remedy_no: int = 1) -> RepairFailed:
    return RepairFailed(remedy_no=remedy_no, repair_no=f"REP-{remedy_no}", failed_at=NOW, reason="no_part")


def in_force_elsewhere() -> RemedyAlreadyInForce:
    return RemedyAlreadyInForce(product_unit=TV, defect_no=1, case=OTHER_CASE, remedy_no=1)


def not_delivered() -> NotificationFailed:
    return NotificationFailed(template="question", cause=UUID(int=7), reason="mailbox_unknown", attempts=8)


class Case(Story):
    """One case at routing, living through inputs."""

    def __init__(self, opening: CaseOpened | None = None) -> None:
        super().__init__(DECIDER, FactsOf(TABLES), subject=CASE)
        self.first = self.hears(opening or opened())

    def is_found(self, category: Category, **more: Any) -> Decision[Any]:
        """The classifier answers about all evidence so far."""
        result = found(category, self.state.evidence_no, **more)
        return self.hears(result, origin=Origin.RESULT)

    def is_told(self, command: Message) -> Decision[Any]:
        """Somebody of the house does something."""
        return self.hears(command, origin=Origin.COMMAND)

    def at(self, moment: datetime, timer: Message) -> Decision[Any]:
        """A timer falls due."""
        self.now = moment
        return self.hears(timer, origin=Origin.TIMER)

    def last(self, kind: type[Event]) -> Any:
        """The latest event of a kind."""
        return next(event for event in reversed(self.published) if isinstance(event, kind))

    def count(self, kind: type[Event]) -> int:
        """How often an event was published."""
        return sum(isinstance(event, kind) for event in self.published)


def calls(decision: Decision[Any]) -> list[Classify]:
    """The classifications a decision asks for."""
    return [effect.data for effect in decision.effects if isinstance(effect.data, Classify)]


def utc(text: str) -> datetime:
    """A moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
