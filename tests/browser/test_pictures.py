"""The pictures of the documentation (`make screenshots`): moments on a telephone, and a whole story."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from ciclo_schemas.values import RemedyKind
from tests.browser import events
from tests.browser.conftest import Visit
from tests.browser.customer import Customer
from tests.browser.story import StoryPage


async def choosing(customer: Customer) -> str:
    """Which remedy?"""
    await customer.hears("routing", events.FIRST_ANSWER, events.ASSIGNED)
    await customer.hears("warranty", events.assessed(RemedyKind.REPAIR, RemedyKind.REPLACEMENT))
    await customer.hears("routing", events.asked("remedy"))
    return "#remedy"


async def quoted(customer: Customer) -> str:
    """This price?"""
    await customer.hears("warranty", events.quoted())
    await customer.hears("routing", events.ASSIGNED, events.asked("quote"))
    return "#quote"


async def solved(customer: Customer) -> str:
    """Is it solved?"""
    await customer.hears("routing", events.ASSIGNED, events.proposed())
    return "#solved"


async def correcting(customer: Customer) -> str:
    """A form that came back."""
    await customer.hears("routing", events.ASSIGNED, events.asked("product_unit"))
    await customer.page.locator("#information-product_unit").fill("?")
    await customer.sends("information")
    return "#errors"


@pytest.mark.parametrize(
    ("name", "language", "moment"),
    [
        ("page-remedy", "en", choosing),
        ("page-quote", "es", quoted),
        ("page-solved", "pt", solved),
        ("page-errors", "en", correcting),
    ],
)
async def test_what_matters_now_is_on_the_first_screen_of_a_telephone(
    visit: Visit,
    pictures: Path | None,
    name: str,
    language: str,
    moment: Callable[[Customer], Coroutine[Any, Any, str]],
) -> None:
    customer = await visit(language=language, phone=True, facts={})
    await customer.page.set_viewport_size({"width": 390, "height": 844})
    box = await customer.page.locator(await moment(customer)).bounding_box()
    assert box is not None
    assert box["y"] < 500
    if pictures is not None:
        await customer.page.screenshot(path=pictures / f"{name}.png")


async def test_three_weeks_of_a_case_are_taken_in_at_a_glance(visit: Visit, pictures: Path | None) -> None:
    story = await StoryPage.after_three_weeks(await visit())
    await story.page.set_viewport_size({"width": 1180, "height": 1800})
    await story.opens("en")
    for title in ("Where it stands", "Where the time went", "Promises", "Leg by leg"):
        assert await story.page.get_by_role("heading", name=title).is_visible()
    legs = await story.page.locator("#leg-1").bounding_box()
    assert legs is not None
    assert legs["y"] < 1400
    if pictures is not None:
        await story.page.screenshot(path=pictures / "story.png")
