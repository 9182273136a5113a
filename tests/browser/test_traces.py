"""The sink's pages in a real browser: without a script, by keyboard, for screen readers; and a picture."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page

from deploy.traces import Sink, sink
from tests.browser.axe import shuts_nobody_out
from tests.support.made_spans import CASE, as_otlp, span, trial_case

WIDTH = 1200


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    """A sink that was told a case, and something that failed and belongs to none."""
    failed = span("PUT /units/{product_unit}", "SERVER", trace=77, number=770, case=None, status="ERROR")
    with sink(tmp_path_factory.mktemp("sink")) as started:
        told = httpx.post(f"{started.url}/v1/traces", json=as_otlp([*trial_case(), failed]), timeout=20)
        assert told.status_code == 200
        yield started


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page that may run no script of its own; axe-core is let in by the test."""
    context = await browser.new_context(viewport={"width": WIDTH, "height": 1000}, bypass_csp=True)
    context.set_default_timeout(10_000)
    opened = await context.new_page()
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # A page that says "nothing here" answers 404, which the browser reports.
        if "status of 404" not in message.text:
            complaints.append(message.text)

    opened.on("console", heard)
    yield opened
    await context.close()
    assert not complaints


async def test_whoever_looks_for_a_case_gets_from_the_list_to_the_end_of_it(place: Sink, page: Page) -> None:
    await page.goto(place.url)
    await page.get_by_role("link", name=CASE).click()
    assert await page.get_by_role("heading", level=1).inner_text() == f"Case {CASE}"
    assert await page.get_by_text("Then nothing for 2 d 0 h.").is_visible()
    await page.locator("#leg-2").get_by_role("link", name="leg 1").click()
    assert page.url.endswith("#leg-1")
    row = page.locator("#leg-1 tr", has_text="process ciclo.cases.v1 case.opened → case.classified")
    await row.locator("summary").click()
    assert await row.get_by_text("CONSUMER").is_visible()
    assert await row.get_by_text("link (message)").is_visible()
    await page.locator("#leg-3").get_by_role("link", name="0" * 31 + "3").click()
    assert await page.get_by_role("heading", level=1).inner_text() == "POST /v1/cases/{case_id}/confirmation"
    await page.get_by_role("link", name=CASE).first.click()
    assert await page.get_by_role("heading", name="Leg 3").is_visible()


async def test_a_keyboard_reaches_what_a_mouse_does(place: Sink, page: Page) -> None:
    await page.goto(f"{place.url}/cases/{CASE}")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"
    first = page.locator("#leg-1 details").first
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await first.locator("summary").evaluate("one => one === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    assert await first.get_attribute("open") is not None


@pytest.mark.parametrize("path", ["/", f"/cases/{CASE}", "/traces/" + "0" * 31 + "1", "/traces/nothing"])
async def test_every_page_of_the_sink_shuts_nobody_out(place: Sink, page: Page, path: str) -> None:
    await page.goto(place.url + path)
    await shuts_nobody_out(page, width=WIDTH)


async def test_three_days_of_a_case_are_seen_at_once(place: Sink, page: Page, pictures: Path | None) -> None:
    await page.goto(f"{place.url}/cases/{CASE}")
    picture = page.get_by_role("img", name="3 legs on one time axis")
    box = await picture.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 500
    if pictures is not None:
        await page.screenshot(path=pictures / "traces-case.png")
