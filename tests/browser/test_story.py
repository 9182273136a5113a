"""The story of a case in a real browser without JavaScript: to be read with eyes, ears and keyboard alone."""

from pathlib import Path

import pytest

from tests.browser.axe import shuts_nobody_out
from tests.browser.conftest import Visit
from tests.browser.story import StoryPage


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["es", "en", "pt"])
@pytest.mark.parametrize("legs", [1, 8, 12], ids=["begun", "open", "over"])
async def test_a_story_shuts_nobody_out(
    visit: Visit, language: str, legs: int, phone: bool, pictures: Path | None
) -> None:
    story = await StoryPage.after_three_weeks(await visit(phone=phone, scripts=True), legs)
    width = 320 if phone else 1100
    await story.page.set_viewport_size({"width": width, "height": 800})
    await story.opens(language)
    assert await story.page.locator("html").get_attribute("lang") == language
    await shuts_nobody_out(story.page, width=width)
    if pictures is not None:
        name = f"story-{'phone' if phone else 'desktop'}-{legs}-{language}.png"
        await story.page.screenshot(path=pictures / name, full_page=True)


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
async def test_a_screen_reader_hears_what_the_drawing_shows(visit: Visit, phone: bool) -> None:
    story = await StoryPage.after_three_weeks(await visit(phone=phone))
    await story.opens("en")
    waits = story.table("Where the time went").get_by_role("row")
    heard = [" ".join((await row.inner_text()).split()) for row in await waits.all()]
    assert "a spare part 6 d 23 h 33% times: 2" in heard
    assert "the customer 6 d 1 h 29% times: 4" in heard
    promises = story.table("Promises").get_by_role("row")
    assert await promises.count() == 5
    broken = " ".join((await promises.nth(2).inner_text()).split())
    assert "2. repair" in broken
    assert "before: 16 Oct 2026, 08:41 (waiting_for_part)" in broken
    assert broken.endswith("broken 21 Oct 2026, 08:41")
    steps = story.table("Leg 4").get_by_role("row")
    said = [" ".join((await step.inner_text()).split()) for step in await steps.all()]
    assert said[1].startswith("intake case.remedy_chosen")
    assert said[1].endswith("+0 ms")
    assert said[-1] == "notifications notification.sent template repair_authorized +243 ms"


async def test_weeks_are_drawn_to_one_scale_and_milliseconds_to_another(visit: Visit) -> None:
    story = await StoryPage.after_three_weeks(await visit())
    await story.opens("en")

    async def ends(whom: str) -> tuple[float, float]:
        boxes = [await bar.bounding_box() for bar in await story.page.locator(f".waited .bar.{whom}").all()]
        found = [(box["x"], box["x"] + box["width"]) for box in boxes if box is not None]
        return min(left for left, _ in found), max(right for _, right in found)

    workshop, part, first_line = await ends("workshop"), await ends("part"), await ends("first_line")
    assert workshop[1] == pytest.approx(part[0], abs=2)
    assert part[1] == pytest.approx(first_line[0], abs=2)
    week = (part[1] - part[0]) / 6.96
    assert (first_line[1] - first_line[0]) / week == pytest.approx(2.25, abs=0.1)
    lane = await story.page.locator("#leg-1 .lane").first.bounding_box()
    last = await story.page.locator("#leg-1 .bar").last.bounding_box()
    assert lane is not None
    assert last is not None
    assert last["x"] + last["width"] == pytest.approx(lane["x"] + lane["width"], abs=1)
    assert last["width"] / lane["width"] == pytest.approx((431 - 152) / 431, abs=0.02)


async def test_waits_stand_between_legs_and_say_for_whom(visit: Visit) -> None:
    story = await StoryPage.after_three_weeks(await visit(), legs=8)
    await story.opens("en")
    chapters = await story.page.locator(".chapters > li").all()
    kinds = [(await one.get_attribute("class") or "").split()[0] for one in chapters]
    assert kinds == ["leg", "wait"] * 8
    both = " ".join((await chapters[11].inner_text()).split())
    assert both == (
        "1 d 16 h waiting for the workshop (SP-MADRID; until 16 Oct 2026, 08:41) "
        "+ whoever answers the complaint (agent-08)"
    )
    assert "and still waiting for a spare part" in await chapters[-1].inner_text()


async def test_the_keyboard_leads_to_every_trace(visit: Visit) -> None:
    story = await StoryPage.after_three_weeks(await visit())
    await story.opens("en")
    page = story.page
    await page.keyboard.press("Tab")
    assert await page.locator("*:focus").inner_text() == "Skip to content"
    await page.keyboard.press("Enter")
    reached = []
    for _ in range(12):
        await page.keyboard.press("Tab")
        reached.append(await page.locator("*:focus").get_attribute("href"))
        assert await page.locator("*:focus").is_visible()
    traces = [f"{story.case_id.int % 2**64:016x}{leg:016x}" for leg in range(1, 13)]
    assert reached == [f"https://traces.example/trace/{trace}" for trace in traces]
    assert await page.locator("a[href^='https://traces']").first.get_attribute("rel") == "noreferrer"


async def test_the_language_of_a_story_is_switched_by_a_link(visit: Visit) -> None:
    story = await StoryPage.after_three_weeks(await visit())
    await story.opens("en")
    await story.page.get_by_role("link", name="Español").click()
    assert await story.page.locator("html").get_attribute("lang") == "es"
    heading = await story.page.get_by_role("heading", level=1).inner_text()
    assert heading == f"La historia del caso {story.case_no}"
