"""Cases and words of other systems, over Kafka: heard once, refused with a code, and readable by nobody."""

import asyncio
import json
from typing import Any
from uuid import UUID

from ciclo_schemas.inbound import NewCustomer, OpenCase, WordKind, WordSpoken
from ciclo_schemas.values import Channel, Facts, Language
from services.chassis.ids import derived_id
from tests.integration.intake.service import Intake
from tests.support.running import names

MARTA = NewCustomer(number="K-7", name="Marta Ibáñez", email="marta@example.com")


def asked(external_ref: str, **but: Any) -> OpenCase:
    values: dict[str, Any] = {
        "publisher": "crm-1",
        "external_ref": external_ref,
        "customer": MARTA,
        "text": "A máquina não liga",
        "facts": Facts(product_unit="FR-2040-118"),
        "channel": Channel.PHONE,
        "language": Language.PT,
        "jurisdiction": "PT",
    }
    return OpenCase(**(values | but))


def spoken(external_ref: str, word_ref: str, kind: WordKind, **but: Any) -> WordSpoken:
    return WordSpoken(
        publisher="crm-1",
        word_ref=word_ref,
        external_ref=external_ref,
        kind=kind,
        channel=Channel.PHONE,
        **but,
    )


def case_of(external_ref: str) -> UUID:
    return derived_id("case", "crm-1", external_ref)


Rejection = tuple[str, str, tuple[str, ...]]


async def is_told(intake: Intake, *rejections: Rejection) -> None:
    """Wait until publishers are told these: what was refused, why, and the fields at fault."""
    told: set[Rejection] = set()
    async with asyncio.timeout(30):
        while not told.issuperset(rejections):
            rows = await intake.pool.fetch("SELECT body FROM events WHERE topic = 'ciclo.rejections.v1'")
            bodies = [json.loads(row["body"]) for row in rows]
            told = {(one["input_type"], one["code"], tuple(one["locations"])) for one in bodies}
            await asyncio.sleep(0.05)


async def test_a_crm_opens_a_case_speaks_in_it_and_is_told_which_it_is(intake: Intake) -> None:
    case = case_of("A-1")
    human = spoken("A-1", "W-1", WordKind.HUMAN_REQUEST, text="Quero falar com alguém")
    await intake.report(human, "A-1")
    for _ in range(2):
        await intake.report(asked("A-1"), "A-1")
    await intake.report(human, "A-1")
    opened, requested = await intake.says(case, 2)
    assert names([opened, requested]) == ["case.opened", "case.human_requested"]
    assert (opened.publisher, opened.external_ref) == ("crm-1", "A-1")  # type: ignore[attr-defined]
    await intake.report(spoken("A-1", "W-2", WordKind.INFORMATION, text="Sai fumo!"), "A-1")
    events = await intake.says(case, 3)
    assert events[2].safety_flag is True  # type: ignore[attr-defined]
    assert len(await intake.says_no_more(case)) == 3


async def test_a_customer_registered_at_the_door_is_the_same_in_the_crms_cases(intake: Intake) -> None:
    crm = await intake.key("system/crm-1", "customers:write")
    body = {"name": "Marta", "email": "marta@example.com", "language": "pt"}
    answer = await intake.http.put("/v1/customers/crm-1/K-7", json=body, headers=crm)
    await asyncio.gather(*(intake.report(asked(ref), ref) for ref in ("B-1", "B-2", "B-3")))
    for ref in ("B-1", "B-2", "B-3"):
        [opened] = await intake.says(case_of(ref), 1)
        assert opened.customer_ref == answer.json()["customer_ref"]  # type: ignore[attr-defined]


async def test_customers_that_come_at_once_by_both_ways_get_one_reference(intake: Intake) -> None:
    crm = await intake.key("system/crm-1", "customers:write")
    body = {"name": "Rui", "email": "rui@example.com", "language": "pt"}
    rui = NewCustomer(number="K-8", name="Rui", email="rui@example.com")
    refs = [f"D-{number}" for number in range(4)]
    at_the_door = [intake.http.put("/v1/customers/crm-1/K-8", json=body, headers=crm) for _ in refs]
    over_kafka = [intake.report(asked(ref, customer=rui), ref) for ref in refs]
    answers, _ = await asyncio.gather(asyncio.gather(*at_the_door), asyncio.gather(*over_kafka))
    said = {answer.json()["customer_ref"] for answer in answers}
    for ref in refs:
        [opened] = await intake.says(case_of(ref), 1)
        said.add(opened.customer_ref)  # type: ignore[attr-defined]
    assert len(said) == 1


async def test_what_is_refused_is_told_by_code_and_field(intake: Intake) -> None:
    await intake.report(asked("C-1", customer_ref="cus_" + "0" * 32), "C-1")
    await intake.report(asked("C-2", customer=None, customer_ref="cus_" + "0" * 32), "C-2")
    await intake.report(asked("C-3"), "C-3")
    await intake.report(spoken("C-3", "C-4", WordKind.DENIAL), "C-3")
    await is_told(
        intake,
        ("ciclo.case.open_requested.v1", "not_exactly_one", ("customer", "customer_ref")),
        ("ciclo.case.open_requested.v1", "unknown_customer", ("customer_ref",)),
        ("ciclo.case.word_spoken.v1", "missing", ("proposal_no", "reason")),
    )


async def test_a_word_that_waited_a_day_for_its_case_is_rejected(intake: Intake) -> None:
    await intake.report(spoken("E-1", "E-2", WordKind.OBJECTION, text="Não é publicidade"), "E-1")
    async with asyncio.timeout(20):
        while not await intake.pool.fetchval("SELECT count(*) FROM parked"):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)
    await intake.pool.execute("UPDATE clock_shift SET shift = interval '25 hours'")
    try:
        await is_told(intake, ("ciclo.case.word_spoken.v1", "unknown_case", ("external_ref",)))
    finally:
        await intake.pool.execute("UPDATE clock_shift SET shift = interval '0'")
    assert await intake.pool.fetchval("SELECT count(*) FROM parked") == 0
