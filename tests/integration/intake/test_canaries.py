"""No name, address or word of a customer leaves the vault, by whichever door it came, however malformed."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

from ciclo_schemas.envelope import Envelope, to_headers
from ciclo_schemas.inbound import NewCustomer, OpenCase, WordKind, WordSpoken
from ciclo_schemas.values import Channel, Language
from services.chassis.dead_letters import masked
from services.chassis.ids import derived_id, new_id
from tests.integration.intake.service import Intake, customer, report
from tests.support.logged import logged
from tests.support.replica import Sent, everything, producing, send
from tests.support.running import STAFF

NAME, EMAIL, TEXT = "Zacarías Canario", "canario@jaula.example", "pío pío dijo el canario"
VAULT = {"vault_texts", "vault_contacts"}
TOPIC = "ciclo.inbound.cases.v1"
COMMON: dict[str, Any] = {"publisher": "crm-1", "external_ref": "N-1", "channel": Channel.PHONE}


def opening(external_ref: str = "N-1") -> OpenCase:
    return OpenCase(
        customer=NewCustomer(number="K-1", name=NAME, email=EMAIL),
        text=TEXT,
        language=Language.ES,
        jurisdiction="ES",
        **COMMON | {"external_ref": external_ref},
    )


def word(kind: WordKind, word_ref: str, **said: Any) -> WordSpoken:
    return WordSpoken(kind=kind, word_ref=word_ref, text=TEXT, **COMMON, **said)


def tells(found: str) -> bool:
    return "anario" in found or "pío" in found or "p\\u00edo" in found or "jaula" in found


async def everything_published(intake: Intake) -> str:
    """All that intake's topics hold, headers included, once the outbox is empty."""
    await intake.quiet()
    records = [
        record
        for topic in ("ciclo.cases.v1", "ciclo.rejections.v1")
        for record in await everything(intake.kafka, intake.prefix + topic)
    ]
    return "".join(f"{record.key} {record.headers} {record.value.decode()}" for record in records)


async def test_nothing_said_at_the_http_doors_leaves_the_vault(intake: Intake) -> None:
    mine = report(customer={"name": NAME, "email": EMAIL}, text=TEXT)
    answers = []
    with logged("intake", "DEBUG") as logs:
        opened = await intake.open(mine, key=f"{NAME} {EMAIL}".encode().hex())
        path = f"/v1/cases/{opened['case_id']}"
        for what, body in [
            ("information", {"text": TEXT}),
            ("human-request", {"text": TEXT}),
            ("cancellation", {"text": TEXT}),
            ("objection", {"text": TEXT}),
            ("denial", {"proposal_no": 1, "reason": "still_broken", "text": TEXT}),
        ]:
            answers.append(await intake.http.post(f"{path}/{what}", json=body, headers=customer(opened)))
        answers.append(await intake.http.post(f"{path}/texts", json={"text": TEXT}, headers=STAFF))
        contact = {"name": NAME, "email": EMAIL, "language": "es"}
        answers.append(await intake.http.put("/v1/customers/crm/K-7", json=contact, headers=STAFF))
        answers.append(await intake.http.get(path, headers=customer(opened)))
        for headers in (customer(opened), STAFF):
            answers += [one async for one in malformed_requests(intake, opened["case_id"], headers)]
        stored = await intake.stored()
        published = await everything_published(intake)
    assert opened["case_id"] in published
    assert not tells(logs.text)
    assert not tells(published)
    for answer in answers:
        assert not tells(answer.text), (answer.request.url, answer.text)
    assert {table for table, rows in stored.items() if tells(rows)} == VAULT


async def malformed_requests(intake: Intake, case_id: str, headers: dict[str, str]) -> Any:
    """Every door of the API with bodies that are canaries from end to end."""
    api = (await intake.http.get("/openapi.json")).json()
    for path, operations in api["paths"].items():
        where = path.replace("{case_id}", case_id).replace("{publisher}", "crm").replace("{number}", "K-8")
        for method in operations.keys() & {"post", "put"}:
            if "{" in where:
                continue
            content = operations[method].get("requestBody", {}).get("content", {})
            name = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
            fields = api["components"]["schemas"].get(name, {}).get("properties", {})
            wrong: tuple[Any, ...] = (
                dict.fromkeys(fields, TEXT),
                {field: [NAME] for field in fields},
                [TEXT],
                TEXT,
            )
            for body in (*wrong, {TEXT: TEXT}):
                yield await intake.http.request(method, where, json=body, headers=headers)
            yield await intake.http.request(method, where, content=f'{{"{TEXT}', headers=headers)


def hostile_values() -> Iterator[bytes]:
    """Records that hold canaries wherever a record can hold something, none of which may be taken."""
    numbers = count(1)

    def but(**fields: Any) -> bytes:
        return json.dumps(json.loads(opening(f"H-{next(numbers)}").write()) | fields).encode()

    for field in (*OpenCase.model_fields, "facts"):
        for bad in (TEXT, [TEXT], {TEXT: TEXT}):
            if (field, bad) not in (("text", TEXT), ("facts", {TEXT: TEXT})):
                yield but(**{field: bad})
    yield but(facts={"area": TEXT})
    yield but(text=TEXT + "\0")
    yield but(text=TEXT * 500)
    yield but(customer={"name": f"{NAME}\r\nBcc: {EMAIL}", "email": EMAIL})
    yield but(customer={"name": NAME, "email": TEXT})
    yield but(language="canario")
    yield but(text="canario").replace(b'"canario"', b'"canario \\ud800"')
    for whole in (TEXT, [TEXT], {TEXT: TEXT}, [json.loads(but())]):
        yield json.dumps(whole, ensure_ascii=False).encode()
    yield TEXT.encode() + b"\xff"
    yield b"{" + TEXT.encode()
    yield b"[" * 5000 + TEXT.encode()


def hostile_records(prefix: str) -> Iterator[Sent]:
    """The hostile values in records of both types, and in a type that nobody takes."""
    for value in hostile_values():
        for event_type in (OpenCase.event_type, WordSpoken.event_type, "ciclo.case.sung.v1"):
            envelope = Envelope(
                id=str(new_id()), source="/crm", type=event_type, subject="canario", time=datetime.now(UTC)
            )
            yield Sent(TOPIC, TEXT.encode(), value, to_headers(envelope))
    yield Sent(TOPIC, TEXT.encode(), TEXT.encode(), [("ce_id", TEXT.encode()), ("ce_type", b"\xff")])


async def test_nothing_that_other_systems_publish_leaves_the_vault(intake: Intake) -> None:
    case = derived_id("case", "crm-1", "N-1")
    hostile = list(hostile_records(intake.prefix))
    before = await intake.pool.fetchval("SELECT count(*) FROM events WHERE topic = 'ciclo.rejections.v1'")
    with logged("intake", "DEBUG") as logs:
        await intake.report(opening(), "N-1")
        await intake.report(word(WordKind.INFORMATION, "W-1"), "N-1")
        await intake.report(word(WordKind.REMEDY_CHOICE, "W-2"), "N-1")
        late = word(WordKind.DENIAL, "W-3", proposal_no=9, reason="still_broken")
        await intake.report(late, "N-1")
        async with producing(intake.kafka) as producer:
            await send(producer, intake.prefix, hostile)
        await intake.says(case, 2)
        async with asyncio.timeout(60):
            rejected = 0
            while rejected < len(hostile) + 1:
                rejected = (
                    await intake.pool.fetchval(
                        "SELECT count(*) FROM events WHERE topic = 'ciclo.rejections.v1'"
                    )
                    - before
                )
                await asyncio.sleep(0.05)
        stored = await intake.stored()
        published = await everything_published(intake)
    assert str(case) in published
    assert not tells(logs.text)
    assert not tells(published)
    assert {table for table, rows in stored.items() if tells(rows)} == VAULT | {"parked"}
    waiting = await intake.pool.fetch("SELECT type FROM parked")
    assert [row["type"] for row in waiting] == [WordSpoken.event_type], "only what may still be heard"


async def test_a_failure_of_the_vault_itself_tells_nothing_of_what_it_was_given(intake: Intake) -> None:
    await intake.pool.execute(
        "ALTER TABLE vault_texts ADD CONSTRAINT broken CHECK (text NOT LIKE '%pío%') NOT VALID"
    )
    letters: list[Any] = []
    try:
        with logged("intake", "DEBUG") as logs:
            body = report(customer={"name": NAME, "email": EMAIL}, text=TEXT)
            answer = await intake.http.post("/v1/cases", json=body)
            await intake.report(opening("N-2"), "N-2")
            async with asyncio.timeout(30):
                while not letters:
                    letters = await intake.pool.fetch("SELECT * FROM dead_letters")
                    await asyncio.sleep(0.05)
    finally:
        await intake.pool.execute("ALTER TABLE vault_texts DROP CONSTRAINT broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "broken" in logs.text, "the failure is logged"
    assert not tells(answer.text)
    assert not tells(logs.text)
    [letter] = letters
    assert not tells(f"{letter['error']} {letter['message']} {letter['fingerprint']}")
    assert not tells(str(masked(json.loads(json.loads(letter["record"])["raw"])))), "what operators are shown"
