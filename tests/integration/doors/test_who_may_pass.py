"""A key of one customer, person or system opens nothing of another's: every door is tried."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from services.chassis import keys as keys_module
from services.chassis.clock import utc_now
from services.chassis.ids import new_id
from services.chassis.key_store import revoke_key
from services.intake.routes.links import Links
from tests.integration.doors.rules import RULES, Rule, Who, doors, routes
from tests.integration.intake.service import customer, report
from tests.support.four import NAMES, SECRET, Four

DOORS = doors()
KEYS = [one for one in DOORS if one[2].scope]
CUSTOMERS = [one for one in DOORS if one[2].who in (Who.CUSTOMER, Who.CUSTOMER_OR_KEY)]
LINKS = [one for one in DOORS if one[2].who is Who.LINK]
SHUT = {401, 403}
HIDDEN = {404, 405}
PHOTO = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
GOOD_BODIES: dict[str, dict[str, Any]] = {
    "information": {"text": "Otra cosa."},
    "remedy-choice": {"remedy": "repair", "assessment_no": 1},
    "quote-answer": {"quote_no": "Q-1", "revision": 1, "accepted": True},
    "confirmation": {"proposal_no": 1},
    "denial": {"proposal_no": 1, "reason": "still_broken"},
    "survey": {"score": 1},
}
"""Bodies that the customer himself could send."""


def knock(path: str, **parts: str) -> str:
    """The path with its parts filled in, in a form that the route takes."""
    known = {
        "case_id": "01930000-0000-7000-8000-00000000dead",
        "publisher": "crm",
        "number": "K-1",
        "attachment_ref": "att_" + "0" * 32,
        "token": "A" * 48,
        "name": "information",
        "case_no": "C-2222-2222-2",
        "queue": "first_line",
        "complaint_no": "1",
        "product_unit": "TV-0001",
        "service_point": "sat-1",
        "model": "lumo",
        "remedy_no": "1",
        "repair_no": "R-1",
        "containment": "lot-7",
    } | parts
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", value)
    return path


async def ask(four: Four, service: str, door: str, headers: dict[str, str], **parts: str) -> httpx.Response:
    """Come to a door with nothing in hand but these headers."""
    method, _, path = door.partition(" ")
    body: dict[str, Any] | None = {} if method in ("POST", "PUT") else None
    if RULES[service][door].who is Who.PUBLISHER:  # whose name is in the path is asked for after the body
        body = {"name": "Ana", "email": "ana@example.com", "language": "es"}
    return await four[service].http.request(method, knock(path, **parts), json=body, headers=headers)


@pytest.mark.parametrize("service", NAMES)
def test_every_route_has_a_rule(service: str) -> None:
    assert set(routes(service)) == set(RULES[service]), "say in rules.py who may pass"


@pytest.mark.parametrize("service", NAMES)
async def test_the_documents_name_the_scopes_that_the_doors_ask_for(four: Four, service: str) -> None:
    document = (await four[service].http.get("/openapi.json")).json()
    for door, rule in RULES[service].items():
        method, _, path = door.partition(" ")
        told = document["paths"].get(path, {}).get(method.lower(), {}).get("security", [])
        scopes = {scope for one in told for scope in one.get("ApiKey", ())}
        assert scopes == ({rule.scope} if rule.scope else set()), door


@pytest.mark.parametrize("shown", [None, "Bearer x", "Basic YTpi", "Bearer ck_" + "0" * 16 + "_" + "x" * 43])
async def test_without_a_valid_credential_no_door_opens_but_those_for_everybody(
    four: Four, shown: str | None
) -> None:
    headers = {} if shown is None else {"Authorization": shown}
    for service, door, rule in DOORS:
        answer = await ask(four, service, door, headers)
        if rule.who is Who.ANYBODY_OR_KEY and (shown is None or not shown.startswith("Bearer")):
            assert answer.status_code == 422, f"{service} {door}: open, but not to an empty body"
        elif rule.who is Who.LINK:
            assert answer.status_code == 404, f"{service} {door}"
        else:
            assert answer.status_code == 401, f"{service} {door}"
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.json()["code"] == "not_authorized"


@pytest.mark.parametrize(("service", "scope"), sorted({(service, rule.scope) for service, _, rule in KEYS}))
async def test_a_scope_opens_its_own_doors_and_no_others(four: Four, service: str, scope: str) -> None:
    colleague = await four[service].key("agent/agent-07", scope)
    system = await four[service].key("system/crm", scope)
    for _, door, rule in (one for one in DOORS if one[0] == service):
        for headers, is_person in ((colleague, True), (system, False)):
            answer = await ask(four, service, door, headers)
            lets_in = rule.scope == scope and not (
                (rule.who is Who.PERSON and not is_person) or (rule.who is Who.PUBLISHER and is_person)
            )
            where = f"{door} with {scope} as {'a person' if is_person else 'a system'}: {answer.text}"
            if rule.who is Who.LINK:
                assert answer.status_code == 404, where
            else:
                assert (answer.status_code not in SHUT) is lets_in, where


async def test_a_key_of_one_service_is_nothing_at_another(four: Four) -> None:
    for home in NAMES:
        scopes = {rule.scope for service, _, rule in KEYS if service == home}
        stranger = await four[home].key("agent/agent-08", *scopes)
        for service, door, rule in KEYS:
            answer = await ask(four, service, door, stranger)
            assert (answer.status_code == 401) is (service != home), f"{home}'s key at {service} {door}"
            assert rule.scope


async def test_revoked_and_expired_keys_stop(four: Four, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_module, "BELIEVED_S", 0)
    for service in NAMES:
        own = [(door, rule) for at, door, rule in KEYS if at == service]
        revoked = await four[service].key("agent/agent-09", *{rule.scope for _, rule in own})
        expired = await four[service].key("agent/agent-10", *{rule.scope for _, rule in own})
        let_in = [await ask(four, service, own[0][0], one) for one in (revoked, expired)]
        assert not {answer.status_code for answer in let_in} & {401}
        await revoke_key(four[service].pool, revoked["Authorization"].split("_")[1], by="a test")
        number = expired["Authorization"].split("_")[1]
        await four[service].pool.execute(
            "UPDATE api_keys SET expires_at = now() - interval '1 minute' WHERE id = $1", number
        )
        for door, _ in own:
            for headers in (revoked, expired):
                assert (await ask(four, service, door, headers)).status_code == 401, door


async def test_a_system_writes_only_under_its_own_name(four: Four) -> None:
    contact = {"name": "Ana", "email": "ana@example.com", "language": "es"}
    for service, door, rule in DOORS:
        if rule.who is Who.PUBLISHER:
            method, _, path = door.partition(" ")
            for holder, status in (("system/crm", 200), ("system/erp", 403), ("agent/crm", 403)):
                headers = await four[service].key(holder, rule.scope)
                answer = await four[service].http.request(method, knock(path), json=contact, headers=headers)
                assert answer.status_code == status, (holder, answer.text)


@pytest.mark.parametrize(
    ("service", "door", "rule"), [one for one in DOORS if one[2].who is Who.PERSON], ids=str
)
async def test_nobody_acts_in_a_colleagues_name(four: Four, service: str, door: str, rule: Rule) -> None:
    headers = await four[service].key("agent/agent-03", rule.scope)
    document = (await four[service].http.get("/openapi.json")).json()
    method, _, path = door.partition(" ")
    operation = document["paths"][path][method.lower()]
    if "requestBody" not in operation:
        return
    schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    good = _example(document["components"]["schemas"][schema])
    for name in ("agent", "staff_no", "technician", "by"):
        answer = await four[service].http.request(
            method, knock(path), json=good | {name: "agent-05"}, headers=headers
        )
        told = {"location": f"body.{name}", "code": "extra_forbidden"}
        assert answer.status_code == 422
        assert told in answer.json()["errors"]


def _example(schema: dict[str, Any]) -> dict[str, Any]:
    fields = schema["properties"].items()
    whole: list[dict[str, Any]] = schema.get("examples", [])
    return (
        whole[0] if whole else {name: field["examples"][0] for name, field in fields if "examples" in field}
    )


async def opened(four: Four) -> dict[str, Any]:
    """A case with a file."""
    answer = await four["intake"].http.post("/v1/cases", json=report())
    assert answer.status_code == 201
    case: dict[str, Any] = answer.json()
    path = f"/v1/cases/{case['case_id']}/attachments"
    files = {"file": ("a.png", PHOTO, "image/png")}
    kept = await four["intake"].http.post(path, files=files, headers=customer(case))
    assert kept.status_code == 202, kept.text
    token = Links(SECRET.encode(), "").token(UUID(case["case_id"]), utc_now())
    return case | {"file": kept.json()["attachments"][0], "token": token}


async def words(four: Four, case: dict[str, Any]) -> int:
    """How many events there are about a case."""
    count: int = await four["intake"].pool.fetchval(
        "SELECT count(*) FROM events WHERE aggregate = $1", UUID(case["case_id"])
    )
    return count


async def test_a_tracking_key_opens_nothing_of_another_case(four: Four) -> None:
    mine, theirs = await opened(four), await opened(four)
    before = await words(four, theirs)
    for _, door, _rule in CUSTOMERS:
        method, _, path = door.partition(" ")
        body = GOOD_BODIES.get(path.rpartition("/")[2], {}) if method == "POST" else None
        tried = [
            (theirs["case_id"], theirs["file"], 404),
            (str(new_id()), theirs["file"], 404),
        ]
        if "attachment_ref" in path:
            tried.append((mine["case_id"], theirs["file"], 404))
        for case_id, file, status in tried:
            answer = await four["intake"].http.request(
                method, knock(path, case_id=case_id, attachment_ref=file), json=body, headers=customer(mine)
            )
            assert answer.status_code == status, f"{door}: {answer.text}"
            assert theirs["case_no"] not in answer.text
    assert await words(four, theirs) == before


async def test_a_link_opens_nothing_of_another_case(four: Four) -> None:
    mine, theirs = await opened(four), await opened(four)
    before = await words(four, theirs)
    forged = theirs["token"][:-4] + mine["token"][-4:]
    cut = theirs["token"][:22] + mine["token"][22:]
    for _, door, _rule in LINKS:
        method, _, path = door.partition(" ")
        for token, file in ((forged, theirs["file"]), (cut, theirs["file"]), (mine["token"], theirs["file"])):
            address = knock(path, token=token, attachment_ref=file, name="person")
            answer = await four["intake"].http.request(
                method, address, data={"text": "hola"} if method == "POST" else None
            )
            assert theirs["case_no"] not in answer.text, door
            if token != mine["token"] or "attachment_ref" in path:
                assert answer.status_code == 404, door
    assert await words(four, theirs) == before
    assert (await four["intake"].http.get(f"/c/{mine['token']}")).status_code == 200


async def test_a_link_is_no_tracking_key_and_a_tracking_key_no_link(four: Four) -> None:
    mine = await opened(four)
    as_key = {"Authorization": f"Bearer {mine['token']}"}
    assert (await ask(four, "intake", "GET /v1/cases/{case_id}", as_key, case_id=mine["case_id"])).is_error
    assert (await four["intake"].http.get(f"/c/{mine['tracking_key']}")).status_code == 404


@pytest.mark.parametrize("service", NAMES)
async def test_an_address_says_every_method_it_answers_to(four: Four, service: str) -> None:
    methods: dict[str, set[str]] = {}
    for door in RULES[service]:
        method, _, path = door.partition(" ")
        methods.setdefault(path, set()).add(method)
    for path, allowed in methods.items():
        if path.startswith("/c/"):
            continue
        answer = await four[service].http.request("DELETE", knock(path))
        assert answer.status_code in HIDDEN, path
        told = {one.strip() for one in answer.headers["Allow"].split(",")} - {"HEAD"}
        assert told == allowed, path
