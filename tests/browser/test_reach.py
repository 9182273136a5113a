"""Everybody reaches everything: by keyboard alone, on a telephone, with a screen reader, in his language."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from ciclo_schemas.values import RemedyKind, Window
from tests.browser import events
from tests.browser.axe import shuts_nobody_out
from tests.browser.conftest import Visit
from tests.browser.customer import Customer

LANGUAGES = ("es", "en", "pt")


async def solved(customer: Customer) -> None:
    """Asked whether it is solved, with a denial that lacks its reason."""
    await customer.hears("routing", events.FIRST_ANSWER, events.proposed())
    await customer.page.locator("#denial summary").click()
    await customer.sends("denial")


async def choosing(customer: Customer) -> None:
    """A choice, things missing, and everything else open."""
    await customer.hears("warranty", events.assessed(RemedyKind.REPAIR, RemedyKind.REPLACEMENT))
    await customer.hears("routing", events.asked("remedy", "purchase", "buyer", "symptom_code"))
    for summary in await customer.page.locator("summary").all():
        await summary.click()


async def quoted(customer: Customer) -> None:
    """A quote; then out of guarantee, with workshops to choose from."""
    await customer.hears("warranty", events.quoted())
    await customer.hears("warranty", events.assessed(RemedyKind.QUOTE, window=Window.OUT))
    await customer.hears("routing", events.asked("remedy"))
    await customer.page.locator("summary").first.click()


async def ended(customer: Customer) -> None:
    """The end, and how we did."""
    await customer.hears("routing", events.CLOSED)
    await customer.sends("survey")


async def cancelling(customer: Customer) -> None:
    """The question before a cancellation."""
    await customer.page.locator('a[href*="/cancellation"]').click()


async def finding(customer: Customer) -> None:
    """The way in by number and key, the number misread."""
    await customer.page.goto(f"{customer.home}/?lang={await language_of(customer.page)}")
    await customer.page.locator("#find-case_no").fill("C-1")
    await customer.page.locator("#find-tracking_key").fill("x")
    await customer.page.locator("button").click()


async def lost(customer: Customer) -> None:
    """A link that opens nothing."""
    await customer.page.goto(f"{customer.home}/c/nothing?lang={await language_of(customer.page)}")


STATES = (solved, choosing, quoted, ended, cancelling, finding, lost)


async def language_of(page: Page) -> str | None:
    return await page.locator("html").get_attribute("lang")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
async def test_no_page_shuts_anybody_out(
    visit: Visit,
    state: Callable[[Customer], Coroutine[Any, Any, None]],
    language: str,
    pictures: Path | None,
) -> None:
    """axe-core finds nothing wrong (labels, landmarks, headings, contrast, language); it fits a phone."""
    customer = await visit(language=language, phone=True, scripts=True)
    await customer.page.set_viewport_size({"width": 320, "height": 700})
    await state(customer)
    await customer.pictured(pictures, f"phone-{state.__name__}-{language}")
    assert await language_of(customer.page) == language
    await shuts_nobody_out(customer.page, width=320)
    for thing in await customer.page.locator("button:visible, .button:visible, summary:visible").all():
        box = await thing.bounding_box()
        assert box is not None
        assert box["height"] >= 44, await thing.inner_text()


async def tab_to(page: Page, id_or_text: str) -> None:
    """Press Tab until this has the focus, which is in sight and seen."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        focus = page.locator("*:focus")
        if id_or_text in (await focus.get_attribute("id") or "", (await focus.inner_text()).strip()):
            outline = await focus.evaluate("e => getComputedStyle(e).outlineStyle")
            assert outline != "none", "whoever uses the keyboard sees where he is"
            return
    raise AssertionError(f"{id_or_text} cannot be reached with Tab")


async def test_a_customer_without_a_mouse_denies_corrects_himself_and_reads_on(visit: Visit) -> None:
    customer = await visit()
    await customer.hears("routing", events.proposed())
    page = customer.page
    await page.keyboard.press("Tab")
    assert await page.locator("*:focus").inner_text() == "Skip to content"
    await page.keyboard.press("Enter")
    await tab_to(page, "No, not yet")
    await page.keyboard.press("Enter")
    await tab_to(page, "denial-text")
    await page.keyboard.type("It stopped again.")
    await tab_to(page, "Send")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#errors")
    assert await customer.focused() == "errors"
    await tab_to(page, "Choose what is wrong.")
    await page.keyboard.press("Enter")
    await tab_to(page, "denial-reason-still_broken")
    await page.keyboard.press("Space")
    await tab_to(page, "denial-text")
    await tab_to(page, "Send")
    await page.keyboard.press("Enter")
    assert "We go on with your case" in await customer.message()
    assert (await customer.last_event())["reason"] == "still_broken"
    assert await customer.words_kept() == "It stopped again."


async def test_the_language_is_switched_by_a_link_and_stays_after_a_form(visit: Visit) -> None:
    customer = await visit(language="es")
    await customer.page.get_by_role("link", name="Português").click()
    assert await language_of(customer.page) == "pt"
    await customer.opens("Falar com uma pessoa")
    await customer.sends("person")
    assert "Pedimos que uma pessoa" in await customer.message()
    assert await language_of(customer.page) == "pt"


@pytest.mark.parametrize("anchor", ["solved", "remedy", "quote", "information", "survey"])
async def test_a_link_of_a_mail_leads_to_its_question(visit: Visit, anchor: str) -> None:
    customer = await visit()
    await customer.hears("warranty", events.assessed(RemedyKind.REPAIR), events.quoted())
    asked = {"survey": events.CLOSED, "solved": events.proposed()}
    await customer.hears("routing", asked.get(anchor, events.asked("remedy", "purchase")))
    await customer.page.goto("about:blank")
    await customer.page.goto(f"{customer.link}#{anchor}")
    assert await customer.page.locator(f"#{anchor} form").first.is_visible()
    top = await customer.page.locator(f"#{anchor}").bounding_box()
    assert top is not None
    assert -1 <= top["y"] < 900
