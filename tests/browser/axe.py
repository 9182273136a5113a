"""What axe-core finds wrong with a page, and whether it fits."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def shuts_nobody_out(page: Page, *, width: int) -> None:
    """Fail unless labels, landmarks, headings, contrast and language are right, and nothing sticks out."""
    found = await Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    faults = {one["id"]: [node["html"] for node in one["nodes"]] for one in found.response["violations"]}
    assert faults == {}
    assert {"color-contrast", "document-title"} <= {one["id"] for one in found.response["passes"]}
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
