"""Whatever happens in whatever order, no customer is left without an owner and a date."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ciclo_schemas.events import Event
from ciclo_schemas.routing import (
    CaseAssigned,
    CaseClassified,
    CaseEscalated,
    CaseHandedOff,
    CaseReopened,
    ClosedAs,
    CompensationCause,
    CompensationProposed,
    ComplaintAnswered,
    ComplaintOutcome,
    InformationRequested,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    RoutingEvent,
)
from ciclo_schemas.values import Category, DecidedBy, Facts, PartyKind, RemedyKind, Window
from services.chassis.decider import CancelTimer, Decision, Message, Origin
from services.routing.domain.case import FIRST_LINE
from services.routing.domain.complaints import unsettled
from services.routing.domain.desk import AskInformation, HandOff
from services.routing.domain.first_line import (
    AcceptEscalation,
    ClassifyByAgent,
    ProposeResolution,
    RecordStep,
    Take,
)
from services.routing.domain.redress import ProposeCompensation
from services.routing.domain.rows import CaseRow, PromiseRow
from services.routing.domain.stages import Purpose
from services.routing.domain.training import ConfirmTraining
from services.routing.domain.unknown import DeclareUnknown, ResolveUnknown
from tests.support.deciders import CASE
from tests.unit.routing.happenings import BEGINNINGS as MORE_BEGINNINGS
from tests.unit.routing.happenings import HAPPENINGS
from tests.unit.routing.redressing import answer, declined, granted, objection
from tests.unit.routing.rules import CHOICES, ENDS, Rules, check_sequence
from tests.unit.routing.world import (
    HOUSE,
    Case,
    assessed,
    chosen,
    confirmed,
    denied,
    found,
    human,
    in_force_elsewhere,
    information,
    not_delivered,
    opened,
    repair_authorized,
    repair_completed,
    repair_failed,
    replacement_approved,
    replacement_delivered,
)

CATEGORIES = st.sampled_from(Category.written())
COMPLAINTS = HOUSE.charter.queues["complaints"]
PEOPLE = st.sampled_from(["agent-03", "agent-05", "agent-06", "agent-07", "agent-08", "agent-09", "agent-11"])
CAUSES = st.sampled_from(CompensationCause.written())
REASONS = st.sampled_from([("spam.advertising",), ("unclear.too_short",), ("no_power",)])
AGENTS = st.sampled_from(["agent-01", "agent-03", "agent-07"])
FACTS = st.builds(
    Facts,
    product_unit=st.sampled_from([None, "TV-0001"]),
    purchase_ref=st.sampled_from([None, "T-1"]),
    symptom_code=st.sampled_from([None, "no_power"]),
)
MISSING = st.lists(
    st.sampled_from(["product_unit", "purchase", "symptom_code", "delivered_on"]), max_size=3, unique=True
)
NUMBERS = st.integers(1, 3)

Later = Callable[["Life"], None]


class Life(Case):
    """A case with its timers, and what must hold after every decision."""

    def __init__(self) -> None:
        self.timers: dict[tuple[str, str], Any] = {}
        self.settled: set[int] = set()
        self.requested: list[str] = []
        self.answered: set[int] = set()
        self.compensated: set[tuple[str, int]] = set()
        self.handed_off = 0
        self.rules = Rules()
        super().__init__(opened())

    def hears(self, data: BaseModel, *, origin: Origin = Origin.EVENT) -> Decision[Any]:
        before = self.state
        decision = super().hears(data, origin=origin)
        if decision.refusal is None:
            self._keep_timers(decision)
            self._check_state()
            self._check_events(before, decision.events)
            check_sequence(decision.events)
            for event in decision.events if before is not None else ():
                self.rules.check(before, self.state, data, event, self.now)
            self._check_rows()
        return decision

    def lets_pass(self, hours: int) -> None:
        """Time passes, and timers fall due in their order."""
        end = self.now + timedelta(hours=hours)
        while due := sorted((t.due, key) for key, t in self.timers.items() if t.due <= end):
            moment, key = due[0]
            timer = self.timers.pop(key)
            self.at(max(moment, self.now), timer.data)
        self.now = end

    def _keep_timers(self, decision: Decision[Any]) -> None:
        for timer in decision.timers:
            if isinstance(timer, CancelTimer):
                self.timers.pop((timer.data_type.__name__, timer.key), None)
            else:
                self.timers[type(timer.data).__name__, timer.key] = timer

    def _check_state(self) -> None:
        state = self.state
        if state.is_closed:
            assert not state.promises
            assert state.wait is None
            assert not self.timers, "nothing wakes a closed case"
            return
        assert state.owner.id
        assert state.promises or state.wait, "somebody owes the customer something"
        due = {timer.due for timer in self.timers.values()}
        assert {promise.due for promise in state.promises} <= due
        if state.wait is not None:
            assert state.wait.deadline in due
        assert all(promise.due > self.now for promise in state.promises)

    def _check_events(self, before: Any, events: Sequence[Event]) -> None:
        closed = before is not None and before.is_closed
        for event in events:
            assert isinstance(event, RoutingEvent)
            if closed and isinstance(event, CaseReopened):
                closed = False
            assert not closed, "nothing is published after the end but a reopening"
            closed = isinstance(event, ENDS)
            self._check_event(before, event)
        broken = [event for event in events if isinstance(event, PromiseBroken)]
        if broken:
            names = [type(event) for event in events]
            assert CaseAssigned in names
            assert PromiseMade in names

    def _check_event(self, before: Any, event: Event) -> None:
        if isinstance(event, PromiseKept | PromiseBroken):
            assert event.promise_no not in self.settled, "a promise is settled once"
            self.settled.add(event.promise_no)
        if isinstance(event, InformationRequested):
            assert not set(event.missing) & set(before.facts), "what is known is not asked"
            asked = [code for code in event.missing if code not in CHOICES]
            assert not set(asked) & set(self.requested), "nothing is asked twice"
            self.requested += asked
        self._check_fairness(before, event)
        if isinstance(event, CaseEscalated):
            window = {one.no: one.window for one in before.assessments}[event.assessment_no]
            assert window is not Window.TRIAL or before.replaced
        if isinstance(event, CaseClassified) and event.classified_by is not DecidedBy.AGENT:
            finding = before.finding
            assert finding is None or finding.classified_by is not DecidedBy.AGENT

    def _check_fairness(self, before: Any, event: Event) -> None:
        if isinstance(event, ComplaintAnswered):
            assert event.complaint_no not in self.answered, "a complaint is answered once"
            assert event.answered_by.id not in before.people or event.answered_by.id in self.answerers(before)
            self.answered.add(event.complaint_no)
        if isinstance(event, CompensationProposed):
            cause = (event.cause.value, event.cause_no)
            assert cause not in self.compensated, "every cause is made good once"
            self.compensated.add(cause)
        if isinstance(event, CaseHandedOff):
            self.handed_off += 1
            assert event.handoff_no == self.handed_off, "hand-offs are counted"
        if isinstance(event, ENDS):
            assert not unsettled(self.state), "no end before a complaint is answered and made good"

    def answerers(self, before: Any) -> set[str]:
        """Who may answer although he had the case: it was given to him, or nobody else is left."""
        people = {*COMPLAINTS.staff, COMPLAINTS.supervisor}
        return {one.owner.id for one in self.state.complaints} | (
            set() if people - {*before.people} else people
        )

    def _check_rows(self) -> None:
        row = self.facts.one(CaseRow, case_id=CASE)
        assert row is not None
        assert (row.stage, row.owner) == (self.state.stage.value, self.state.owner.id)
        assert (row.next_due is None) == self.state.is_closed
        live = {row.promise_no for row in self.facts.find(PromiseRow, case_id=CASE, status="live")}
        assert live == {promise.no for promise in self.state.promises}


def _assess(life: Life, window: Window, missing: list[str]) -> None:
    life.hears(assessed(window, len(life.state.assessments) + 1, missing=tuple(missing)))


def _hears(event: BaseModel) -> Later:
    return lambda life: void(life.hears(event))


def _does(command: Message) -> Later:
    return lambda life: void(life.is_told(command))


def _classifies(category: Category, stale: bool, abstained: bool) -> Later:
    def classify(life: Life) -> None:
        evidence = max(1, life.state.evidence_no - stale)
        life.hears(found(category, evidence, abstained=abstained), origin=Origin.RESULT)

    return classify


def _classifies_more(category: Category, facets: tuple[str, ...], reasons: tuple[str, ...]) -> Later:
    def classify(life: Life) -> None:
        result = found(category, life.state.evidence_no, facets=facets, reasons=reasons)
        life.hears(result, origin=Origin.RESULT)

    return classify


def _with_due(make: Callable[..., BaseModel], number: int, hours: int, assessment_no: int) -> Later:
    def hear(life: Life) -> None:
        life.hears(make(number, life.now + timedelta(hours=hours), assessment_no))

    return hear


def void(_decision: Decision[Any]) -> None:
    """A step of a life returns nothing."""


STEPS: st.SearchStrategy[Later] = st.one_of(
    st.builds(_classifies, CATEGORIES, st.booleans(), st.booleans()),
    st.builds(
        lambda window, missing: lambda life: _assess(life, window, missing),
        st.sampled_from(Window.written()),
        MISSING,
    ),
    st.builds(
        lambda facts, text: _hears(information(facts, text)), FACTS, st.one_of(st.none(), st.integers(2, 9))
    ),
    st.builds(lambda number: _hears(confirmed(number)), NUMBERS),
    st.builds(lambda number: _hears(denied(number)), NUMBERS),
    st.builds(
        lambda kind, number: _hears(chosen(kind, number)), st.sampled_from(RemedyKind.written()), NUMBERS
    ),
    st.just(_hears(human())),
    st.just(_hears(not_delivered())),
    st.just(_hears(in_force_elsewhere())),
    st.just(_hears(objection(3))),
    st.builds(_classifies_more, CATEGORIES, st.sampled_from([("complaint",), ()]), REASONS),
    st.builds(
        lambda agent, outcome, number: _does(answer(outcome, agent, number)),
        PEOPLE,
        st.sampled_from(ComplaintOutcome.written()),
        st.integers(1, 2),
    ),
    st.builds(
        lambda agent, cause, number: _does(
            ProposeCompensation(agent=agent, cause=cause, cause_no=number, reason="goodwill")
        ),
        PEOPLE,
        CAUSES,
        NUMBERS,
    ),
    st.builds(lambda cause, number: _hears(granted(cause, number)), CAUSES, st.integers(1, 8)),
    st.builds(lambda cause, number: _hears(declined(cause, number)), CAUSES, st.integers(1, 8)),
    st.builds(lambda agent: _does(ConfirmTraining(agent=agent)), PEOPLE),
    st.builds(lambda agent: _does(ResolveUnknown(agent=agent, reason="maker_answered")), PEOPLE),
    st.builds(
        lambda agent, missing: _does(AskInformation(agent=agent, missing=tuple(missing))),
        PEOPLE,
        MISSING.filter(bool),
    ),
    st.builds(
        lambda agent, person: _does(HandOff(agent=agent, person=person, reason="shift_ends")), PEOPLE, PEOPLE
    ),
    st.builds(
        lambda agent, queue: _does(HandOff(agent=agent, queue=queue, reason="not_ours")),
        PEOPLE,
        st.sampled_from(["first_line", "education", "complaints"]),
    ),
    st.builds(lambda agent: _does(DeclareUnknown(agent=agent, reason="maker_asked")), PEOPLE),
    st.builds(_with_due, st.just(replacement_approved), NUMBERS, st.integers(1, 200), NUMBERS),
    st.builds(_with_due, st.just(repair_authorized), NUMBERS, st.integers(1, 200), NUMBERS),
    st.builds(lambda number: _hears(replacement_delivered(number)), NUMBERS),
    st.builds(lambda number: _hears(repair_completed(number)), NUMBERS),
    st.builds(lambda number: _hears(repair_failed(number)), NUMBERS),
    st.builds(lambda agent: _does(Take(agent=agent)), AGENTS),
    st.builds(lambda agent: _does(AcceptEscalation(agent=agent)), AGENTS),
    st.builds(lambda agent: _does(ProposeResolution(agent=agent, reason="solved")), AGENTS),
    st.builds(
        lambda agent, category: _does(ClassifyByAgent(agent=agent, category=category)), AGENTS, CATEGORIES
    ),
    st.builds(
        lambda agent, step: _does(RecordStep(agent=agent, step=step, helped=False)),
        AGENTS,
        st.sampled_from(["restart_router", "restart_device", "check_records"]),
    ),
    st.builds(lambda hours: lambda life: life.lets_pass(hours), st.sampled_from([1, 30, 90, 340])),
)


FAULT = _classifies(Category.TECHNICAL_FAULT, stale=False, abstained=False)
ONLINE = _classifies(Category.ONLINE_SUPPORT, stale=False, abstained=False)
PROPOSED = [
    ONLINE,
    _does(Take(agent="agent-03")),
    _does(ProposeResolution(agent="agent-03", reason="solved")),
]
IN_GUARANTEE: list[Later] = [FAULT, lambda life: _assess(life, Window.GUARANTEE, [])]
BEGINNINGS: list[list[Later]] = [
    [],
    [ONLINE],
    PROPOSED,
    [*PROPOSED, _hears(confirmed())],
    [_classifies_more(Category.TECHNICAL_FAULT, ("complaint",), ("no_power",))],
    [
        _classifies_more(Category.ONLINE_SUPPORT, ("complaint",), ("no_power",)),
        *PROPOSED,
        _hears(confirmed()),
    ],
    [_classifies_more(Category.COMPLAINT, (), ("no_answer",))],
    [_classifies_more(Category.SPAM_OR_UNCLEAR, (), ("spam.advertising",))],
    [_classifies_more(Category.SPAM_OR_UNCLEAR, (), ("unclear.too_short",))],
    [_classifies(Category.CARE, stale=False, abstained=True)],
    [_classifies(Category.TRAINING, stale=False, abstained=False)],
    [FAULT, lambda life: _assess(life, Window.UNKNOWN, ["product_unit", "purchase"])],
    [FAULT, lambda life: _assess(life, Window.TRIAL, []), _with_due(replacement_approved, 1, 100, 1)],
    IN_GUARANTEE,
    [*IN_GUARANTEE, _hears(chosen(RemedyKind.REPAIR)), _with_due(repair_authorized, 1, 100, 1)],
]
EVERY_BEGINNING: list[Sequence[Later]] = [*BEGINNINGS, *MORE_BEGINNINGS]
EVERY_STEP: st.SearchStrategy[Later] = st.one_of(STEPS, HAPPENINGS)
STORIES = st.tuples(st.sampled_from(EVERY_BEGINNING), st.lists(EVERY_STEP, max_size=10)).map(
    lambda two: [*two[0], *two[1]]
)


def _settles(life: Life) -> None:
    """Complaints are answered, and warranty decides about what is to be made good."""
    for complaint in life.state.complaints:
        life.is_told(answer(ComplaintOutcome.UPHELD, complaint.owner.id, complaint.no))
    for one in life.state.compensations:
        life.hears(granted(one.cause, one.cause_no))


@settings(max_examples=400)
@given(STORIES)
def test_every_open_case_has_an_owner_and_a_date_whatever_happens(story: list[Later]) -> None:
    life = Life()
    for step in story:
        step(life)


@settings(max_examples=100)
@given(STORIES)
def test_whatever_happened_the_customer_can_end_the_case_or_a_person_has_it(story: list[Later]) -> None:
    life = Life()
    for step in story:
        step(life)
    if life.state.waits_for(Purpose.CONFIRMATION) and life.state.remedy is None:
        life.hears(confirmed(life.state.proposals))
        _settles(life)
        assert life.state.closed_as is ClosedAs.CONFIRMED
        return
    life.lets_pass(24 * 30)
    settled = life.state.is_closed or (
        life.state.owner.kind is PartyKind.AGENT and life.state.queue == FIRST_LINE
    )
    assert settled
