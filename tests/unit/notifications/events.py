"""Events as notifications hears them, with what the test cares about and sensible values for the rest."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from ciclo_schemas.cases import (
    CaseHumanRequested,
    CaseInformationReceived,
    CaseOpened,
    CaseResolutionDenied,
)
from ciclo_schemas.events import Event
from ciclo_schemas.routing import (
    CaseAssigned,
    CaseClassified,
    CaseClosed,
    CaseEscalated,
    CaseHeld,
    CaseReopened,
    ClosedAs,
    InformationRequested,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
    PromiseMade,
    ResolutionProposed,
)
from ciclo_schemas.values import (
    Category,
    Channel,
    DecidedBy,
    Facts,
    Language,
    Party,
    PartyKind,
    Policy,
    RemedyKind,
    Urgency,
    WaitName,
    Window,
)
from ciclo_schemas.warranty import (
    CoverageAssessed,
    CoverageDates,
    RepairAuthorized,
    ReplacementApproved,
    ReplacementShipped,
    Withheld,
)
from services.chassis.decider import Decision, Given, Origin
from services.notifications.domain.conversation import Conversation
from services.notifications.domain.message import SendMessage
from services.notifications.handlers import CONVERSATIONS
from services.notifications.store import TABLES
from tests.support.deciders import CASE, NOW, FactsOf

CUSTOMER = "cus_" + "0" * 31 + "1"
FIRST_LINE = Party(kind=PartyKind.QUEUE, id="first_line")
AGENT = Party(kind=PartyKind.AGENT, id="P-104")
SOON = NOW + timedelta(hours=4)
LATER = NOW + timedelta(days=10)
POLICY = Policy(id="es-trlgdcu", version="2022-01-01")


def opened(**but: Any) -> CaseOpened:
    """A customer reports a fault."""
    values: dict[str, Any] = {
        "channel": Channel.WEB,
        "reported_at": NOW,
        "case_no": "C-482910-7",
        "customer_ref": CUSTOMER,
        "facts": Facts(product_unit="TV-55-0001"),
        "asked_for": RemedyKind.REPAIR,
        "language": Language.ES,
        "jurisdiction": "ES",
        "safety_flag": False,
        "text_ref": "txt_" + "a" * 32,
    }
    return CaseOpened.model_validate(values | but)


def promised(kind: PromiseKind, no: int = 1, due: datetime = SOON, owner: Party = FIRST_LINE) -> PromiseMade:
    return PromiseMade(promise_no=no, kind=kind, owner=owner, due=due)


def classified(category: Category) -> CaseClassified:
    return CaseClassified(
        category=category,
        urgency=Urgency.NORMAL,
        confidence=0.9,
        reasons=("keyword.broken",),
        classified_by=DecidedBy.RULES,
        abstained=False,
        texts_read=1,
    )


def assessed(window: Window, **but: Any) -> CoverageAssessed:
    values: dict[str, Any] = {
        "assessment_no": 1,
        "window": window,
        "basis": "legal_guarantee",
        "remedies_allowed": (RemedyKind.REPAIR, RemedyKind.REPLACEMENT),
        "dates": CoverageDates(guarantee_until=date(2028, 1, 5), trial_until=date(2026, 2, 1)),
        "policy": POLICY,
        "reasons": ("reported_in_guarantee",),
        "assessed_by": DecidedBy.RULES,
        "product_unit": "TV-55-0001",
    }
    return CoverageAssessed.model_validate(values | but)


def replacement(window: Window = Window.TRIAL) -> ReplacementApproved:
    return ReplacementApproved(
        remedy_no=1,
        product_unit="TV-55-0001",
        defect_no=1,
        assessment_no=1,
        window=window,
        policy=POLICY,
        reasons=("reported_in_trial",),
        promised_by=LATER,
    )


def repair() -> RepairAuthorized:
    return RepairAuthorized(
        remedy_no=1,
        repair_no="R-1001",
        product_unit="TV-55-0001",
        defect_no=1,
        assessment_no=1,
        service_point="SAT-MADRID-01",
        due=LATER,
        paid=False,
        policy=POLICY,
        reasons=("reported_in_guarantee",),
    )


def shipped() -> ReplacementShipped:
    return ReplacementShipped(remedy_no=1, shipment="ENV-77", shipped_at=NOW)


def asked(*missing: str) -> InformationRequested:
    return InformationRequested(missing=missing, deadline=LATER)


def proposed(no: int = 1, reason: str = "repair.completed") -> ResolutionProposed:
    return ResolutionProposed(
        proposal_no=no, reason=reason, proposed_by=Party(kind=PartyKind.SERVICE, id="routing")
    )


def held(wait: WaitName = WaitName.CUSTOMER) -> CaseHeld:
    return CaseHeld(wait=wait, owner=FIRST_LINE, deadline=LATER)


def assigned(reason: str, owner: Party = AGENT) -> CaseAssigned:
    return CaseAssigned(owner=owner, queue="first_line", reason=reason)


def denied(safety_flag: bool = False) -> CaseResolutionDenied:
    return CaseResolutionDenied(
        channel=Channel.WEB, reported_at=NOW, proposal_no=1, reason="still_broken", safety_flag=safety_flag
    )


def added(safety_flag: bool = False) -> CaseInformationReceived:
    return CaseInformationReceived(
        channel=Channel.WEB, reported_at=NOW, facts=Facts(), safety_flag=safety_flag
    )


def wants_a_person(safety_flag: bool = False) -> CaseHumanRequested:
    return CaseHumanRequested(channel=Channel.PHONE, reported_at=NOW, safety_flag=safety_flag)


def closed(closed_as: ClosedAs) -> CaseClosed:
    return CaseClosed(closed_as=closed_as, proposal_no=1, reason="customer_confirmed")


class Customer:
    """One customer's case: hears events, and keeps every message that became owed."""

    def __init__(self) -> None:
        self.state: Conversation | None = None
        self.heard = 0
        self.owed: list[SendMessage] = []

    def hears(self, *events: Event) -> list[SendMessage]:
        """The messages that these events made us owe."""
        before = len(self.owed)
        for event in events:
            decision = self.decides(event)
            self.state = decision.state
            self.owed += [effect.data for effect in decision.effects if isinstance(effect.data, SendMessage)]
        return self.owed[before:]

    def decides(self, event: Event) -> Decision[Conversation]:
        """One decision, about an event with an id of its own."""
        self.heard += 1
        given = Given(CASE, NOW, UUID(int=self.heard), Origin.EVENT, FactsOf(TABLES))
        return CONVERSATIONS.on[type(event)](self.state, event, given)


def told(messages: list[SendMessage]) -> list[str]:
    """The names of messages."""
    return [message.template.value for message in messages]


codes = st.sampled_from(("reported_in_guarantee", "reported_in_trial", "a.code.of.tomorrow"))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(2025, 1, 1), date(2030, 1, 1))
parties = st.sampled_from([Party(kind=kind, id="first_line") for kind in PartyKind] + [AGENT])
remedies = st.lists(st.sampled_from(RemedyKind), max_size=3, unique=True).map(tuple)
openings = st.builds(
    opened,
    facts=st.sampled_from((Facts(), Facts(product_unit="TV-55-0001"))),
    asked_for=st.none() | st.sampled_from(RemedyKind),
    language=st.sampled_from(Language),
    jurisdiction=st.sampled_from(("ES", "GB", "ZZ")),
    safety_flag=st.booleans(),
)
withheld = st.lists(st.builds(Withheld, remedy=st.sampled_from(RemedyKind), reason=codes), max_size=2)
anything = st.one_of(
    st.builds(promised, st.sampled_from(PromiseKind), st.integers(1, 5), moments, parties),
    st.builds(PromiseBroken, promise_no=st.integers(1, 5), kind=st.sampled_from(PromiseKind), due=moments),
    st.builds(PromiseKept, promise_no=st.integers(1, 5), kind=st.sampled_from(PromiseKind), kept_by=codes),
    st.builds(classified, st.sampled_from(Category)),
    st.builds(
        assessed,
        st.sampled_from(Window),
        dates=st.builds(CoverageDates, trial_until=st.none() | days, guarantee_until=st.none() | days),
        remedies_allowed=remedies,
        withheld=withheld.map(tuple),
        reasons=st.lists(codes, max_size=3).map(tuple),
        product_unit=st.none() | st.just("TV-55-0001"),
    ),
    st.builds(replacement, st.sampled_from((Window.TRIAL, Window.GUARANTEE))),
    st.builds(repair),
    st.builds(shipped),
    st.lists(st.sampled_from(("remedy", "purchase", "tomorrow")), max_size=3).map(lambda m: asked(*m)),
    st.builds(proposed, st.integers(1, 3), codes),
    st.builds(held, st.sampled_from((WaitName.CUSTOMER, WaitName.WORKSHOP))),
    st.builds(assigned, codes, parties),
    st.builds(denied, st.booleans()),
    st.builds(added, st.booleans()),
    st.builds(wants_a_person, st.booleans()),
    st.builds(closed, st.sampled_from(ClosedAs)),
    st.builds(CaseReopened, reason=codes, owner=parties),
    st.builds(
        CaseEscalated,
        service_point=st.just("SAT-1"),
        queue=st.just("technicians"),
        steps_tried=st.just(()),
        due=moments,
        assessment_no=st.just(1),
        remedy_no=st.just(1),
    ),
)
stories = st.tuples(openings, st.lists(anything, max_size=15))
