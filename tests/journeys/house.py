"""A house where stories are played: four real processes, a mailbox, and the people of the demo."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from ciclo_schemas.topics import create_topics
from demo.doors import Doors
from demo.mailbox import mailbox
from demo.play import Theatre
from demo.processes import Services
from demo.report import Ending
from demo.screen import Screen
from demo.stories.story import Story
from demo.wire import Heard, Journal, Outsider, listening, writing
from demo.world import Owner, load
from deploy.embedded import Servers
from deploy.traces import Sink, sink
from tests.journeys.canaries import Canaries

PROMPTLY = {"OTEL_BSP_SCHEDULE_DELAY": "200"}
"""Spans leave a service after 0.2 s: so much is lost when it is killed."""
World = Callable[[Doors, Outsider, str], Awaitable[dict[str, Owner]]]
"""Registers people and products under numbers that end with the run's; the owners by their names."""


class NotingDoors(Doors):
    """The doors, with a note of everything that anybody wrote through them, and of the keys they showed."""

    def __init__(self, services: Services, client: httpx.AsyncClient) -> None:
        super().__init__(services, client)
        self.texts: list[str] = []
        self.keys: set[str] = set()

    async def ask(
        self,
        method: str,
        service: str,
        path: str,
        *,
        show: Mapping[str, str],
        body: Any = None,
        done: tuple[str, ...] = (),
        not_yet: tuple[str, ...] = (),
    ) -> Any:
        if body is not None and body.get("text"):
            self.texts.append(body["text"])
        if "Authorization" in show:
            self.keys.add(show["Authorization"].removeprefix("Bearer "))
        return await super().ask(method, service, path, show=show, body=body, done=done, not_yet=not_yet)


@dataclass
class NotingScreen(Screen):
    """The screen, with a note of which story has which cases, and how far the play is."""

    cases: dict[str, list[str]] = field(default_factory=dict)
    events: int = 0

    def opened(self, title: str, case_id: str, case_no: str) -> None:
        self.cases.setdefault(title, []).append(case_id)
        super().opened(title, case_id, case_no)

    def heard(self, heard: Heard) -> None:
        self.events += 1
        super().heard(heard)

    def reached(self, events: int) -> bool:
        """Whether so many events were read."""
        return self.events >= events


@dataclass(frozen=True)
class Letter:
    """One mail as it arrived."""

    message_id: str
    to: str
    subject: str
    body: str
    day: date
    """On which it was sent, in UTC."""


@dataclass
class House:
    """What is open while the services run."""

    services: Services
    doors: NotingDoors
    screen: NotingScreen
    mails: Path
    logs: Path
    journal: Journal
    outsider: Outsider
    sink: Sink
    """What gets the services' spans."""
    _foundations: tuple[asyncio.Task[None], ...]
    """What playing rests on: these tasks end only when it cannot go on."""
    serials: set[str] = field(default_factory=set)
    """The numbers of everything that anybody bought, and of the purchases."""
    deaths: dict[str, list[float]] = field(default_factory=dict)
    """When which service was killed (Unix time, in seconds)."""

    async def play(self, stories: Sequence[Story], world: World = load) -> list[Ending]:
        """Load a world under fresh serial numbers and play; raises what makes that impossible."""
        playing = asyncio.create_task(self._play(stories, world))
        try:
            await asyncio.wait({playing, *self._foundations}, return_when=asyncio.FIRST_COMPLETED)
            for foundation in self._foundations:
                if foundation.done():
                    await foundation
            return await playing
        finally:
            playing.cancel()

    async def _play(self, stories: Sequence[Story], world: World) -> list[Ending]:
        owners = await world(self.doors, self.outsider, secrets.token_hex(4).upper())
        for thing in chain.from_iterable(owner.things for owner in owners.values()):
            self.serials |= {thing.product_unit, thing.purchase_ref}
        theatre = Theatre(self.doors, self.journal, self.outsider, self.screen, self.mails)
        return await theatre.play_all(stories, owners)

    async def metrics(self) -> dict[str, str]:
        """What each service says of itself to a monitor."""
        async with httpx.AsyncClient(timeout=20) as client:
            services = self.services.each.items()
            return {name: (await client.get(f"{one.admin_url}/metrics")).text for name, one in services}

    def canaries(self) -> Canaries:
        """What was shown at doors or sent in letters so far, and what was bought."""
        links = {link for letter in self.letters() for link in re.findall(r"/c/([^/#\s]+)", letter.body)}
        return Canaries(frozenset(self.doors.keys | links), frozenset(self.serials))

    def letters(self) -> list[Letter]:
        """Every mail, repeated ones as often as they arrived."""
        files = sorted(self.mails.glob("*.eml"))
        parsed = (
            BytesParser(_class=EmailMessage, policy=default).parsebytes(file.read_bytes()) for file in files
        )
        return [_letter(mail) for mail in parsed]


@asynccontextmanager
async def open_house(servers: Servers, folder: Path) -> AsyncIterator[House]:
    """Topics, databases, four services, a sink for their spans; logs, mailbox and screen are in `folder`."""
    async with AsyncExitStack() as stack:
        box = await stack.enter_async_context(mailbox(folder / "mailbox"))
        console = Console(file=stack.enter_context((folder / "screen.txt").open("w")), width=160)
        screen = NotingScreen(console)
        await create_topics(servers.kafka)
        spans = stack.enter_context(sink(folder / "traces"))
        services = Services(
            servers, folder / "logs", smtp_port=box.port, say=screen.say, settings=spans.settings | PROMPTLY
        )
        await stack.enter_async_context(services)
        journal = Journal(on_event=screen.heard)
        reading = await stack.enter_async_context(listening(servers.kafka, journal))
        outsider = await stack.enter_async_context(writing(servers.kafka))
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=10))
        failing = asyncio.create_task(services.failure())
        stack.callback(failing.cancel)
        doors = NotingDoors(services, client)
        yield House(
            services, doors, screen, box.folder, folder / "logs", journal, outsider, spans, (reading, failing)
        )


def _letter(mail: EmailMessage) -> Letter:
    body = mail.get_body(("plain",))
    return Letter(
        str(mail["Message-ID"]),
        str(mail["To"].addresses[0].addr_spec),
        str(mail["Subject"]),
        "" if body is None else str(body.get_content()),
        mail["Date"].datetime.astimezone(UTC).date(),
    )
