"""Cases through the running service: Kafka in, words from the vault, people at the door, Kafka out."""

import asyncio

from ciclo_schemas.routing import CaseClassified, CaseEscalated
from ciclo_schemas.values import Category, Facts, RemedyKind, Window
from tests.integration.routing.service import Routing
from tests.support.running import names
from tests.unit.routing import world as on

WORDS = "mi smart tv no abre youtube: network problem"


async def test_a_first_word_is_answered_by_a_promise_and_the_first_line_solves_it(routing: Routing) -> None:
    case = await routing.opens(WORDS)
    assert names(await routing.says(case, 3)) == ["promise.made", "case.classified", "case.assigned"]
    envelope, classified = routing.about(case)[1]
    assert isinstance(classified, CaseClassified)
    assert classified.category is Category.ONLINE_SUPPORT
    assert (envelope.source, envelope.sequence, envelope.clock) == ("/ciclo/routing", 2, {"intake": 1})

    queue = (await routing.http.get("/v1/queues/first_line/cases", params={"limit": 200})).json()
    assert str(case) in [entry["case_id"] for entry in queue["cases"]]
    taken = await routing.post(case, "take")
    assert taken.json()["playbook"] == "network"
    assert taken.json()["next_step"] == "restart_router"
    other = await routing.post(case, "take", by="agent-04")
    assert (other.status_code, other.json()["code"]) == (409, "already_taken")
    await routing.post(case, "steps", step="restart_router", helped=True)
    proposed = await routing.post(case, "resolution", reason="network_restarted")
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
    case = await routing.opens("La lavadora no centrifuga y Evarista Quintanar se desespera")
    await routing.says(case, 3)
    assert "Evarista" not in " ".join((await routing.stored()).values())
    assert all("Evarista" not in event.model_dump_json() for _, event in routing.about(case))


async def test_while_intake_is_down_only_classification_waits(routing: Routing) -> None:
    routing.vault.down = True
    try:
        case = await routing.opens(WORDS)
        assert names(await routing.says(case, 1)) == ["promise.made"]
        assert (await routing.post(case, "take")).status_code == 200
        assert names(await routing.says(case, 2))[-1] == "case.assigned"
    finally:
        routing.vault.down = False
    assert "case.classified" in names(await routing.says(case, 3))
    await routing.until(case, stage="in_first_line", queue="first_line", owner="agent-03")


async def test_the_words_of_many_cases_are_read_in_few_calls(routing: Routing) -> None:
    before = len(routing.vault.asked)
    cases = await asyncio.gather(*(routing.opens(WORDS) for _ in range(60)))
    for case in cases:
        await routing.says(case, 3)
    asked = routing.vault.asked[before:]
    assert sum(asked) >= 60
    assert len(asked) < 40


async def test_a_guarantee_case_reaches_its_technicians_and_only_after_the_assessment(
    routing: Routing,
) -> None:
    facts = Facts(product_unit="TV-0001", symptom_code="no_power")
    case = await routing.opens("La tele no enciende", facts)
    await routing.says(case, 2)
    await routing.tell(case, "warranty", on.assessed(Window.GUARANTEE))
    await routing.tell(case, "intake", on.chosen(RemedyKind.REPAIR))
    await routing.tell(case, "warranty", on.repair_authorized())
    said = names(await routing.says(case, 12))
    assert said.index("information.requested") < said.index("case.escalated")
    escalated = [event for _, event in routing.about(case) if isinstance(event, CaseEscalated)]
    queue = (await routing.http.get(f"/v1/queues/{escalated[0].queue}/cases")).json()
    assert [entry["case_id"] for entry in queue["cases"]] == [str(case)]
    assert (await routing.post(case, "acceptance", by="tech-21")).json()["owner"] == "tech-21"


async def test_urgent_cases_come_first_and_pages_hold_every_case_once(routing: Routing) -> None:
    urgent = await routing.opens(WORDS, safety=True)
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
    waiting = await routing.pool.fetchval("SELECT count(*) FROM cases WHERE queue = 'first_line' AND is_open")
    assert len(seen) == len(set(seen)) == waiting
    assert seen[0] == str(urgent)
    assert (await routing.post(urgent, "take", by="agent-02")).status_code == 200
    taken = {"taken": "true", "owner": "agent-02"}
    mine = (await routing.http.get("/v1/queues/first_line/cases", params=taken)).json()["cases"]
    assert [(entry["case_id"], entry["owner"]) for entry in mine] == [(str(urgent), "agent-02")]


async def test_the_overview_says_who_waits_for_whom(routing: Routing) -> None:
    counts = (await routing.http.get("/v1/overview")).json()
    open_cases = await routing.pool.fetchval("SELECT count(*) FROM cases WHERE is_open")
    assert sum(count["cases"] for count in counts) == open_cases
    assert {"first_line", "workshop"} <= {count["waiting_for"] for count in counts}


async def test_a_late_promise_is_broken_by_its_timer_and_a_person_is_named(routing: Routing) -> None:
    case = await routing.opens(WORDS)
    await routing.says(case, 3)
    await routing.pool.execute("UPDATE clock_shift SET shift = interval '25 hours'")
    try:
        said = names(await routing.says(case, 6))
    finally:
        await routing.pool.execute("UPDATE clock_shift SET shift = interval '0'")
    assert said[3:6] == ["promise.broken", "case.assigned", "promise.made"]


async def test_a_decision_does_not_rest_on_a_stale_picture(routing: Routing) -> None:
    case = await routing.opens(WORDS)
    await routing.says(case, 3)
    ahead = {"If-Case-Clock": "intake:2"}
    answer = await routing.http.post(f"/v1/cases/{case}/take", headers=ahead)
    assert (answer.status_code, answer.json()["code"]) == (409, "clock_behind")
    await routing.tell(case, "intake", on.information(Facts(area="28013")))
    async with asyncio.timeout(20):
        while True:
            answer = await routing.http.post(f"/v1/cases/{case}/take", headers=ahead)
            if answer.status_code == 200:
                break
            await asyncio.sleep(0.1)
