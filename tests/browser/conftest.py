"""A real browser before a real intake. Pages get no JavaScript: what they can do, they do without."""

import os
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Route, async_playwright

from deploy.embedded import Servers
from tests.browser.customer import Customer
from tests.conftest import NewDatabase
from tests.integration.intake.service import Intake
from tests.support.browser import chromium, install_chromium

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1100, "height": 900}}
TRACES = "https://traces.example/trace/{trace_id}"
Visit = Callable[..., Coroutine[Any, Any, Customer]]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Get a browser before the first test, whose time is limited."""
    here = Path(__file__).parent
    if not session.config.option.collectonly and any(i.path.is_relative_to(here) for i in session.items):
        install_chromium()


@pytest.fixture(scope="module")
async def intake(servers: Servers, database: NewDatabase) -> AsyncIterator[Intake]:
    """Intake with a fresh database and topics that no other test uses."""
    async with Intake(await database("intake"), servers.kafka, TRACES) as running:
        yield running


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium."""
    path = chromium()
    # Without its sandbox, which root may not use; all it ever opens is our own page.
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        await running.close()


@pytest.fixture
async def visit(browser: Browser, intake: Intake) -> AsyncIterator[Visit]:
    """`customer = await visit(language="pt", phone=True)`: a customer with a case and his page open.

    Fails if a page asks for anything from elsewhere, or the browser complains about it.
    """
    complaints: list[str] = []
    contexts = []

    async def only_here(route: Route) -> None:
        if route.request.url.startswith(str(intake.http.base_url)):
            await route.continue_()
        else:
            complaints.append(f"asked for {route.request.url}")
            await route.abort()

    def heard(message: ConsoleMessage) -> None:
        # A refused form answers 4xx, which the browser reports although it shows the page.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            complaints.append(message.text)

    async def open_page(*, phone: bool, scripts: bool) -> Page:
        settings: dict[str, Any] = {**(PHONE if phone else DESKTOP), "java_script_enabled": scripts}
        context = await browser.new_context(**settings)
        contexts.append(context)
        context.set_default_timeout(10_000)
        await context.route("**/*", only_here)
        page = await context.new_page()
        page.on("console", heard)
        return page

    async def new(
        *, language: str = "en", phone: bool = False, scripts: bool = False, **report: Any
    ) -> Customer:
        page = await open_page(phone=phone, scripts=scripts)
        customer = await Customer.with_case(intake, page, language, report)
        await customer.opens_his_link()
        return customer

    yield new
    for context in contexts:
        await context.close()
    assert not complaints


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where screenshots go, if anybody wants them: the folder CICLO_SCREENSHOTS."""
    folder = os.environ.get("CICLO_SCREENSHOTS")
    if folder is None:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)
