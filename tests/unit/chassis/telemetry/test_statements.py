"""What a statement is called: its verb and its table, and no value."""

import pytest

from services.chassis import effects, fan_outs, relay, sql, timers
from services.chassis.joining import joined
from services.chassis.telemetry.statements import described


@pytest.mark.parametrize(
    ("query", "summary"),
    [
        (sql.MAKE_AGGREGATES, "INSERT aggregates"),
        (sql.LOCK_ROWS, "SELECT aggregates"),
        (sql.WRITE_AGGREGATES, "UPDATE aggregates"),
        (sql.WRITE_EVENTS, "INSERT events"),
        (sql.NOW_AND_WAITING, "SELECT parked"),
        (sql.CLAIMS["timers"], "DELETE timers"),
        (relay.READ, "SELECT outbox"),
        (relay.DELETE, "DELETE outbox"),
        (timers.READ, "SELECT timers"),
        (effects.POSTPONE, "UPDATE effects"),
        (fan_outs.READ, "SELECT fan_outs"),
        ("INSERT INTO a (b) VALUES ($1) ON CONFLICT (b) DO UPDATE SET b = $1", "INSERT a"),
        ("SELECT * FROM cases WHERE id = $1 FOR NO KEY UPDATE", "SELECT cases"),
        ("SELECT pg_advisory_lock($1)", "SELECT"),
        ("BEGIN;", "BEGIN"),
        ("COMMIT;", "COMMIT"),
        ("", "STATEMENT"),
    ],
)
def test_a_statement_is_named_after_what_it_changes_or_else_reads(query: str, summary: str) -> None:
    assert described(query) == (summary, summary)


def test_a_statement_that_changes_several_tables_is_named_after_all_and_counted_by_their_number() -> None:
    query, _ = joined([(sql.WRITE_AGGREGATES, ()), (sql.WRITE_EVENTS, ()), (sql.UNPARK, ())])
    assert described(query) == ("UPDATE aggregates INSERT events DELETE parked", "WRITE 3 tables")
