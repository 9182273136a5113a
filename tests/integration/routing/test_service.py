"""Cases through the running service: Kafka in, words from the vault, people at the door, Kafka out."""

import asyncio
from uuid import UUID

from ciclo_schemas.routing import CaseClassified, CaseEscalated
from ciclo_schemas.values import Category, Facts, RemedyKind, Window
from services.chassis.ids import new_id
from tests.integration.routing.service import Routing
from tests.support.running import TOKEN, names
from tests.unit.routing import world as on

WORDS = "mi smart tv no abre youtube: network problem"


async def opened(routing: Routing, words: str, facts: Facts | None = None, *, safety: bool = False) -> UUID:
    """A case whose customer wrote these words."""
    case = new_id()
    reference = f"txt_{case.hex}"
    routing.vault.texts[reference] = words
    event = on.opened(facts, safety=safety).model_copy(
        update={"text_ref": reference, "case_no": case.hex[:12]}
    )
    await routing.tell(case, "intake", event)
    return case


async def test_a_first_word_is_answered_by_a_promise_and_the_first_line_solves_it(routing: Routing) -> None:
    case = await opened(routing, WORDS)
    assert names(await routing.says(case, 3)) == ["promise.made", "case.classified", "case.assigned"]
    envelope, classified = routing.about(case)[1]
    assert isinstance(classified, CaseClassified)
    assert classified.category is Category.ONLINE_SUPPORT
    assert (envelope.source, envelope.sequence, envelope.clock) == ("/ciclo/routing", 2, {"intake": 1})

    queue = (await routing.http.get("/v1/queues/first_line/cases", params={"limit": 200})).json()
    assert str(case) in [entry["case_id"] for entry in queue["cases"]]
    taken = await routing.post(case, "take", agent="agent-03")
    assert taken.json()["playbook"] == "network"
    assert taken.json()["next_step"] == "restart_router"
    other = await routing.post(case, "take", agent="agent-04")
    assert (other.status_code, other.json()["code"]) == (409, "already_taken")
    await routing.post(case, "steps", agent="agent-03", step="restart_router", helped=True)
    proposed = await routing.post(case, "resolution", agent="agent-03", reason="network_restarted")
    assert proposed.json()["tmf_status"] == "resolved"
    assert proposed.headers["Case-Clock"].startswith("intake:1,routing:")

    await routing.tell(case, "intake", on.confirmed())
    said = names(await routing.says(case, 10))
    assert said[-1] == "case.closed"
    sequences = [envelope.sequence for envelope, _ in routing.about(case)]
    assert sequences == list(range(1, len(sequences) + 1))
    view = (await routing.http.get(f"/v1/cases/{case}")).json()
    assert view["stage"] == "closed"
    assert view["steps"] == [{"step": "restart_router", "helped": True}]
    assert {promise["status"] for promise in view["promises"]} == {"kept"}


async def test_the_words_of_a_customer_are_nowhere_in_the_database_nor_on_kafka(routing: Routing) -> None:
    case = await opened(routing, "La lavadora no centrifuga y Evarista Quintanar se desespera")
    await routing.says(case, 3)
    assert "Evarista" not in " ".join((await routing.stored()).values())
    assert all("Evarista" not in event.model_dump_json() for _, event in routing.about(case))


async def test_while_intake_is_down_only_classification_waits(routing: Routing) -> None:
    routing.vault.down = True
    try:
        case = await opened(routing, WORDS)
        assert names(await routing.says(case, 1)) == ["promise.made"]
        assert (await routing.post(case, "take", agent="agent-03")).status_code == 200
        assert names(await routing.says(case, 2))[-1] == "case.assigned"
    finally:
        routing.vault.down = False
    assert "case.classified" in names(await routing.says(case, 3))


async def test_the_words_of_many_cases_are_read_in_few_calls(routing: Routing) -> None:
    before = len(routing.vault.asked)
    cases = await asyncio.gather(*(opened(routing, WORDS) for _ in range(60)))
    for case in cases:
        await routing.says(case, 3)
    asked = routing.vault.asked[before:]
    assert sum(asked) >= 60
    assert len(asked) < 40


async def test_a_guarantee_case_reaches_its_technicians_and_only_after_the_assessment(
    routing: Routing,
) -> None:
    facts = Facts(product_unit="TV-0001", symptom_code="no_power")
    case = await opened(routing, "La tele no enciende", facts)
    await routing.says(case, 2)
    await routing.tell(case, "warranty", on.assessed(Window.GUARANTEE))
    await routing.tell(case, "intake", on.chosen(RemedyKind.REPAIR))
    await routing.tell(case, "warranty", on.repair_authorized())
    said = names(await routing.says(case, 12))
    assert said.index("information.requested") < said.index("case.escalated")
    escalated = [event for _, event in routing.about(case) if isinstance(event, CaseEscalated)]
    queue = (await routing.http.get(f"/v1/queues/{escalated[0].queue}/cases")).json()
    assert [entry["case_id"] for entry in queue["cases"]] == [str(case)]
    assert (await routing.post(case, "acceptance", agent="tech-21")).json()["owner"] == "tech-21"


async def test_urgent_cases_come_first_and_pages_hold_every_case_once(routing: Routing) -> None:
    urgent = await opened(routing, WORDS, safety=True)
    await routing.says(urgent, 3)
    seen: list[str] = []
    after = None
    while True:
        params = {"limit": "7"} | ({"after": after} if after else {})
        page = (await routing.http.get("/v1/queues/first_line/cases", params=params)).json()
        seen += [entry["case_id"] for entry in page["cases"]]
        after = page["next"]
        if after is None:
            break
    waiting = await routing.pool.fetchval(
        "SELECT count(*) FROM cases WHERE queue = 'first_line' AND stage <> 'closed'"
    )
    assert len(seen) == len(set(seen)) == waiting
    assert seen[0] == str(urgent)
    taken = {"taken": "true", "owner": "agent-03"}
    mine = (await routing.http.get("/v1/queues/first_line/cases", params=taken)).json()["cases"]
    assert {entry["owner"] for entry in mine} == {"agent-03"}


async def test_the_overview_counts_every_case_once(routing: Routing) -> None:
    counts = (await routing.http.get("/v1/overview")).json()
    assert sum(count["cases"] for count in counts) == await routing.pool.fetchval(
        "SELECT count(*) FROM cases"
    )


async def test_a_late_promise_is_broken_by_its_timer_and_a_person_is_named(routing: Routing) -> None:
    case = await opened(routing, WORDS)
    await routing.says(case, 3)
    await routing.pool.execute("UPDATE clock_shift SET shift = interval '25 hours'")
    try:
        said = names(await routing.says(case, 6))
    finally:
        await routing.pool.execute("UPDATE clock_shift SET shift = interval '0'")
    assert said[3:6] == ["promise.broken", "case.assigned", "promise.made"]


async def test_doors_are_for_colleagues_and_say_why_not(routing: Routing) -> None:
    unknown = new_id()
    answer = await routing.post(unknown, "take", agent="agent-03")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_seen_yet")
    assert answer.headers["Retry-After"]
    assert (await routing.http.get(f"/v1/cases/{unknown}")).status_code == 409
    stranger = {"Authorization": f"Bearer {TOKEN}x"}
    assert (await routing.http.get("/v1/overview", headers=stranger)).status_code == 401
    bad = await routing.post(unknown, "classification", agent="agent-03", category="astrology")
    assert bad.status_code == 422
    assert bad.json()["errors"][0]["location"] == "body.category"
    cursor = await routing.http.get("/v1/queues/first_line/cases", params={"after": "zzz"})
    assert (cursor.status_code, cursor.json()["code"]) == (422, "malformed_cursor")


async def test_a_decision_does_not_rest_on_a_stale_picture(routing: Routing) -> None:
    case = await opened(routing, WORDS)
    await routing.says(case, 3)
    ahead = {"If-Case-Clock": "intake:2"}
    answer = await routing.http.post(f"/v1/cases/{case}/take", json={"agent": "agent-03"}, headers=ahead)
    assert (answer.status_code, answer.json()["code"]) == (409, "clock_behind")
    await routing.tell(case, "intake", on.information(text=2))
    async with asyncio.timeout(20):
        while True:
            answer = await routing.http.post(
                f"/v1/cases/{case}/take", json={"agent": "agent-03"}, headers=ahead
            )
            if answer.status_code == 200:
                break
            await asyncio.sleep(0.1)


async def test_every_door_is_described_with_an_example(routing: Routing) -> None:
    document = (await routing.http.get("/openapi.json")).json()
    posts = [path["post"] for name, path in document["paths"].items() if "post" in path and "/cases/" in name]
    assert len(posts) == 6
    for post in posts:
        assert post["requestBody"]["content"]["application/json"]["schema"]["examples"]
