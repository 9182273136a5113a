"""All four services as they are put together, each with its own database and topics."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import Any, get_type_hints

from deploy.embedded import Servers
from services.chassis.app import App
from tests.support.databases import fresh_database
from tests.support.running import TOKEN, Running, common

NAMES = ("intake", "routing", "warranty", "notifications")
SECRET = "a-tracking-secret-for-the-tests-alone"
UNLIMITED = {"stranger_per_second": 100_000, "holder_per_second": 100_000}
OWN: dict[str, dict[str, Any]] = {
    "intake": {"tracking_secret": SECRET},
    "routing": {"intake_url": "http://127.0.0.1:1", "intake_key": TOKEN},
    "warranty": {},
    "notifications": {"intake_key": TOKEN},
}


def build(name: str, database_url: str, kafka: str) -> tuple[App, Any]:
    """A service as its command line builds it, with as many requests as a test likes; and its settings."""
    build_app = import_module(f"services.{name}.app").build_app
    [settings] = [hint for argument, hint in get_type_hints(build_app).items() if argument != "return"]
    given = settings(**common(database_url, kafka) | UNLIMITED | OWN[name])
    return build_app(given), given


class Four(dict[str, Running]):
    """The running services by name."""


@asynccontextmanager
async def one(name: str, servers: Servers, *, holder: str = "agent/agent-03") -> AsyncIterator[Running]:
    """One service, running."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(fresh_database(servers.postgres, name))
        app, settings = build(name, url, servers.kafka)
        running = Running(app.definition, settings, app._routers, holder=holder, body_limits=app._body_limits)
        yield await stack.enter_async_context(running)


@asynccontextmanager
async def all_four(servers: Servers, *, holder: str = "agent/agent-03") -> AsyncIterator[Four]:
    """All of them, each for itself."""
    async with AsyncExitStack() as stack:
        yield Four(
            {name: await stack.enter_async_context(one(name, servers, holder=holder)) for name in NAMES}
        )
