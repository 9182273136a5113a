"""What heads say when they are laid side by side."""

from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.chassis.heads import CloseHead, Head
from services.chassis.reconcile.judging import (
    Ahead,
    Service,
    Suspicion,
    is_unsent,
    still_missing,
    suspicions,
    topics_of,
)

CASE = UUID(int=7)
INTAKE = Service.of("intake", "intake", ["ciclo.warranty.v1"])
WARRANTY = Service.of("warranty", "warranty@2", ["ciclo.cases.v1"])
NOTIFICATIONS = Service.of("notifications", "notifications", [])


def head(emitted: dict[str, int], applied: dict[str, int]) -> Head:
    return Head(subject=CASE, emitted=emitted, applied=applied)


def test_only_who_reads_a_source_is_suspected_and_epochs_count_apart() -> None:
    heads = {
        "intake": head({"intake": 3}, {"warranty": 5}),
        "warranty": head({"warranty": 5, "warranty@2": 1}, {"intake": 3}),
    }
    found = list(suspicions(CASE, heads, [INTAKE, WARRANTY, NOTIFICATIONS]))
    assert found == [Suspicion(CASE, "warranty@2", "intake", 0, 1)]


def test_a_service_that_never_heard_of_a_case_lacks_all_of_it() -> None:
    found = list(suspicions(CASE, {"intake": head({"intake": 3}, {})}, [INTAKE, WARRANTY]))
    assert found == [Suspicion(CASE, "intake", "warranty", 0, 3)]


def test_a_reader_ahead_accuses_the_present_epoch_of_its_source_alone() -> None:
    heads = {"intake": head({}, {"warranty": 9, "warranty@2": 2}), "warranty": head({"warranty": 5}, {})}
    assert list(suspicions(CASE, heads, [INTAKE, WARRANTY])) == [Ahead(CASE, "warranty@2", "intake", 2, 0)]


@given(st.integers(0, 10), st.integers(1, 20), st.sets(st.integers(1, 20)))
def test_missing_is_what_is_neither_applied_nor_waits(applied: int, emitted: int, waits: set[int]) -> None:
    suspicion = Suspicion(CASE, "intake", "warranty", applied, emitted)
    close = CloseHead(
        subject=CASE,
        emitted={},
        applied={"intake": applied},
        unsent={},
        waiting=[("intake", n) for n in waits] + [("routing", n) for n in range(1, 21)],
    )
    found = still_missing(suspicion, close)
    named = [n for one in found for n in range(one.first, one.last + 1)]
    assert named == [n for n in range(applied + 1, emitted + 1) if n not in waits]
    assert all(later.first > one.last + 1 for one, later in pairwise(found))
    assert sum(one.events for one in found) == len(named)


def test_what_waits_in_the_outbox_beyond_a_suspicion_does_not_excuse_it() -> None:
    suspicion = Suspicion(CASE, "intake", "warranty", 1, 3)
    for first, excused in ((2, True), (3, True), (4, False)):
        close = CloseHead(subject=CASE, emitted={}, applied={}, unsent={"intake": first}, waiting=[])
        assert is_unsent(suspicion, close) is excused
    assert not is_unsent(suspicion, None)


def test_the_topics_of_a_source_are_those_that_its_service_writes() -> None:
    reads = {"ciclo.cases.v1", "ciclo.warranty.v1", "ciclo.routing.v1"}
    assert topics_of("intake", reads) == {"ciclo.cases.v1"}
    assert topics_of("warranty@3", reads) == {"ciclo.warranty.v1"}
