"""Customers at intake's doors, people of the first line at routing's: each reacts to what Kafka tells."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from ciclo_schemas.routing import CaseAssigned, ResolutionProposed
from ciclo_schemas.values import PartyKind
from ciclo_schemas.warranty import CoverageAssessed
from services.chassis.clock import seconds
from tests.benchmarks.ledger import Case
from tests.benchmarks.plans import Plan
from tests.benchmarks.web import Web

STAFF = ("agent-01", "agent-02", "agent-03", "agent-04", "agent-05", "agent-06")
FIRST_LINE = "first_line"
THINKING = (0.2, 0.8)
"""Seconds, from and to, that a person takes before he answers."""


class Customers:
    """They open cases, choose remedies, deny and confirm."""

    def __init__(self, intake: Web, run: str) -> None:
        self._intake = intake
        self._run = run

    async def opens(self, plan: Plan) -> tuple[str, str, float]:
        """Open a case; its id, its tracking key, and when he began."""
        began = seconds()
        key = f"{self._run}-{plan.number}"
        opened = await self._intake.ask("POST", "/v1/cases", key=key, body=plan.opening())
        return opened["case_id"], opened["tracking_key"], began

    async def chooses(self, case: Case, assessed: CoverageAssessed) -> None:
        """Choose among the remedies of an assessment; in a trial nobody needs to."""
        if assessed.window.value != "guarantee":
            return
        body = {"remedy": case.plan.chooses, "assessment_no": assessed.assessment_no}
        await self._says(case, "remedy-choice", f"choice-{assessed.assessment_no}", body)

    async def answers(self, case: Case, proposed: ResolutionProposed) -> None:
        """Say whether it is solved."""
        number = proposed.proposal_no
        if case.plan.denies and number == 1:
            text = f"No, it is not: zarzaparrilla {case.plan.number}."
            body = {"proposal_no": number, "reason": "still_failing", "text": text}
            await self._says(case, "denial", "denial", body)
        else:
            await self._says(case, "confirmation", f"confirmation-{number}", {"proposal_no": number})

    async def _says(self, case: Case, word: str, key: str, body: dict[str, object]) -> None:
        await _think()
        path = f"/v1/cases/{case.case_id}/{word}"
        await self._intake.ask("POST", path, show=case.key, key=f"{case.case_id}-{key}", body=body)


class Agents:
    """They take what stands in their queue, go through a step of the playbook, and propose the resolution."""

    def __init__(self, routing: Web, key_of: Callable[[str], Awaitable[str]]) -> None:
        self._routing = routing
        self._key_of = key_of

    async def work(self, case: Case, assigned: CaseAssigned) -> None:
        """Work on a case that came to the first line, for the first time or again."""
        if assigned.queue != FIRST_LINE or assigned.reason == "taken":
            return
        await _think()
        is_named = assigned.owner.kind is PartyKind.AGENT
        staff_no = assigned.owner.id if is_named else STAFF[case.plan.number % len(STAFF)]
        path = f"/v1/cases/{case.case_id}"
        taken = await self._ask(staff_no, f"{path}/take", {})
        if taken["next_step"]:
            step: dict[str, object] = {"step": taken["next_step"], "helped": True}
            await self._ask(staff_no, f"{path}/steps", step, done="already_tried")
        await self._ask(staff_no, f"{path}/resolution", {"reason": "guided"}, done="already_proposed")

    async def _ask(self, staff_no: str, path: str, body: dict[str, object], done: str = "") -> dict[str, str]:
        key = await self._key_of(staff_no)
        answer = await self._routing.ask("POST", path, show=key, body=body, done=done)
        return answer or {}


async def _think() -> None:
    await asyncio.sleep(random.uniform(*THINKING))  # noqa: S311 - no secret
