"""The customer: writes to us, reads how the case stands, answers what is asked."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

from demo.doors import THINKING_SECONDS, Doors, seen
from demo.world import Owner
from services.chassis.ids import new_id

ENDS = ("closed", "cancelled", "rejected")


@dataclass(frozen=True, slots=True)
class Case:
    """What a customer keeps of a case: its number, and the key that opens it."""

    case_id: UUID
    case_no: str
    key: dict[str, str] = field(repr=False)


class Customer:
    """Somebody with one case. What the CRM says for him, it says itself: see `Crm`."""

    def __init__(
        self, doors: Doors, owner: Owner, opened: Callable[[Case], None], mails: Path | None = None
    ) -> None:
        self._doors = doors
        self._opened = opened
        self._mails = mails
        self._case: Case | None = None
        self.owner = owner

    @property
    def case(self) -> Case:
        """The case. Raises RuntimeError before it is opened."""
        if self._case is None:
            raise RuntimeError("no case was opened yet")
        return self._case

    @property
    def has_case(self) -> bool:
        """Whether he opened one himself."""
        return self._case is not None

    async def writes(
        self, text: str, *, symptom: str | None = None, asked_for: str | None = None, names: int | None = 0
    ) -> Case:
        """Open a case; for a customer whom the CRM knows, the shop does it at the counter.

        `names`: which of the things he bought he names; None for none.
        """
        person, reference = self.owner.person, self.owner.customer_ref
        known = reference is not None
        facts = self.owner.facts(names) | {"symptom_code": symptom}
        body = {
            "customer": {"customer_ref": reference}
            if known
            else {"name": person.name, "email": person.email},
            "text": text,
            "facts": {name: value for name, value in facts.items() if value is not None},
            "asked_for": asked_for,
            "channel": "shop" if known else "web",
            "language": person.language,
            "jurisdiction": person.jurisdiction,
        }
        show = {"Idempotency-Key": str(new_id())}
        if known:
            show |= await self._doors.key("intake", "system/shop-counter", "cases:open")
        opened = await self._doors.ask("POST", "intake", "/v1/cases", show=show, body=body)
        key = {"Authorization": f"Bearer {opened['tracking_key']}"}
        self._case = Case(UUID(opened["case_id"]), opened["case_no"], key)
        self._opened(self._case)
        return self._case

    async def sees(self) -> dict[str, Any]:
        """The case as the customer reads it."""
        path = f"/v1/cases/{self.case.case_id}"
        view: dict[str, Any] = await self._doors.ask("GET", "intake", path, show=self.case.key)
        return view

    async def adds(self, text: str | None = None, **facts: str) -> None:
        """Say more: words, facts, or both."""
        await self.says("information", {"text": text, "facts": facts})

    async def chooses(self, remedy: str, *, assessment: int = 1) -> None:
        """Choose a remedy as soon as it is on offer; `assessment`: not before the so manieth assessment.

        What an earlier one offered is shown until intake hears of the next.
        """

        def on_offer(case: dict[str, Any]) -> bool:
            offer = case["choice"]
            return offer is not None and offer["assessment_no"] >= assessment and remedy in offer["remedies"]

        number = (await seen(self.sees, on_offer))["choice"]["assessment_no"]
        await self.says("remedy-choice", {"remedy": remedy, "assessment_no": number})

    async def answers_quote(self, *, accepted: bool) -> None:
        """Accept or refuse the quote as soon as it is there."""
        quote = (await seen(self.sees, lambda case: case["quote"] is not None))["quote"]
        answer = {"quote_no": quote["quote_no"], "revision": quote["revision"], "accepted": accepted}
        await self.says("quote-answer", answer)

    async def confirms(self, *, proposal: int = 1) -> None:
        """Say that it is solved, as soon as we ask; `proposal`: not before we ask for the so manieth time."""
        await self.says("confirmation", {"proposal_no": await self._asked(proposal)})

    async def confirms_on_the_page(self) -> None:
        """Say that it is solved as most customers do: by the link in the mail that asks."""
        await self._asked()
        link = await self._link("#solved")
        page = await self._doors.page(link)
        hidden = dict(re.findall(r'type="hidden" name="(proposal_no|once)" value="([^"]*)"', page))
        await asyncio.sleep(THINKING_SECONDS)
        await self._doors.submit(link.split("#")[0] + "/solved", hidden)

    async def denies(self, reason: str, text: str) -> None:
        """Say that it is not solved, and why, as soon as we ask."""
        proposal = await self._asked()
        await self.says("denial", {"proposal_no": proposal, "reason": reason, "text": text})
        await seen(self.sees, lambda case: case["proposal_no"] != proposal)

    async def wants_a_person(self) -> None:
        """Ask for a person."""
        await self.says("human-request", {})

    async def cancels(self, reason: str | None = None) -> None:
        """Withdraw the case."""
        await self.says("cancellation", {"reason": reason})

    async def objects(self, text: str) -> None:
        """Object to having been taken for spam, once that happened."""
        await seen(self.sees, lambda case: case["status"] == "rejected")
        await self.says("objection", {"text": text})

    async def is_done(self) -> None:
        """Wait until the case has ended, in whatever way."""
        await seen(self.sees, lambda case: case["status"] in ENDS)

    async def _asked(self, proposal: int = 1) -> int:
        view = await seen(self.sees, lambda case: (case["proposal_no"] or 0) >= proposal)
        return int(view["proposal_no"])

    async def _link(self, anchor: str) -> str:
        """The newest link of a mail about this case that leads to this place of the page."""
        if self._mails is None:
            raise RuntimeError("there is no mailbox to look into")
        while True:
            for mail in sorted(self._mails.glob("*.eml"), reverse=True):
                text = await asyncio.to_thread(_plain_text, mail)
                if self.case.case_no in text and (found := re.search(rf"https?://\S+/c/\S+?{anchor}", text)):
                    return found[0]
            await asyncio.sleep(THINKING_SECONDS)

    async def says(self, word: str, body: dict[str, Any]) -> None:
        """Say something at the case's door of that name."""
        await asyncio.sleep(THINKING_SECONDS)
        path = f"/v1/cases/{self.case.case_id}/{word}"
        show = self.case.key | {"Idempotency-Key": str(new_id())}
        await self._doors.ask("POST", "intake", path, show=show, body=body)


def _plain_text(mail: Path) -> str:
    message = BytesParser(policy=default).parsebytes(mail.read_bytes())
    body = message.get_body(("plain",))
    return "" if body is None else str(body.get_content())
