"""Requests that no client should send, at every door: refused with a code, nothing repeated."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.chassis.clock import utc_now
from services.intake.routes.links import Links
from tests.integration.doors.rules import RULES, Rule, Who, doors
from tests.integration.doors.test_who_may_pass import CUSTOMERS, PHOTO, knock
from tests.integration.intake.service import customer, report
from tests.support.four import NAMES, SECRET, Four
from tests.support.logged import logged
from tests.support.replica import everything

NAME, TEXT = "Zacarías Canario", "pío pío dijo el canario"
VAULT = {"vault_texts", "vault_contacts"}
WRONG_IDS = ("canario%00", "%FF%FE", "-1", "9" * 400, "canario canario", "..%2f..%2fcanario", "'--")
CAN_REFUSE = {400, 401, 404, 409, 413, 422}


def tells(found: str) -> bool:
    return "anario" in found or "pío" in found or "p\\u00edo" in found


def bodies() -> Iterator[tuple[str, bytes]]:
    """Bodies that no route may take, with what is wrong with each."""
    yield "no JSON", b'{"text": canario'
    yield "not UTF-8", b'{"text": "canario \xff\xfe"}'
    yield "UTF-16", '{"text": "canario"}'.encode("utf-16")
    yield "deep", b"[" * 20_000 + b'"canario"' + b"]" * 20_000
    yield "deep objects", b'{"other":' * 3_000 + b"1" + b"}" * 3_000
    yield "a list", b'["canario"]'
    yield "a text", b'"canario"'
    yield "null", b"null"
    yield "a number", b"1e999"
    yield "huge number", b'{"other": ' + b"9" * 10_000 + b"}"
    yield "NUL", b'{"text": "canario\\u0000"}'
    yield "unknown field", b'{"other": "canario"}'
    yield "not a number", b'{"other": NaN}'
    yield "oversized", b'{"other": "' + b"x" * 70_000 + b'"}'


def with_bodies() -> list[tuple[str, str, Rule]]:
    """The doors that read JSON."""
    return [
        one
        for one in doors()
        if one[1].partition(" ")[0] in ("POST", "PUT")
        and one[2].who is not Who.LINK
        and not one[1].endswith(("/attachments", "/take", "/acceptance", "/training"))
    ]


async def credentials(four: Four, service: str, rule: Rule, case: dict[str, Any]) -> dict[str, str]:
    """What opens a door."""
    if rule.who in (Who.CUSTOMER, Who.CUSTOMER_OR_KEY):
        return customer(case)
    holder = "agent/agent-03" if rule.who is Who.PERSON else "system/crm"
    return await four[service].key(holder, rule.scope)


async def opened(four: Four) -> dict[str, Any]:
    answer = await four["intake"].http.post("/v1/cases", json=report())
    case: dict[str, Any] = answer.json()
    return case


def judge(answer: httpx.Response, where: str) -> None:
    """A refusal in problem details, that names places and repeats nothing."""
    assert answer.status_code in CAN_REFUSE, f"{where}: {answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"] == "application/problem+json", where
    assert not tells(answer.text), f"{where}: {answer.text}"
    assert answer.json()["code"], where


@pytest.mark.parametrize(("service", "door", "rule"), with_bodies(), ids=lambda one: str(one)[:60])
async def test_a_malformed_body_is_refused_and_nothing_of_it_repeated(
    four: Four, service: str, door: str, rule: Rule
) -> None:
    case = await opened(four)
    headers = await credentials(four, service, rule, case)
    method, _, path = door.partition(" ")
    address, http = knock(path, case_id=case["case_id"]), four[service].http
    json_headers = headers | {"Content-Type": "application/json"}
    with logged(service, "DEBUG") as logs:
        for what, body in bodies():
            answer = await http.request(method, address, content=body, headers=json_headers)
            judge(answer, f"{door}, {what}")
            assert answer.status_code in (400, 413, 422), f"{door}, {what}: {answer.text}"
        twice = b'{"text": "canario", "text": "otro"}'
        answer = await http.request(method, address, content=twice, headers=json_headers)
        judge(answer, f"{door}, a name twice")
        assert (answer.status_code, answer.json()["code"]) == (422, "repeated_name"), door
        other = await http.request(
            method, address, content=TEXT.encode(), headers=headers | {"Content-Type": "text/plain"}
        )
        judge(other, f"{door}, text/plain")
    assert not tells(logs.text)


@pytest.mark.parametrize("service", NAMES)
async def test_wrong_ids_in_paths_are_refused_at_every_door(four: Four, service: str) -> None:
    case = await opened(four)
    for door, rule in RULES[service].items():
        method, _, path = door.partition(" ")
        names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
        if not names or rule.who in (Who.EVERYBODY, Who.LINK):
            continue
        headers = await credentials(four, service, rule, case)
        for name in names:
            for bad in WRONG_IDS:
                body = (
                    {"name": "Ana", "email": "a@example.com", "language": "es"} if method != "GET" else None
                )
                parts = {"case_id": case["case_id"]} | {name: bad}
                answer = await four[service].http.request(
                    method, knock(path, **parts), json=body, headers=headers
                )
                judge(answer, f"{door}, {name}={bad}") if name != "queue" else None
                assert answer.status_code < 500, f"{door}, {name}={bad}"


async def test_headers_that_are_no_text_are_refused(four: Four) -> None:
    case = await opened(four)
    for service, door, rule in doors():
        method, _, path = door.partition(" ")
        credential = await credentials(four, service, rule, case) if rule.scope else customer(case)
        for name in ("Idempotency-Key", "If-Match", "If-Case-Clock", "traceparent", "Content-Type"):
            headers = [(key.encode(), value.encode()) for key, value in credential.items()]
            headers.append((name.encode(), b"canario \xff\xfe"))
            answer = await four[service].http.request(
                method, knock(path, case_id=case["case_id"]), content=b"{}", headers=headers
            )
            assert answer.status_code < 500, f"{door}, {name}: {answer.text}"
            assert not tells(answer.text), f"{door}, {name}"


async def test_what_customers_and_staff_write_on_the_page_in_files_and_in_notes_stays_in_the_vault(
    four: Four,
) -> None:
    intake = four["intake"]
    with logged("intake", "DEBUG") as logs:
        case = await opened(four)
        token = Links(SECRET.encode(), "").token(UUID(case["case_id"]), utc_now())
        for form in ("person", "information", "objection", "cancellation", "denial", "remedy", "quote"):
            for values in (
                {"text": TEXT, "token": "a" * 32},
                {"text": TEXT, "proposal_no": TEXT, "reason": NAME, "remedy": TEXT, "quote_no": NAME},
                {TEXT: TEXT, "token": NAME},
                {"text": TEXT * 1000},
                {"text": f"{TEXT}\0"},
            ):
                answer = await intake.http.post(f"/c/{token}/{form}", data=values)
                assert answer.status_code < 500, (form, answer.text)
        address, own = f"/v1/cases/{case['case_id']}/attachments", customer(case)
        kept = await intake.http.post(
            address, files={"file": (f"{NAME}.png", PHOTO + TEXT.encode(), "image/png")}, headers=own
        )
        refused = [
            await intake.http.post(address, files={"file": (NAME, TEXT.encode(), TEXT)}, headers=own),
            await intake.http.post(address, data={"kind": TEXT}, headers=own),
            await intake.http.post(address, content=TEXT.encode(), headers=own),
        ]
        staff = await intake.key("agent/agent-03", "texts:write")
        note = await intake.http.post(
            f"/v1/cases/{case['case_id']}/texts", json={"text": TEXT}, headers=staff
        )
        shown = await intake.http.get(f"/c/{token}")
        await intake.quiet()
        published = [
            f"{record.key} {record.headers} {record.value.decode()}"
            for topic in ("ciclo.cases.v1", "ciclo.rejections.v1")
            for record in await everything(intake.kafka, intake.prefix + topic)
        ]
        stored = await intake.stored()
    assert (kept.status_code, note.status_code, shown.status_code) == (202, 201, 200)
    for answer in refused:
        judge(answer, "a file that is none")
    assert any(case["case_id"] in one for one in published)
    assert not tells(logs.text)
    assert not tells("".join(published))
    assert {table for table, rows in stored.items() if tells(rows)} <= VAULT
    assert tells(stored["vault_texts"])
    assert len(CUSTOMERS) > 10
