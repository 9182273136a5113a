"""The place of a drill: servers behind proxies, four services, everybody around them, and the history."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from ciclo_schemas.topics import create_topics, load_topics
from demo.processes import NAMES, ServiceProcess, Services
from deploy.embedded.ports import HOST, free_port
from services.chassis.clock import seconds
from tests.benchmarks.ground import PREFIX, fresh_databases
from tests.benchmarks.mail_sink import MAX_MESSAGE, Counted, talk
from tests.benchmarks.measure import Databases
from tests.benchmarks.partners import Post
from tests.benchmarks.town import open_service_points
from tests.drills.checker import Anomaly, Judgement, check
from tests.drills.history import READERS, Recorder
from tests.drills.load import Load
from tests.drills.outside import Reader, Writer
from tests.drills.records import History
from tests.drills.servers import OwnServers, Say

PATIENCE_S = 60.0
"""How long no case may end, and what seems to be lost may still come after the last one ended."""
REGISTER_S = 120.0
UNLIMITED = {
    f"{name.upper()}_{limit}_PER_SECOND": "100000" for name in NAMES for limit in ("STRANGER", "HOLDER")
}
Programs = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Mark:
    """Where a scenario begins in what is written down."""

    subjects: frozenset[str]
    cases: int
    requests: int


@dataclass
class World:
    """Everything of a drill that runs."""

    servers: OwnServers
    services: Services
    recorder: Recorder
    databases: Databases
    load: Load
    mails: Counted
    directory: Path
    say: Say
    restarts: list[str] = field(default_factory=list)

    async def mark(self) -> Mark:
        """Begin a scenario."""
        await self.recorder.read()
        return Mark(
            frozenset(self.recorder.subjects(self.recorder.marks())),
            len(self.load.ledger.cases),
            len(self.load.requests),
        )

    async def change(self, statements: Sequence[str]) -> None:
        """Carry out statements in every database."""
        await execute(self.recorder.urls, statements)

    def second(self, name: str, number: int = 1) -> ServiceProcess:
        """One more replica of a service, with ports of its own, not yet started."""
        first, ports = self.services[name], (free_port(), free_port())
        addresses = {
            f"{name.upper()}_HTTP_PORT": str(ports[0]),
            f"{name.upper()}_ADMIN_PORT": str(ports[1]),
        }
        log = first.log.with_name(f"{name}-second-{number}.log")
        return ServiceProcess(name, log, first.environment | addresses, *ports, program=first.program)

    async def stock(self, count: int) -> None:
        """Have customers at hand, their purchases known to warranty."""
        before = await self.databases.registered_units()
        wanted = before + await self.load.stock(count)
        deadline = seconds() + REGISTER_S
        while await self.databases.registered_units() < wanted:
            if seconds() > deadline:
                raise TimeoutError("warranty does not take note of what was sold")
            await asyncio.sleep(0.1)

    async def history(self, mark: Mark, *, as_planned: bool) -> History:
        """All that was written down since a scenario began."""
        await self.recorder.read()
        load = self.load
        history = History(READERS)
        self.recorder.fill(history, mark.subjects)
        history.seen = [one for one in load.seen if one.subject not in mark.subjects]
        history.requests = load.requests[mark.requests :]
        cases = list(load.ledger.cases)[mark.cases :]
        history.places = await self.recorder.places(cases)
        if as_planned:
            expected = load.expected()
            history.expected = {case: expected[case] for case in cases}
        history.broken = await self.recorder.broken() + load.ledger.faults
        history.arrived, history.told = len(self.mails.ids), await self.recorder.told()
        return history

    async def judge(
        self, mark: Mark, *, as_planned: bool = True, patience: float = PATIENCE_S
    ) -> tuple[History, Judgement]:
        """Wait until all is quiet and nothing seems to be missing, at most for a while; then judge."""
        answered = await self.load.ended(patience)
        deadline = seconds() + patience
        while True:
            history = await self.history(mark, as_planned=as_planned)
            judgement = check(history)
            waiting = await self._waiting()
            if answered and not waiting and judgement.is_clean:
                break
            if seconds() > deadline or not judgement.may_pass:
                for queue in waiting:
                    judgement.add(Anomaly.CONSERVATION, f"left: {queue}")
                for _ in range(self.load.unanswered):
                    judgement.add(Anomaly.LOST, "a request that is not answered")
                break
            await asyncio.sleep(1)
        self.load.ledger.faults.clear()
        return history, judgement

    async def _waiting(self) -> list[str]:
        queues = await self.databases.queues()
        return [
            f"{n} in {queue} of {name}" for name, each in queues.items() for queue, n in each.items() if n
        ]


@asynccontextmanager
async def open_world(
    servers: OwnServers, directory: Path, run: str, say: Say, programs: Programs | None = None
) -> AsyncIterator[World]:
    """Fresh topics and databases, all services ready, the history being written."""
    async with AsyncExitStack() as stack:
        mails = Counted()
        sink = await asyncio.start_server(
            lambda reader, writer: talk(reader, writer, mails), HOST, 0, limit=MAX_MESSAGE
        )
        stack.callback(sink.close)
        await _fresh_topics(servers.direct.kafka)
        urls = await fresh_databases(servers.direct)
        restarts: list[str] = []

        def restarted(text: str) -> None:
            restarts.append(text)

        services = Services(
            servers.proxied,
            directory / "logs",
            smtp_port=sink.sockets[0].getsockname()[1],
            say=restarted,
            prefix=PREFIX,
            settings=UNLIMITED,
        )
        for name, program in (programs or {}).items():
            services[name].program = program
        await stack.enter_async_context(services)
        recorder = Recorder(urls)
        await recorder.install()
        databases = Databases(urls)
        stack.push_async_callback(databases.close)
        await databases.connect()
        writer = Writer(servers.direct.kafka)
        stack.push_async_callback(writer.stop)

        async def key_of(staff_no: str) -> str:
            return await services.key("routing", f"agent/{staff_no}", "cases:read", "cases:work")

        load = Load({name: services[name].url for name in NAMES}, Post(writer), run, key_of)
        stack.callback(load.leave)
        await load.prepare()
        topics = [topic for topic in load_topics() if not topic.startswith("ciclo.inbound.")]
        reader = Reader(servers.direct.kafka, topics, load.hear)
        stack.push_async_callback(reader.stop)
        office = await services.key("warranty", "agent/office-01", "service_points:write")
        await open_service_points(load.webs["warranty"], office)
        yield World(servers, services, recorder, databases, load, mails, directory, say, restarts)


async def _fresh_topics(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        ours = set(load_topics())
        there = sorted(ours & set(await admin.list_topics()))
        if there:
            await admin.delete_topics(there)
            async with asyncio.timeout(30):
                while ours & set(await admin.list_topics()):  # noqa: ASYNC110 - no event tells it
                    await asyncio.sleep(0.1)
    finally:
        await admin.close()
    await create_topics(kafka)


async def execute(urls: Mapping[str, str], statements: Sequence[str]) -> None:
    """Carry out statements in every database."""
    for url in urls.values():
        connection = await asyncpg.connect(url, timeout=10)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()
