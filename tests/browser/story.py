"""Somebody of the staff in front of the story of a case."""

from dataclasses import asdict, dataclass
from typing import Self
from uuid import UUID

from playwright.async_api import Locator, Page

from services.chassis.clock import utc_now
from services.intake.routes.links import STORIES, Links
from tests.browser.customer import Customer
from tests.integration.intake.service import SECRET, Intake
from tests.support.long_case import long_case


@dataclass
class StoryPage:
    """The page of a case that began three weeks ago, in as many legs as it had so far."""

    intake: Intake
    page: Page
    case_id: UUID
    case_no: str
    home: str

    @classmethod
    async def after_three_weeks(cls, customer: Customer, legs: int = 12) -> Self:
        """Let the customer's case have had these legs; nobody can wait for them."""
        case_id = UUID(customer.opened["case_id"])
        rows = [asdict(row) for row in long_case(case_id, legs)]
        columns = list(rows[0])
        async with customer.intake.pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM timeline WHERE case_id = $1", case_id)
            await connection.executemany(
                f"INSERT INTO timeline ({', '.join(columns)}) "  # noqa: S608
                f"VALUES ({', '.join(f'${number}' for number, _ in enumerate(columns, start=1))})",
                [list(row.values()) for row in rows],
            )
        return cls(customer.intake, customer.page, case_id, customer.opened["case_no"], customer.home)

    async def opens(self, language: str) -> None:
        """Go to the page by a signed link."""
        links = Links(SECRET.encode(), self.home, STORIES)
        answer = await self.page.goto(f"{links.url(self.case_id, utc_now())}?lang={language}")
        assert answer is not None
        assert answer.status == 200

    def table(self, name: str) -> Locator:
        """A table by the name that a screen reader says."""
        return self.page.get_by_role("table", name=name, exact=True)
