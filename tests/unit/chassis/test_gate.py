"""Whatever the order of arrival, everything is decided once, in the order of its causes."""

from dataclasses import dataclass, field
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from services.chassis.decider import Origin
from services.chassis.gate import Queue, Verdict, Watermarks, dominates, judge
from services.chassis.inputs import Input

SUBJECT = UUID("01930000-0000-7000-8000-000000000001")
READS = frozenset({"intake", "routing", "notifications"})
SOURCES = ["intake", "routing", "notifications@2"]
WAITING = {Verdict.GAP, Verdict.CLOCK}


def event(source: str, sequence: int, clock: dict[str, int] | None = None, name: str = "") -> Input:
    return Input(
        subject=SUBJECT,
        origin=Origin.EVENT,
        type="",
        id=uuid5(SUBJECT, f"{source}/{sequence}{name}"),
        data=None,
        raw="",
        source=source,
        sequence=sequence,
        clock=clock or {},
    )


@dataclass
class Case:
    """The smallest engine: applies, parks, drops, and tries what is parked after every application."""

    watermarks: Watermarks = field(default_factory=dict)
    parked: list[Input] = field(default_factory=list)
    applied: list[Input] = field(default_factory=list)

    def arrives(self, one: Input) -> Verdict:
        waiting = {(p.source or "", p.sequence or 0) for p in self.parked}
        verdict = judge(one, self.watermarks, Queue(waiting), READS)
        if verdict is Verdict.APPLY:
            self.apply(one)
        elif verdict in WAITING:
            self.parked.append(one)
        return verdict

    def apply(self, one: Input) -> None:
        self.applied.append(one)
        self.watermarks[one.source or ""] = (one.sequence or 0, str(one.id))
        for parked in list(self.parked):
            if parked in self.parked and judge(parked, self.watermarks, Queue(), READS) is Verdict.APPLY:
                self.parked.remove(parked)
                self.apply(parked)


@st.composite
def histories(draw: st.DrawFn) -> list[Input]:
    """Events as they may come to be: each knows what its writer had applied, unread services included."""
    counts = dict.fromkeys([*SOURCES, "warranty"], 0)
    events = []
    for source in draw(st.lists(st.sampled_from([*SOURCES, "warranty"]), min_size=1, max_size=14)):
        counts[source] += 1
        clock = {
            other: draw(st.integers(1, counts[other]))
            for other in counts
            if other != source and counts[other]
        }
        if source != "warranty":
            events.append(event(source, counts[source], clock))
    return events


@given(history=histories(), data=st.data())
def test_any_order_and_any_repetition_ends_with_everything_applied_once_after_its_causes(
    history: list[Input], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(history), max_size=10)) if history else []
    case = Case()
    for one in data.draw(st.permutations([*history, *again])):
        assert case.arrives(one) is not Verdict.FORK
    assert case.parked == []
    assert sorted(map(str, (one.id for one in case.applied))) == sorted(str(one.id) for one in history)
    seen: dict[str, int] = {}
    for one in case.applied:
        assert one.source is not None
        assert one.sequence == seen.get(one.source, 0) + 1
        assert all(seen.get(source, 0) >= n for source, n in one.clock.items() if source in SOURCES)
        seen[one.source] = one.sequence


@given(history=histories(), data=st.data())
def test_while_one_event_is_missing_nothing_that_rests_on_it_is_decided(
    history: list[Input], data: st.DataObject
) -> None:
    if not history:
        return
    missing = data.draw(st.sampled_from(history))
    case = Case()
    for one in data.draw(st.permutations([one for one in history if one is not missing])):
        case.arrives(one)
    assert missing.source is not None
    assert missing.sequence is not None
    for one in case.applied:
        assert one.clock.get(missing.source, 0) < missing.sequence
        assert one.source != missing.source or (one.sequence or 0) < missing.sequence
    case.arrives(missing)
    assert len(case.applied) == len(history)


def test_the_last_sequence_with_another_id_is_a_fork_an_older_one_a_duplicate() -> None:
    marks: Watermarks = {"intake": (2, str(event("intake", 2).id))}
    assert judge(event("intake", 2), marks, Queue(), READS) is Verdict.DUPLICATE
    assert judge(event("intake", 2, name="other"), marks, Queue(), READS) is Verdict.FORK
    assert judge(event("intake", 1, name="other"), marks, Queue(), READS) is Verdict.DUPLICATE


def test_behind_a_dead_letter_events_wait_in_line_and_commands_go_on() -> None:
    queue = Queue(blocked=True)
    second = event("routing", 1)
    assert judge(second, {}, queue, READS) is Verdict.BLOCKED
    redriven = Input(SUBJECT, Origin.EVENT, "", second.id, None, "", blocked_by_dead=False)
    assert judge(redriven, {}, queue, READS) is Verdict.APPLY
    for origin in (Origin.COMMAND, Origin.TIMER, Origin.RESULT, Origin.INTERNAL):
        assert judge(Input(SUBJECT, origin, "", second.id, None, ""), {}, queue, READS) is Verdict.APPLY


def test_behind_a_deferred_input_events_wait_for_their_turn() -> None:
    assert judge(event("intake", 1), {}, Queue(deferred=True), READS) is Verdict.DEFERRED


def test_a_clock_asks_only_for_what_this_service_reads_and_each_epoch_counts_for_itself() -> None:
    assert dominates({}, {"warranty": 9}, READS)
    assert dominates({"intake": (3, "")}, {"intake": 3}, READS)
    assert not dominates({"intake": (2, "")}, {"intake": 3}, READS)
    assert not dominates({"intake": (9, "")}, {"intake@2": 1}, READS)
