"""What the run stands on: fresh servers, topics and databases, and a mail server of its own."""

import asyncio
import json
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from ciclo_schemas.topics import create_topics, load_topics
from demo.processes import NAMES
from deploy.embedded import CannotStart, Servers, running
from deploy.embedded.directory import claimed

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / ".ciclo" / "load"
PREFIX = "ciclo_load_"
SINK_SECONDS = 30


@contextmanager
def fresh_servers(say: Callable[[str], None], directory: Path = DIRECTORY) -> Iterator[Servers]:
    """Embedded servers without any data of an earlier run, or those that the environment names."""
    with claimed(directory, say):
        for name in ("kafka", "postgres"):
            shutil.rmtree(directory / name, ignore_errors=True)
    with running(directory, say=say) as servers:
        yield servers


@asynccontextmanager
async def fresh_topics(servers: Servers) -> AsyncIterator[None]:
    """New topics, removed afterwards. Raises CannotStart if there are some: they are somebody else's."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
    await admin.start()
    try:
        there = sorted(set(load_topics()) & set(await admin.list_topics()))
        if there:
            raise CannotStart(
                f"Kafka at {servers.kafka} has topics of Ciclo already ({there[0]}, ...).",
                "let CICLO_KAFKA name a Kafka without them, or unset it to use an embedded one.",
            )
        await create_topics(servers.kafka)
        try:
            yield
        finally:
            await admin.delete_topics(list(load_topics()))
    finally:
        await admin.close()


async def fresh_databases(servers: Servers) -> dict[str, str]:
    """Drop what an earlier run left; returns the addresses that the services' databases will have."""
    admin = await asyncpg.connect(servers.postgres, timeout=10)
    try:
        for name in NAMES:
            await admin.execute(f'DROP DATABASE IF EXISTS "{PREFIX}{name}" WITH (FORCE)')
    finally:
        await admin.close()
    return {name: urlsplit(servers.postgres)._replace(path=f"/{PREFIX}{name}").geturl() for name in NAMES}


@dataclass
class Sink:
    """The mail server of the run, in a process of its own; it ends with this one."""

    process: asyncio.subprocess.Process
    port: int

    async def counted(self) -> Mapping[str, int]:
        """End it; what it counted."""
        said, _ = await asyncio.wait_for(self.process.communicate(b""), SINK_SECONDS)
        counts: Mapping[str, int] = json.loads(said)
        return counts


@asynccontextmanager
async def mail_sink() -> AsyncIterator[Sink]:
    """A mail server that only counts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.benchmarks.mail_sink",
        stdin=PIPE,
        stdout=PIPE,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        if process.stdout is None:
            raise CannotStart("the mail sink has no output.", "this is a bug of the driver.")
        yield Sink(process, int(await asyncio.wait_for(process.stdout.readline(), SINK_SECONDS)))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
