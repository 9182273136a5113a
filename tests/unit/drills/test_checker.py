"""The checker of the drills finds every kind of anomaly, and nothing in a history that is right."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.drills.checker import Anomaly, check
from tests.drills.records import Applied, Emitted, History, Owed, Place, Request, Seen

CASE = "case-1"
READERS = {
    "ciclo.cases.v1": frozenset({"routing"}),
    "ciclo.routing.v1": frozenset({"intake"}),
    "ciclo.warranty.v1": frozenset({"intake", "routing"}),
}
TOPIC_OF = {"intake": "ciclo.cases.v1", "routing": "ciclo.routing.v1", "warranty": "ciclo.warranty.v1"}


def emitted(source: str, sequence: int, name: str = "case.held", *, order: int = 0, tx: int = 0) -> Emitted:
    return Emitted(
        order=order or sequence,
        at=0.0,
        service=source,
        subject=CASE,
        source=source,
        sequence=sequence,
        event=f"{source}-{sequence}",
        cause=f"cause-{source}-{sequence}",
        type=f"ciclo.{name}.v1",
        topic=TOPIC_OF[source],
        tx=tx or sequence,
    )


def seen(one: Emitted, *, offset: int = 0, clock: dict[str, int] | None = None, window: str = "") -> Seen:
    return Seen(
        one.topic,
        0,
        offset or one.sequence,
        one.source,
        one.subject,
        one.sequence,
        one.event,
        one.type,
        clock or {},
        window,
    )


def applied(service: str, source: str, low: int, high: int, *, order: int, tx: int = 0) -> Applied:
    return Applied(order, 0.0, service, CASE, source, low, high, tx or order)


def good() -> History:
    """A customer opens a case and adds something; routing answers both; intake hears of it."""
    events = [
        emitted("intake", 1, "case.opened"),
        emitted("intake", 2, "case.information_received"),
        emitted("routing", 1, "case.classified"),
        emitted("routing", 2, "case.assigned"),
    ]
    clocks = [{}, {}, {"intake": 1}, {"intake": 2}]
    return History(
        READERS,
        emitted=events,
        seen=[seen(one, clock=clock) for one, clock in zip(events, clocks, strict=True)],
        applied=[
            applied("routing", "intake", 0, 1, order=10),
            applied("routing", "intake", 1, 2, order=11),
            applied("intake", "routing", 0, 2, order=12),
        ],
        owed=[Owed("routing", CASE, "ReadText", "cause-intake-1", "")],
        requests=[Request("key-1", "POST /v1/cases", 0.0, 0.0, 1.0, CASE)],
        places=[Place(CASE, is_terminal=False, is_waiting=True, is_held=False)],
        expected={CASE: {"case.opened": 1, "case.closed": 0}},
        arrived=1,
        told=1,
    )


def found(history: History) -> dict[Anomaly, int]:
    return dict(check(history).counts)


def test_a_right_history_is_right() -> None:
    assert check(good()).is_clean


def test_the_same_event_twice_on_its_topic_is_no_anomaly() -> None:
    history = good()
    history.seen += [replace(one, offset=one.offset + 10) for one in history.seen]
    assert check(history).is_clean


def test_an_answer_without_a_record_is_lost() -> None:
    history = good()
    history.requests.append(Request("key-2", "POST /v1/cases", 0.0, 0.0, 1.0, "case-2"))
    assert found(history) == {Anomaly.LOST: 1}


def test_one_request_answered_with_two_cases_is_doubled() -> None:
    history = good()
    other = replace(history.emitted[0], subject="case-2", event="other", cause="other")
    history.emitted.append(other)
    history.seen.append(replace(seen(other), offset=9))
    history.applied.append(replace(applied("routing", "intake", 0, 1, order=20), subject="case-2"))
    history.requests.append(Request("key-1", "POST /v1/cases", 0.0, 0.0, 1.0, "case-2"))
    assert found(history) == {Anomaly.DUPLICATE: 1}


def test_an_event_that_is_on_no_topic_is_lost_and_its_followers_are_out_of_order() -> None:
    history = good()
    del history.seen[0]
    assert found(history) == {Anomaly.LOST: 1, Anomaly.NONMONOTONIC: 1}


def test_an_event_on_a_topic_that_nobody_recorded_is_lost() -> None:
    history = good()
    history.seen.append(seen(emitted("routing", 3)))
    assert found(history) == {Anomaly.LOST: 1}


def test_events_that_change_places_on_their_topic_are_nonmonotonic() -> None:
    history = good()
    first, second = history.seen[0], history.seen[1]
    history.seen[:2] = [replace(first, offset=second.offset), replace(second, offset=first.offset)]
    assert found(history) == {Anomaly.NONMONOTONIC: 1}


def test_two_events_with_one_sequence_are_doubled() -> None:
    history = good()
    fork = replace(history.emitted[1], event="fork", cause="fork", order=3)
    history.emitted.append(fork)
    history.seen.append(replace(seen(fork), offset=9))
    assert found(history) == {Anomaly.DUPLICATE: 1, Anomaly.NONMONOTONIC: 1}


def test_an_input_that_led_to_events_in_two_transactions_is_doubled_whatever_the_watermark_says() -> None:
    history = good()
    history.emitted[3] = replace(history.emitted[3], cause=history.emitted[2].cause)
    assert found(history) == {Anomaly.DUPLICATE: 1}


def test_an_event_that_a_reader_has_not_applied_is_unseen() -> None:
    history = good()
    del history.applied[1]
    assert found(history) == {Anomaly.UNSEEN: 1}


def test_a_watermark_that_jumps_is_nonmonotonic() -> None:
    history = good()
    history.applied[1] = applied("routing", "intake", 0, 2, order=11)
    assert found(history) == {Anomaly.NONMONOTONIC: 1}


def test_a_watermark_that_goes_back_has_been_applied_twice() -> None:
    history = good()
    history.applied.append(applied("intake", "routing", 1, 2, order=13))
    assert found(history) == {Anomaly.DUPLICATE: 1}


def test_an_event_applied_before_its_cause_is_nonmonotonic() -> None:
    history = good()
    event = emitted("warranty", 1, "coverage.assessed")
    history.emitted.append(event)
    history.seen.append(seen(event, clock={"routing": 2}))
    history.applied += [
        applied("intake", "warranty", 0, 1, order=11),  # before it heard routing, at 12
        applied("routing", "warranty", 0, 1, order=13),
    ]
    assert found(history) == {Anomaly.NONMONOTONIC: 1}
    history.applied[2] = replace(history.applied[2], tx=11, order=12)
    assert check(history).is_clean, "in one transaction with its cause"


def test_a_call_owed_twice_is_doubled() -> None:
    history = good()
    history.owed *= 2
    assert found(history) == {Anomaly.DUPLICATE: 1}


@pytest.mark.parametrize(("wanted", "anomaly"), [(0, Anomaly.DUPLICATE), (2, Anomaly.LOST)])
def test_what_happened_more_or_less_often_than_planned_is_found(wanted: int, anomaly: Anomaly) -> None:
    history = good()
    history.expected[CASE] = {"case.opened": wanted}
    assert found(history) == {anomaly: 1}


@pytest.mark.parametrize(
    ("terminal", "waiting", "held", "conserved"),
    [
        (True, False, False, True),
        (False, True, False, True),
        (False, False, True, True),
        (False, True, True, True),
        (False, False, False, False),
        (True, True, False, False),
        (True, False, True, False),
    ],
)
def test_a_case_is_in_exactly_one_place(terminal: bool, waiting: bool, held: bool, conserved: bool) -> None:
    history = good()
    history.places = [Place(CASE, terminal, waiting, held)]
    assert found(history) == ({} if conserved else {Anomaly.CONSERVATION: 1})


@pytest.mark.parametrize(("arrived", "anomaly"), [(0, Anomaly.LOST), (2, Anomaly.UNSEEN)])
def test_mails_that_are_missing_or_not_accounted_for_are_found(arrived: int, anomaly: Anomaly) -> None:
    history = good()
    history.arrived = arrived
    assert found(history) == {anomaly: 1}


@pytest.mark.parametrize(
    ("window", "approved", "broken"),
    [("trial", False, True), ("trial", True, False), ("guarantee", False, False)],
)
def test_an_escalation_in_the_trial_period_comes_after_the_replacement(
    window: str, approved: bool, broken: bool
) -> None:
    history = good()
    names = ["coverage.assessed", "replacement.approved"] if approved else ["coverage.assessed"]
    events = [emitted("warranty", number, name) for number, name in enumerate(names, 1)]
    last = emitted("routing", 3, "case.escalated")
    history.emitted += [*events, last]
    history.seen += [
        *(seen(one, window=window if one.name == "coverage.assessed" else "") for one in events),
        seen(last, clock={"warranty": len(events)}),
    ]
    history.applied += [
        applied("routing", "warranty", 0, len(events), order=20),
        applied("intake", "warranty", 0, len(events), order=20),
        applied("intake", "routing", 2, 3, order=21),
    ]
    assert found(history) == ({Anomaly.INVARIANT: 1} if broken else {})


def test_what_the_databases_show_to_be_broken_is_told() -> None:
    history = good()
    history.broken = ["two remedies"]
    judgement = check(history)
    assert judgement.examples == {Anomaly.INVARIANT: ["two remedies"]}
    assert not judgement.may_pass


@given(st.data())
def test_whatever_is_taken_away_or_doubled_is_found(data: st.DataObject) -> None:
    """No record of a right history can be lost, no step be repeated, without an anomaly."""
    history = good()
    kind = data.draw(st.sampled_from(["emitted", "seen", "applied"]))
    rows = getattr(history, kind)
    index = data.draw(st.integers(0, len(rows) - 1))
    if kind != "seen" and data.draw(st.booleans()):
        rows.append(replace(rows[index], order=100, tx=100))
    else:
        del rows[index]
    assert not check(history).is_clean
