"""What comes twice, and what an operator does again: cases end the same and are told as one graph."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

import asyncpg
import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient
from prometheus_client.parser import text_string_to_metric_families

import demo.actors.customer
import demo.actors.outside
import demo.actors.staff
from demo.processes import ROOT, ServiceProcess
from demo.stories import guarantee_repair, quote_accepted, refund_in_trial, reopened, trial_replacement
from deploy.embedded import Servers
from deploy.traces.spans import Span
from tests.journeys.evidence import Evidence, gather
from tests.journeys.groups import Offsets, applied
from tests.journeys.house import House, open_house
from tests.support.databases import in_database
from tests.support.waiting import until

SECONDS = 60
"""How long something may take when the machine is busy."""
"""Up to where a group has read, by topic and partition."""
REWOUND = {"warranty": 20, "routing": 60}
"""Which services read everything again, and after how many events: the stories have twice as many."""
BROKEN = "ALTER TABLE remedies ADD CONSTRAINT not_today CHECK (false) NOT VALID"
MENDED = "ALTER TABLE remedies DROP CONSTRAINT IF EXISTS not_today"

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
async def house(own_servers: Servers) -> AsyncIterator[House]:
    """Both tests' house; each plays stories of other customers."""
    with pytest.MonkeyPatch.context() as haste:
        for actors in (demo.actors.customer, demo.actors.outside, demo.actors.staff):
            haste.setattr(actors, "THINKING_SECONDS", 0.2)
        async with open_house(own_servers, own_servers.directory / "again") as house:
            yield house


async def test_what_services_read_twice_is_dropped_and_told_once(own_servers: Servers, house: House) -> None:
    stories = [trial_replacement.STORY, refund_in_trial.STORY, quote_accepted.STORY, reopened.STORY]
    playing, before = asyncio.create_task(house.play(stories)), house.screen.events
    again = {}
    try:
        for name, moment in REWOUND.items():
            await until(partial(house.screen.reached, before + moment), SECONDS)
            again[name] = await _start_anew(house.services[name], own_servers.kafka)
        assert not playing.done(), "cases were on their way"
        endings = await playing
    finally:
        playing.cancel()
    for name, offsets in again.items():
        await _read(own_servers.kafka, name, offsets)
    evidence = await gather(own_servers, house, endings)
    assert evidence.everything_wrong() == []
    for name, offsets in again.items():
        assert _duplicates(evidence, name) >= sum(offsets.values()) > 0


async def test_a_case_goes_on_where_it_stood_when_its_dead_letter_is_redriven(
    own_servers: Servers, house: House
) -> None:
    warranty = await asyncpg.connect(in_database(own_servers.postgres, "ciclo_warranty"), timeout=10)
    await warranty.execute(BROKEN)
    playing = asyncio.create_task(house.play([guarantee_repair.STORY]))
    try:
        case = await _stuck(warranty)
        await warranty.execute(MENDED)
        said = await _redrive(house.services["warranty"], case)
        endings = await playing
    finally:
        playing.cancel()
        await warranty.execute(MENDED)
        await warranty.close(timeout=10)
    evidence = await gather(own_servers, house, endings)
    assert evidence.everything_wrong() == []
    assert "1 redriven, 0 failed again" in said
    dead, redriven = _decided(evidence, str(case))
    assert (dead.status, dead.attributes["ciclo.outcome"]) == ("ERROR", "dead")
    assert redriven.attributes["ciclo.outcome"] == "applied"
    assert redriven.trace_id != dead.trace_id
    assert "redrive" in {link.reason for link in redriven.links}


async def _start_anew(service: ServiceProcess, kafka: str) -> Offsets:
    """Restart a service that meanwhile has read nothing, as Kafka keeps it; returns what it had read."""
    read: Offsets = {}
    start, starts = service.start, service.starts

    async def from_the_beginning() -> None:
        read.update(await asyncio.to_thread(_forget, kafka, service.name))
        await start()

    with pytest.MonkeyPatch.context() as instead:
        instead.setattr(service, "start", from_the_beginning)
        service.kill(signal.SIGTERM)
        await until(lambda: service.starts > starts, SECONDS)
    return read


def _forget(kafka: str, name: str) -> Offsets:
    """Put a service's group, in which nobody is, back to the beginning; returns where it was."""
    admin = AdminClient({"bootstrap.servers": kafka})
    before = applied(admin, name, SECONDS)
    beginning = [TopicPartition(*place, 0) for place in before]
    group = ConsumerGroupTopicPartitions(f"ciclo-{name}", beginning)
    [done] = admin.alter_consumer_group_offsets([group]).values()
    done.result(SECONDS)
    return before


async def _read(kafka: str, name: str, wanted: Offsets) -> None:
    """Wait until a service has read so far."""
    admin = AdminClient({"bootstrap.servers": kafka})
    async with asyncio.timeout(SECONDS):
        while True:
            now = await asyncio.to_thread(applied, admin, name, SECONDS)
            if all(now.get(place, 0) >= offset for place, offset in wanted.items()):
                return
            await asyncio.sleep(0.2)


def _duplicates(evidence: Evidence, service: str) -> float:
    """How many inputs from Kafka the service has dropped since it was started."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(evidence.metrics[service])
        for sample in family.samples
        if sample.name == "ciclo_inputs_total"
        and sample.labels["fate"] == "duplicate"
        and sample.labels["origin"] in ("event", "inbound")
    )


async def _stuck(database: asyncpg.Connection) -> UUID:
    """Wait for a case with a dead letter, and with something that waits behind it."""
    stuck = "SELECT aggregate FROM dead_letters JOIN parked USING (aggregate)"
    async with asyncio.timeout(SECONDS):
        while (case := await database.fetchval(stuck)) is None:  # noqa: ASYNC110 - rows have no event
            await asyncio.sleep(0.1)
    return UUID(str(case))


async def _redrive(service: ServiceProcess, case: UUID) -> str:
    """What an operator types; returns what he reads."""
    command = ("deadletters", "redrive", "--case", str(case), "--by", "ana", "--reason", "mended")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"services.{service.name}",
        *command,
        cwd=ROOT,
        env=os.environ | service.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said


def _decided(evidence: Evidence, case: str) -> list[Span]:
    """What warranty tells of the choice: in the order of their beginnings."""
    told = evidence.traced.told.case(case).own
    return sorted(
        (
            span
            for span in told
            if span.service == "warranty"
            and span.name.startswith("process ")
            and span.attributes.get("ciclo.event.type") == "ciclo.case.remedy_chosen.v1"
        ),
        key=lambda span: span.start_ns,
    )
