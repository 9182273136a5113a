"""The demo itself: everything is started, the world loaded, the stories played and judged."""

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import httpx

from ciclo_schemas.notifications import NotificationFailed, NotificationSent
from ciclo_schemas.topics import create_topics
from demo.actors import Agent, Case, Crm, Customer, Erp, Logistics, Workshop
from demo.doors import DoorClosed, Doors
from demo.mailbox import Mailbox, mailbox
from demo.processes import Services
from demo.report import Ending, Places, show_complaints, show_places, show_table
from demo.screen import Screen
from demo.stories import STORIES
from demo.stories.story import Stage, Story, missing_of
from demo.traces import Traces
from demo.wire import Heard, Journal, Outsider, listening, writing
from demo.world import Owner, load
from deploy.embedded import Servers
from services.chassis.clock import seconds, utc_now

STORY_SECONDS = 120
AGENTS = ("agent-01", "agent-02", "agent-03", "agent-04")
EDUCATOR, COMPLAINTS = "agent-11", "agent-08"
ENDINGS = ("case.closed", "case.cancelled", "case.rejected")


class Theatre:
    """Plays stories on running services."""

    def __init__(
        self, doors: Doors, journal: Journal, outsider: Outsider, screen: Screen, mails: Path
    ) -> None:
        self._doors = doors
        self._mails = mails
        self._journal = journal
        self._outsider = outsider
        self._screen = screen

    async def play_all(self, stories: Sequence[Story], owners: dict[str, Owner]) -> list[Ending]:
        """Play the stories side by side and judge them."""
        for story in stories:
            self._screen.begins(story.title)
        return await asyncio.gather(
            *(
                self._play(story, owners[story.customer], AGENTS[number % len(AGENTS)])
                for number, story in enumerate(stories)
            )
        )

    async def _play(self, story: Story, owner: Owner, agent: str) -> Ending:
        cases: list[Case] = []

        def opened(case: Case) -> None:
            cases.append(case)
            self._screen.opened(story.title, str(case.case_id), case.case_no)

        stage = self._stage(owner, agent, opened)
        began, complaints = seconds(), []
        try:
            async with asyncio.timeout(STORY_SECONDS):
                await story.play(stage)
                if stage.customer.has_case:
                    await stage.customer.is_done()
                await self._all_told(story, cases[0])
        except TimeoutError:
            complaints.append(f"not at its end after {STORY_SECONDS} s")
        except DoorClosed as refused:
            complaints.append(str(refused))
        return await self._ending(story, stage.customer, cases, seconds() - began, complaints)

    def _stage(self, owner: Owner, agent: str, opened: Callable[[Case], None]) -> Stage:
        def person(staff_no: str) -> Agent:
            return Agent(self._doors, self._journal, staff_no)

        return Stage(
            customer=Customer(self._doors, owner, opened, self._mails),
            other=Customer(self._doors, owner, opened, self._mails),
            agent=person(agent),
            educator=person(EDUCATOR),
            complaints=person(COMPLAINTS),
            colleague=person,
            workshop=Workshop(self._journal, self._outsider),
            logistics=Logistics(self._journal, self._outsider),
            erp=Erp(self._journal, self._outsider),
            crm=Crm(self._journal, self._outsider, opened),
            journal=self._journal,
        )

    async def _all_told(self, story: Story, case: Case) -> None:
        if story.messages:
            await self._journal.find(case.case_id, "notification.sent", len(story.messages))

    async def _ending(
        self, story: Story, customer: Customer, cases: list[Case], took: float, complaints: list[str]
    ) -> Ending:
        events = self._journal.of(cases[0].case_id) if cases else []
        told = [heard.event.template for heard in events if isinstance(heard.event, NotificationSent)]
        failed = [heard.event for heard in events if isinstance(heard.event, NotificationFailed)]
        if not story.bounces:
            complaints += [f"the message {event.template} failed: {event.reason}" for event in failed]
        names = [heard.name for heard in events]
        status, state = await self._state(customer, events)
        if complaints:
            complaints.append(f"next should have come: {missing_of(story.path, names) or 'its messages'}")
        else:
            complaints += story.complaints(names, told)
            complaints += self._of_others(story, cases)
            if status != story.ends:
                complaints.append(f"it ended as {status}, not as {story.ends}")
        for case in cases:
            complaints += [f"on the wire: {fault}" for fault in self._journal.faults(case.case_id)]
        if complaints:
            complaints.append(f"it stands at: {state}; last event: {_last(events)}")
        self._screen.ended(story.title, "failed" if complaints else story.ends)
        first, *others = [case.case_no for case in cases] or [""]
        return Ending(story, first, state, names, told, took, complaints, tuple(others))

    def _of_others(self, story: Story, cases: list[Case]) -> list[str]:
        if len(cases) != 1 + len(story.others):
            return [f"{len(cases)} cases were opened, not {1 + len(story.others)}"]
        missing = {
            case.case_no: missing_of(path, [heard.name for heard in self._journal.of(case.case_id)])
            for case, path in zip(cases[1:], story.others, strict=True)
        }
        return [f"{name} did not happen in its turn in {no}" for no, name in missing.items() if name]

    async def _state(self, customer: Customer, events: Sequence[Heard]) -> tuple[str, str]:
        """Status and headline as the customer reads them; by the last event where the CRM speaks."""
        if customer.has_case:
            with suppress(TimeoutError, DoorClosed):
                async with asyncio.timeout(5):
                    view = await customer.sees()
                    return view["status"], f"{view['status']}: {view['headline']['text']}"
            return "unknown", "unknown: intake does not answer"
        ended = [heard.name.removeprefix("case.") for heard in events if heard.name in ENDINGS]
        return (ended[-1], f"{ended[-1]} (the CRM has the case)") if ended else ("open", "no end")


def _last(events: Sequence[Heard]) -> str:
    return f"{events[-1].name} of {events[-1].envelope.source_name}" if events else "none"


async def play(servers: Servers, screen: Screen, traces: Traces, *, keep: bool) -> int:
    """Play everything. Returns the exit code: 1 when a case did not end where its story says."""
    folder = servers.directory
    _log_to(folder / "logs")
    journal = Journal(on_event=screen.heard)
    async with AsyncExitStack() as stack:
        mails = await stack.enter_async_context(mailbox(folder / "mailbox"))
        screen.say("creating topics, migrating databases, starting four services")
        await create_topics(servers.kafka)
        services = Services(
            servers, folder / "logs", smtp_port=mails.port, say=screen.say, settings=traces.settings
        )
        await stack.enter_async_context(services)
        reading = await stack.enter_async_context(listening(servers.kafka, journal))
        outsider = await stack.enter_async_context(writing(servers.kafka))
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=10))
        doors = Doors(services, client)
        playing = asyncio.create_task(_perform(doors, journal, outsider, screen, mails.folder))
        await _unless_one_ends(playing, reading, asyncio.create_task(services.failure()))
        code = judge(screen, mails, playing.result())
        key = await services.key("routing", f"agent/{AGENTS[0]}", "cases:read", "cases:work")
        places = Places(services, servers.kafka, mails.folder, traces.place, f"{AGENTS[0]} {key}")
        show_places(screen.console, places, keep=keep)
        if keep:
            asked = asyncio.create_task(_until_asked())
            await _unless_one_ends(asked, asyncio.create_task(services.failure()))
    return code


def _log_to(folder: Path) -> None:
    """What the libraries of the demo say goes beside the services' logs, not between the stories."""
    folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=folder / "demo.log", filemode="w", level=logging.WARNING)


async def _unless_one_ends(main: asyncio.Task[Any], *others: asyncio.Task[None]) -> None:
    """Wait for the main task; what it rests on must not end before. Raises what ended it."""
    every: set[asyncio.Task[Any]] = {main, *others}
    try:
        await asyncio.wait(every, return_when=asyncio.FIRST_COMPLETED)
        for other in others:
            if other.done():
                await other
    finally:
        for task in every:
            task.cancel()
        await asyncio.gather(*every, return_exceptions=True)


async def _perform(
    doors: Doors, journal: Journal, outsider: Outsider, screen: Screen, mails: Path
) -> list[Ending]:
    run = f"{int(utc_now().timestamp()):X}"
    screen.say("loading the sample world: service points, customers, products")
    owners = await load(doors, outsider, run)
    screen.say(f"playing {len(STORIES)} stories")
    with screen:
        return await Theatre(doors, journal, outsider, screen, mails).play_all(STORIES, owners)


def judge(screen: Screen, mails: Mailbox, endings: Sequence[Ending]) -> int:
    """Show how every case ended; the exit code: 1 if any did not end where its story says."""
    show_table(screen.console, endings)
    show_complaints(screen.console, endings)
    repeated = sum(count - 1 for count in mails.messages.values())
    again = f", {repeated} of them again with the same Message-ID" if repeated else ""
    screen.say(
        f"{sum(len(ending.events) for ending in endings)} events of these cases read from Kafka; "
        f"{sum(mails.messages.values())} mails in the mailbox{again}"
    )
    return 1 if any(ending.complaints for ending in endings) else 0


async def _until_asked() -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()
