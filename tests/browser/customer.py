"""A customer with a case, in front of its page."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from playwright.async_api import Locator, Page

from ciclo_schemas.events import Event
from services.chassis.clock import utc_now
from services.intake.routes.links import Links
from tests.integration.intake.service import SECRET, Intake, report


@dataclass
class Customer:
    """Whoever holds the link of a case; `opened` is the answer to his report."""

    intake: Intake
    page: Page
    opened: dict[str, Any]

    @classmethod
    async def with_case(cls, intake: Intake, page: Page, language: str, but: dict[str, Any]) -> Self:
        """A customer who has just reported something."""
        jurisdiction = {"en": "GB", "pt": "PT"}.get(language, "ES")
        body = report(language=language, jurisdiction=jurisdiction, **but)
        return cls(intake, page, await intake.open(body))

    @property
    def home(self) -> str:
        """Where intake is."""
        return str(self.intake.http.base_url).rstrip("/")

    @property
    def link(self) -> str:
        """The signed link as a mail would bring it."""
        links = Links(SECRET.encode(), self.home)
        return links.url(UUID(self.opened["case_id"]), utc_now())

    async def opens_his_link(self) -> None:
        """Go to the page."""
        await self.page.goto(self.link)

    async def hears(self, service: str, *events: Event) -> None:
        """What a service publishes about the case reaches intake; the page is opened again."""
        seen = await self._steps()
        for event in events:
            await self.intake.tell(self.opened["case_id"], service, event)
        async with asyncio.timeout(30):
            while await self._steps() < seen + len(events):  # noqa: ASYNC110 - a table has no event
                await asyncio.sleep(0.05)
        await self.opens_his_link()

    async def said(self) -> list[str]:
        """What intake has published of this case, without "ciclo." and ".v1"."""
        types = await self.intake.events_of(self.opened["case_id"])
        return [name.removeprefix("ciclo.").removesuffix(".v1") for name in types]

    async def last_event(self) -> dict[str, Any]:
        """The data of the last event that intake published of this case."""
        event = (await self.intake.says(self.opened["case_id"], len(await self.said())))[-1]
        return event.model_dump(mode="json", exclude_none=True)

    def form(self, name: str) -> Locator:
        """The form that is sent to this address."""
        return self.page.locator(f'form[action*="/{name}"]')

    async def opens(self, title: str) -> None:
        """Open one of the things that can also be done."""
        await self.page.locator("summary", has_text=title).click()

    async def sends(self, name: str, button: str | None = None) -> None:
        """Press a form's button."""
        buttons = self.form(name).locator("button")
        await (buttons.filter(has_text=button) if button else buttons).first.click()

    async def text(self, selector: str) -> str:
        """What is written there."""
        return await self.page.locator(selector).inner_text()

    async def message(self) -> str:
        """What the page says about the form just sent; it has the focus, so that it is read out."""
        await self.page.wait_for_selector("#message")
        assert await self.focused() == "message"
        return await self.text("#message")

    async def focused(self) -> str | None:
        """The id of what has the focus."""
        return await self.page.locator("*:focus").get_attribute("id")

    async def described_by(self, field: Locator) -> str:
        """All that is read out with a field besides its label."""
        ids = (await field.get_attribute("aria-describedby") or "").split()
        return " ".join([await self.text(f"[id='{one}']") for one in ids])

    async def words_kept(self) -> str:
        """The words of the last event, as the vault has them."""
        ref = (await self.last_event())["text_ref"]
        kept: str = await self.intake.pool.fetchval("SELECT text FROM vault_texts WHERE text_ref = $1", ref)
        return kept

    async def pictured(self, folder: Path | None, name: str) -> None:
        """Keep a picture of the whole page, if pictures are wanted."""
        if folder is not None:
            await self.page.screenshot(path=folder / f"{name}.png", full_page=True)

    async def _steps(self) -> int:
        count: int = await self.intake.pool.fetchval(
            "SELECT count(*) FROM timeline WHERE case_id = $1", UUID(self.opened["case_id"])
        )
        return count
