"""How the history comes about: triggers that the drill installs, and what is read from them afterwards."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from demo.processes import NAMES
from tests.drills.records import Applied, Emitted, History, Owed, Place

READERS: Mapping[str, frozenset[str]] = {
    "ciclo.cases.v1": frozenset({"routing", "warranty", "notifications"}),
    "ciclo.routing.v1": frozenset({"intake", "warranty", "notifications"}),
    "ciclo.warranty.v1": frozenset({"intake", "routing", "notifications"}),
    "ciclo.notifications.v1": frozenset({"intake", "routing"}),
}

# Written in the transactions that are watched, so that it holds exactly what was committed. The numbers are
# drawn under the aggregate's lock: in their order, the rows of an aggregate are in the order of its commits.
INSTALL = """
CREATE SCHEMA drill;
CREATE TABLE drill.history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tx bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    what text NOT NULL,
    subject uuid NOT NULL,
    source text,
    low bigint,
    high bigint,
    event text,
    cause text,
    type text,
    topic text
);
CREATE FUNCTION drill.applied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO drill.history (what, subject, source, low, high, event)
    SELECT 'applied', NEW.id, key, coalesce((before.value ->> 0)::bigint, 0),
        coalesce((after.value ->> 0)::bigint, 0), after.value ->> 1
    FROM jsonb_each(NEW.watermarks) AS after
    FULL JOIN jsonb_each(CASE TG_OP WHEN 'UPDATE' THEN OLD.watermarks ELSE '{}' END) AS before USING (key)
    WHERE after.value IS DISTINCT FROM before.value;
    RETURN NULL;
END $$;
CREATE TRIGGER drill_made AFTER INSERT ON aggregates FOR EACH ROW EXECUTE FUNCTION drill.applied();
CREATE TRIGGER drill_applied AFTER UPDATE ON aggregates FOR EACH ROW
    WHEN (NEW.watermarks IS DISTINCT FROM OLD.watermarks) EXECUTE FUNCTION drill.applied();
CREATE FUNCTION drill.emitted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO drill.history (what, subject, source, high, event, cause, type, topic)
    VALUES ('emitted', NEW.aggregate, NEW.source, NEW.sequence, NEW.id, NEW.causation, NEW.type, NEW.topic);
    RETURN NULL;
END $$;
CREATE TRIGGER drill_emitted AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION drill.emitted();
CREATE FUNCTION drill.owed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO drill.history (what, subject, event, cause, type)
    VALUES ('owed', NEW.aggregate, NEW.key, NEW.cause, NEW.kind);
    RETURN NULL;
END $$;
CREATE TRIGGER drill_owed AFTER INSERT ON effects FOR EACH ROW EXECUTE FUNCTION drill.owed();
"""
READ = """
SELECT id, extract(epoch FROM at)::float8 AS at, tx, what, subject::text, source, low, high, event, cause,
    type, topic
FROM drill.history WHERE id > $1 ORDER BY id
"""
HELD = """
SELECT aggregate::text FROM parked
UNION SELECT aggregate::text FROM dead_letters WHERE aggregate IS NOT NULL
"""
STANDS = """
SELECT case_id::text AS subject, NOT is_open AS is_terminal,
    (EXISTS (SELECT FROM timers WHERE aggregate = case_id)
        OR EXISTS (SELECT FROM promises AS p WHERE p.case_id = cases.case_id AND p.status = 'live')
    ) AS is_waiting
FROM cases
"""
TOLD = "SELECT count(*) FROM messages WHERE status IN ('sent', 'delivered')"
WRONG: Mapping[str, tuple[tuple[str, str], ...]] = {
    "warranty": (
        (
            "remedies in force for one defect",
            """SELECT product_unit || '/' || defect_no FROM remedies WHERE in_force
               GROUP BY product_unit, defect_no HAVING count(*) > 1""",
        ),
        (
            "workshops whose open repairs are miscounted",
            """SELECT id FROM service_points WHERE open_repairs <> (
                   SELECT count(*) FROM remedies WHERE service_point = service_points.id AND kind = 'repair'
                       AND completed_at IS NULL AND failed_at IS NULL AND called_off_at IS NULL
                       AND refused_for IS NULL)""",
        ),
        (
            "compensations for one cause",
            """SELECT aggregate || ' ' || (body::jsonb ->> 'cause') FROM events
               WHERE type LIKE 'ciclo.compensation.granted.%'
               GROUP BY aggregate, body::jsonb ->> 'cause', body::jsonb ->> 'cause_no' HAVING count(*) > 1""",
        ),
    ),
    "notifications": (
        (
            "messages for one effect key",
            """SELECT case_id || ' ' || template FROM messages
               GROUP BY case_id, cause, template HAVING count(*) > 1""",
        ),
        (
            "messages told as sent more than once",
            """SELECT aggregate || ' ' || (body::jsonb ->> 'template') FROM events
               WHERE type LIKE 'ciclo.notification.sent.%'
               GROUP BY aggregate, body::jsonb ->> 'cause', body::jsonb ->> 'template' HAVING count(*) > 1""",
        ),
    ),
}


@dataclass
class Recorder:
    """Installs the triggers and reads what they wrote, always directly, never through a proxy."""

    urls: Mapping[str, str]
    rows: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in NAMES})

    async def install(self) -> None:
        """Begin to write the history in every service's database."""
        for url in self.urls.values():
            connection = await asyncpg.connect(url, timeout=10)
            try:
                await connection.execute(INSTALL)
            finally:
                await connection.close()

    async def read(self) -> None:
        """Read what is new."""
        await asyncio.gather(*(self._read(name) for name in NAMES))

    def subjects(self, until: Mapping[str, int]) -> set[str]:
        """All of which something was written up to these rows."""
        return {
            row["subject"] for name, rows in self.rows.items() for row in rows if row["id"] <= until[name]
        }

    def fill(self, history: History, old: Collection[str]) -> None:
        """Add to a history all that was written, but for these subjects."""
        for name, rows in self.rows.items():
            for row in rows:
                if row["subject"] not in old:
                    _add(history, name, row)

    def marks(self) -> dict[str, int]:
        """The last row read of every service."""
        return {name: rows[-1]["id"] if rows else 0 for name, rows in self.rows.items()}

    def steps(self) -> list[tuple[float, int]]:
        """When inputs from other services were applied (seconds of the wall clock), and how many."""
        return [
            (row["at"], row["high"] - row["low"])
            for rows in self.rows.values()
            for row in rows
            if row["what"] == "applied"
        ]

    async def places(self, cases: Iterable[str]) -> list[Place]:
        """Where these cases are now."""
        held: set[str] = set()
        for url in self.urls.values():
            held.update(row[0] for row in await self.fetch(url, HELD))
        stands = {row["subject"]: row for row in await self.fetch(self.urls["routing"], STANDS)}
        return [_place(subject, stands.get(subject), subject in held) for subject in cases]

    async def broken(self) -> list[str]:
        """The invariants that rows of the databases break."""
        return [
            f"{what}: {row[0]}"
            for name, questions in WRONG.items()
            for what, question in questions
            for row in await self.fetch(self.urls[name], question)
        ]

    async def told(self) -> int:
        """How many messages notifications knows as sent."""
        rows = await self.fetch(self.urls["notifications"], TOLD)
        return int(rows[0][0])

    async def _read(self, name: str) -> None:
        rows = self.rows[name]
        rows += await self.fetch(self.urls[name], READ, rows[-1]["id"] if rows else 0)

    async def fetch(self, url: str, question: str, *arguments: Any) -> list[Any]:
        """The rows that answer a question to one of the databases."""
        connection = await asyncpg.connect(url, timeout=10)
        try:
            return list(await connection.fetch(question, *arguments, timeout=60))
        finally:
            await connection.close(timeout=10)


def _add(history: History, service: str, row: Any) -> None:
    subject = row["subject"]
    if row["what"] == "applied":
        history.applied.append(
            Applied(row["id"], row["at"], service, subject, row["source"], row["low"], row["high"], row["tx"])
        )
    elif row["what"] == "owed":
        history.owed.append(Owed(service, subject, row["type"], row["cause"], row["event"]))
    else:
        history.emitted.append(
            Emitted(
                row["id"],
                row["at"],
                service,
                subject,
                row["source"].removeprefix("/ciclo/"),
                row["high"],
                row["event"],
                row["cause"],
                row["type"],
                row["topic"],
                row["tx"],
            )
        )


def _place(subject: str, row: Any, is_held: bool) -> Place:
    if row is None:
        return Place(subject, is_terminal=False, is_waiting=False, is_held=is_held)
    return Place(subject, row["is_terminal"], row["is_waiting"], is_held)
