"""The people of the house, each with a key of his own: first line, education area, complaints, warranty."""

import asyncio
from collections.abc import Callable
from typing import Any

from demo.actors.customer import Case
from demo.doors import THINKING_SECONDS, Doors, seen
from demo.wire import Journal

SCOPES = ("cases:read", "cases:work", "training:work", "complaints:answer")


class Agent:
    """A person at routing's doors. What he may do there, his queue and the case decide."""

    def __init__(self, doors: Doors, journal: Journal, staff_no: str) -> None:
        self._doors = doors
        self._journal = journal
        self._staff_no = staff_no

    async def takes(self, case: Case) -> None:
        """Take the case out of the queue as soon as it is there, classified."""
        await self.has(case)
        await self.does(case, "take")

    async def tries(self, case: Case, *, helped: bool) -> str:
        """Go through the next step of the playbook with the customer; returns the step."""
        step = (await self.does(case, "take"))["next_step"]  # taking what one has shows it as it stands
        await self.does(case, "steps", {"step": step, "helped": helped}, done=("already_tried",))
        return str(step)

    async def classifies(self, case: Case, category: str, symptom: str | None = None) -> None:
        """Say what the case is about."""
        await self.does(case, "classification", {"category": category, "symptom_code": symptom})

    async def escalates(self, case: Case, symptom: str) -> None:
        """Ask for a technician."""
        await self.does(case, "escalation", {"symptom_code": symptom})

    async def asks(self, case: Case, *missing: str) -> None:
        """Ask the customer for what is missing."""
        await self.does(case, "information", {"missing": missing}, done=("already_asked",))

    async def proposes(self, case: Case, reason: str) -> None:
        """Ask the customer whether it is solved."""
        await self.does(case, "resolution", {"reason": reason}, done=("already_proposed",))

    async def hands_over(self, case: Case, person: str, reason: str) -> None:
        """Hand the case to a colleague."""
        await self.does(case, "handoff", {"person": person, "reason": reason}, done=("already_taken",))

    async def confirms_training(self, case: Case) -> None:
        """Take a customer over who wants to learn (education area)."""
        await self._journal.find(case.case_id, "case.diverted_to_training")
        await self.does(case, "training", done=("not_diverted",))

    async def answers_complaint(self, case: Case, outcome: str, *reasons: str) -> None:
        """Answer the first complaint of the case, with reasons."""
        await self._journal.find(case.case_id, "complaint.registered")
        answer = {"outcome": outcome, "reasons": reasons}
        await self.does(case, "complaints/1/answer", answer, done=("already_answered",))

    async def has(self, case: Case) -> None:
        """Wait until the case is with the first line, for the first time or again."""
        await self.sees(case, "in_first_line")

    async def sees(self, case: Case, *stages: str) -> dict[str, Any]:
        """Wait until the case stands at one of these stages; returns it."""
        return await self.finds(case, lambda view: view["stage"] in stages)

    async def finds(self, case: Case, as_hoped: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the case stands as hoped; returns it."""
        path = f"/v1/cases/{case.case_id}"

        async def look() -> dict[str, Any]:
            view: dict[str, Any] = await self._doors.ask("GET", "routing", path, show=await self._key())
            return view

        return await seen(look, as_hoped)

    async def does(
        self, case: Case, what: str, body: dict[str, Any] | None = None, done: tuple[str, ...] = ()
    ) -> Any:
        """Do something at the case's door of that name."""
        await asyncio.sleep(THINKING_SECONDS)
        path = f"/v1/cases/{case.case_id}/{what}"
        return await self._doors.ask("POST", "routing", path, show=await self._key(), body=body, done=done)

    async def _key(self) -> dict[str, str]:
        return await self._doors.key("routing", f"agent/{self._staff_no}", *SCOPES)
