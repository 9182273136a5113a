"""The same matter reported twice at the very same moment is linked once; both cases end with one answer."""

import asyncio
import random
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import UUID

from ciclo_schemas.cases import CaseOpened
from ciclo_schemas.events import Event
from ciclo_schemas.routing import CaseClosed, CaseLinked
from ciclo_schemas.values import Facts
from services.chassis.database import create_pool
from services.chassis.decider import Origin
from services.chassis.definition import Definition
from services.chassis.engine import Engine
from services.chassis.fan_outs import FanOuts
from services.chassis.ids import new_id
from services.chassis.inputs import Fate, Input
from services.routing.store import TABLES, TARGETS
from tests.conftest import NewDatabase
from tests.integration.routing.service import Routing
from tests.support.deciders import NOW
from tests.support.replicas import only_replica
from tests.support.running import names
from tests.unit.routing import world as on

DEFINITION = Definition("routing", (on.DECIDER,), tables=TABLES, reads=("ciclo.cases.v1",), targets=TARGETS)
MATTERS = 60


def reported(customer: int, minutes: int = 0, unit: str = on.TV) -> CaseOpened:
    """A customer's report of a unit, so many minutes after the others."""
    return on.opened(Facts(product_unit=unit)).model_copy(
        update={
            "customer_ref": f"cus_{customer:032x}",
            "reported_at": NOW + timedelta(minutes=minutes),
            "text_ref": f"txt_{new_id().hex}",
        }
    )


def heard(case: UUID, event: Event) -> Input:
    """The first event of a case, as the consumer hands it over."""
    return Input(
        subject=case,
        origin=Origin.EVENT,
        type=event.event_type,
        id=new_id(),
        data=event,
        raw=event.write().decode(),
        time=NOW,
        source="intake",
        sequence=1,
    )


async def test_cases_opened_at_once_in_batches_of_two_replicas_are_linked_exactly_once(
    database: NewDatabase,
) -> None:
    url = await database("routing")
    customers = [customer for customer in range(MATTERS) for _ in range(3)]
    inputs = [heard(new_id(), reported(customer, minutes)) for minutes, customer in enumerate(customers)]
    random.Random(7).shuffle(inputs)  # noqa: S311 - an order, no secret
    async with AsyncExitStack() as stack:
        pools = [await stack.enter_async_context(await create_pool(url, f"ciclo-test-{n}")) for n in (1, 2)]
        engines = [Engine(pool, DEFINITION) for pool in pools]
        for engine in engines:
            await engine.start()
        fates = await asyncio.gather(*(_hears(one, inputs[n::2]) for n, one in enumerate(engines)))
        assert {fate for of_engine in fates for fate in of_engine} == {Fate.APPLIED}
        lanes = await stack.enter_async_context(only_replica(url))
        loop = FanOuts(engines[0], lanes, pools[0], TARGETS)
        while await loop.turn() == 0:
            pass
        rows = await pools[0].fetch("SELECT * FROM cases ORDER BY opened_at")
        matters = await pools[0].fetch("SELECT customer_ref, survivor FROM matters")
    first: dict[str, UUID] = {}
    for row in rows:
        first.setdefault(row["customer_ref"], row["case_id"])
    assert {row["customer_ref"]: row["survivor"] for row in matters} == first
    for row in rows:
        survives = first[row["customer_ref"]]
        assert row["survivor"] == (None if row["case_id"] == survives else survives)
        assert (row["waiting_for"] == "linked_case") == (row["case_id"] != survives)


async def _hears(engine: Engine, inputs: list[Input]) -> list[Fate]:
    batches = [inputs[start : start + 9] for start in range(0, len(inputs), 9)]
    return [outcome.fate for batch in batches for outcome in await engine.apply(batch)]


async def test_two_reports_of_one_television_become_one_and_one_answer_closes_both(routing: Routing) -> None:
    by_web, by_phone = new_id(), new_id()
    for case, minutes in ((by_phone, 3), (by_web, 0)):  # the later report is heard first
        event = reported(1, minutes)
        routing.vault.texts[event.text_ref] = "mi smart tv no abre youtube: network problem"
        await routing.tell(case, "intake", event)
    await routing.until(by_phone, stage="linked")
    assert names(await routing.says(by_phone, 4)).count("case.linked") == 1
    linked = next(event for _, event in routing.about(by_phone) if isinstance(event, CaseLinked))
    assert linked.survivor == by_web

    elsewhere = await routing.post(by_phone, "take")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "linked_case")
    assert (await routing.post(by_web, "take")).status_code == 200
    await routing.post(by_web, "resolution", reason="network_restarted")
    await routing.until(by_phone, stage="resolution_proposed")
    await routing.tell(by_phone, "intake", on.confirmed())
    for case in (by_web, by_phone):
        await routing.until(case, stage="closed")
    await routing.quiet()
    for case in (by_web, by_phone):
        closed = [event for _, event in routing.about(case) if isinstance(event, CaseClosed)]
        assert [event.closed_as.value for event in closed] == ["confirmed"]
