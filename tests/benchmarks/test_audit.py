"""The audit of the load finds what must not be on a topic."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from ciclo_schemas.envelope import Envelope, schema_uri, to_headers
from tests.benchmarks.audit import Audit
from tests.benchmarks.expected import expected_events
from tests.benchmarks.ledger import Case
from tests.benchmarks.plans import Path, Plan

CASE = str(UUID(int=1))
CLOSED = b'{"closed_as":"confirmed"}'


def record(
    sequence: int,
    *,
    event: int = 0,
    name: str = "case.held",
    source: str = "routing",
    value: bytes = b"{}",
    key: str = CASE,
    clock: dict[str, int] | None = None,
) -> Any:
    event_type = f"ciclo.{name}.v1"
    envelope = Envelope(
        id=str(UUID(int=1_000 + (event or sequence))),
        source=f"/ciclo/{source}",
        type=event_type,
        subject=CASE,
        time=datetime(2026, 11, 21, tzinfo=UTC),
        sequence=sequence,
        clock=clock or {},
        correlation=CASE,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        schema=schema_uri(event_type),
    )
    return SimpleNamespace(
        topic="ciclo.routing.v1",
        partition=0,
        offset=sequence,
        key=key.encode(),
        value=value,
        headers=to_headers(envelope),
    )


def audited(*records: Any) -> Audit:
    audit = Audit()
    for one in records:
        audit.take(one)
    return audit


def test_contiguous_events_and_their_identical_redelivery_are_right() -> None:
    audit = audited(record(1), record(2), record(1), record(2), record(3))
    assert not audit.faults
    assert audit.redelivered == 2
    assert audit.events == {"routing": 3}


@pytest.mark.parametrize(
    ("records", "fault"),
    [
        ((record(1), record(3)), "a sequence is not contiguous"),
        ((record(1), record(2), record(1, event=9)), "two events share a sequence"),
        ((record(1), record(2, event=1)), "two events share an id"),
        ((record(1, key="another"),), "the key is not the subject"),
        ((record(1, value=b'{"x":"Alonso Quijano 7"}'),), "personal data on a topic"),
    ],
)
def test_what_must_not_be_on_a_topic_is_found(records: tuple[Any, ...], fault: str) -> None:
    assert audited(*records).faults == {fault: 1}


def test_a_clock_that_rests_on_an_event_that_was_never_published_is_found() -> None:
    audit = audited(record(1, clock={"intake": 2}), record(1, event=7, source="intake"))
    audit.conclude([])
    assert audit.faults["a clock names an event of intake that was never published"] == 1


def test_a_case_that_did_not_go_as_planned_is_found() -> None:
    case = Case(Plan(0), CASE, "key", 0.0, 1.0)
    names = [name for name, times in expected_events(case.plan).items() for _ in range(times)]
    as_planned = [record(at, name=name, value=CLOSED) for at, name in enumerate(names, 1)]
    audit = audited(*as_planned)
    audit.conclude([case])
    assert not audit.faults

    audit = audited(*as_planned, record(len(names) + 1, name="repair.authorized"))
    audit.conclude([case])
    assert audit.faults == {f"{Path.TRIAL}: repair.authorized 1 times, not 0": 1}


def test_every_path_is_walked_in_both_languages_by_some_who_deny_first() -> None:
    plans = [Plan(number) for number in range(2_000)]
    assert {path: sum(plan.path is path for plan in plans) for path in Path} == {
        Path.TRIAL: 800,
        Path.REPAIR: 700,
        Path.REPLACEMENT: 200,
        Path.FIRST_LINE: 300,
    }
    kinds = {(plan.path, plan.language, plan.denies) for plan in plans}
    assert len(kinds) == len(Path) * 2 * 2
    repairs = {(plan.reports, plan.receipt_is_reported) for plan in plans if plan.path is Path.REPAIR}
    assert len(repairs) == 4
