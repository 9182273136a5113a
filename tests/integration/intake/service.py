"""Intake as tests run it, and its customers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.intake.app import BODY_LIMITS, definition
from services.intake.routes import routers
from services.intake.settings import IntakeSettings
from tests.support.running import Running, common

SECRET = "a-tracking-secret-for-the-tests-alone"


class Intake(Running):
    """A running intake."""

    def __init__(self, database_url: str, kafka: str, trace_url: str = "") -> None:
        settings = IntakeSettings(**common(database_url, kafka), tracking_secret=SECRET, trace_url=trace_url)
        super().__init__(
            definition(settings), settings, routers(settings), holder="system/crm", body_limits=BODY_LIMITS
        )

    async def open(self, body: Mapping[str, Any] | None = None, *, key: str | None = None) -> dict[str, Any]:
        """Open a case, of which everybody hears at once, and return the answer."""
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = await self.http.post("/v1/cases", json=body or report(), headers=headers)
        assert answer.status_code == 201, answer.text
        opened: dict[str, Any] = answer.json()
        self.sequences[opened["case_id"], "intake"] = 1
        return opened

    async def events_of(self, case_id: str) -> list[str]:
        """The types of the events intake published about a case, in order."""
        rows = await self.pool.fetch(
            "SELECT type FROM events WHERE aggregate = $1 ORDER BY sequence", UUID(case_id)
        )
        return [row["type"] for row in rows]


def report(**but: Any) -> dict[str, Any]:
    """The body of a customer's report."""
    return {
        "customer": {"name": "Marta Ibáñez Soler", "email": "marta@example.com"},
        "text": "La freidora no calienta desde ayer.",
        "facts": {"product_unit": "FR-2040-118", "symptom_code": "no_heat"},
        "language": "es",
        "jurisdiction": "ES",
    } | but


def customer(opened: Mapping[str, Any]) -> dict[str, str]:
    """The headers of the customer of a case."""
    return {"Authorization": f"Bearer {opened['tracking_key']}"}
