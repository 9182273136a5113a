"""Routing's doors: who may do what, what is shown, and why something is refused."""

import asyncio
from typing import Any

from ciclo_schemas.cases import CaseInformationReceived
from ciclo_schemas.values import Category, Channel, Facts, RemedyKind, Window
from services.chassis.ids import new_id
from services.routing.routes.scopes import Scope
from tests.integration.routing.service import Routing
from tests.support.deciders import NOW
from tests.support.running import TOKEN, names
from tests.unit.routing import world as on

WORDS = "mi smart tv no abre youtube: network problem"
PHOTO = "att_" + "5" * 32


async def in_hands(routing: Routing, **more: Any) -> Any:
    """A case of the first line that agent-03 has taken."""
    case = await routing.opens(WORDS, **more)
    await routing.says(case, 3)
    assert (await routing.post(case, "take")).status_code == 200
    return case


async def test_everybody_acts_as_himself_and_not_on_a_colleagues_case(routing: Routing) -> None:
    case = await in_hands(routing)
    assert (await routing.view(case))["owner"] == "agent-03"
    for door, body in (
        ("take", {}),
        ("steps", {"step": "restart_router", "helped": True}),
        ("information", {"missing": ["model"]}),
        ("resolution", {"reason": "network_restarted"}),
        ("classification", {"category": "care"}),
        ("escalation", {"symptom_code": "no_power"}),
        ("handoff", {"person": "agent-05", "reason": "shift_ends"}),
        ("unknown", {"reason": "nobody_knows"}),
        ("known", {"reason": "asked_the_maker"}),
        ("compensation", {"cause": "promise", "cause_no": 1, "reason": "goodwill"}),
    ):
        answer = await routing.post(case, door, by="agent-04", **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "already_taken"), door
    disguised = await routing.post(
        case, "steps", by="agent-04", step="restart_router", helped=True, agent="agent-03"
    )
    assert disguised.status_code == 422
    assert (await routing.view(case))["owner"] == "agent-03"


async def test_a_key_opens_what_its_scopes_name_and_a_system_is_no_person(routing: Routing) -> None:
    case = await in_hands(routing)
    reader = await routing.key("agent/agent-03", Scope.READ_CASES)
    system = await routing.key("system/crm", *Scope)
    stranger = {"Authorization": f"Bearer {TOKEN}x"}
    take = f"/v1/cases/{case}/take"
    for headers, expected in (
        (reader, (403, "not_allowed")),
        (system, (403, "not_a_person")),
        (stranger, (401, "not_authorized")),
    ):
        answer = await routing.http.post(take, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == expected
    assert (await routing.http.get(f"/v1/cases/{case}", headers=reader)).status_code == 200
    assert (await routing.http.get("/v1/overview", headers=system)).status_code == 200
    assert (await routing.http.get("/v1/overview", headers=stranger)).status_code == 401
    worker = await routing.key("agent/agent-03", Scope.WORK_ON_CASES)
    for door in ("acceptance", "training", "complaints/1/answer"):
        body = {"outcome": "upheld", "reasons": ["late"]}
        answer = await routing.http.post(f"/v1/cases/{case}/{door}", json=body, headers=worker)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), door


async def test_whoever_acts_on_what_has_changed_is_told_what_happened_since(routing: Routing) -> None:
    case = await routing.opens(WORDS)
    await routing.says(case, 3)
    seen = (await routing.http.get(f"/v1/cases/{case}")).headers["ETag"]
    taken = await routing.post(case, "take", by="agent-04", seen=seen)
    assert taken.status_code == 200
    stale = await routing.post(case, "take", seen=seen)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_picture")
    assert [change["type"] for change in stale.json()["changes"]] == ["ciclo.case.assigned.v1"]
    step = {"step": "restart_router", "helped": True}
    again = await routing.post(case, "steps", by="agent-04", seen=taken.headers["ETag"], **step)
    assert again.status_code == 200
    shown = await routing.http.get(f"/v1/cases/{case}")
    assert shown.headers["ETag"] == again.headers["ETag"]
    assert shown.headers["Cache-Control"] == "no-store"


async def test_the_whole_story_of_a_case_is_shown_in_references(routing: Routing) -> None:
    case = await routing.opens("La tele no enciende", Facts(product_unit="TV-7001", symptom_code="no_power"))
    await routing.says(case, 2)
    word = CaseInformationReceived(
        channel=Channel.WEB,
        reported_at=NOW,
        facts=Facts(purchase_ref="T-1"),
        safety_flag=False,
        text_ref=on.text_ref(77),
        attachments=(PHOTO,),
    )
    await routing.tell(case, "intake", word)
    await routing.tell(case, "warranty", on.assessed(Window.GUARANTEE))
    await routing.tell(case, "intake", on.chosen(RemedyKind.REPAIR))
    await routing.tell(case, "warranty", on.repair_authorized())
    view = await routing.until(case, stage="in_repair")
    assert view["facts"] == {"product_unit": "TV-7001", "symptom_code": "no_power", "purchase_ref": "T-1"}
    assert view["texts"] == [f"txt_{case.hex}", on.text_ref(77)]
    assert view["attachments"] == [PHOTO]
    assert [one["window"] for one in view["assessments"]] == ["guarantee"]
    assert view["remedy"] == {"remedy_no": 1, "kind": "repair", "service_point": "sat-madrid"}
    assert (view["wait"]["wait"], view["wait"]["owner"]) == ("workshop", "sat-madrid")
    assert {one["kind"]: one["status"] for one in view["promises"]}["repair"] == "live"
    assert view["linked"] == []


async def test_a_person_asks_the_customer_once_and_never_for_what_is_known(routing: Routing) -> None:
    case = await in_hands(routing, facts=Facts(purchase_ref="T-9"))
    known = await routing.post(case, "information", missing=["purchase"])
    assert (known.status_code, known.json()["code"]) == (409, "already_known")
    asked = await routing.post(
        case, "information", missing=["model", "delivered_on"], text_ref=on.text_ref(5)
    )
    assert asked.json()["waiting_for"] == "customer"
    again = await routing.post(case, "information", missing=["model"])
    assert (again.status_code, again.json()["code"]) == (409, "already_asked")
    requested = (await routing.says_no_more(case))[-2]
    assert requested.model_dump()["asked_by"] == {"kind": "agent", "id": "agent-03"}


async def test_a_case_is_handed_to_a_colleague_who_then_has_it(routing: Routing) -> None:
    case = await in_hands(routing)
    nobody = await routing.post(case, "handoff", person="agent-99", reason="shift_ends")
    assert (nobody.status_code, nobody.json()["code"]) == (422, "unknown_person")
    nowhere = await routing.post(case, "handoff", queue="nowhere", reason="shift_ends")
    assert (nowhere.status_code, nowhere.json()["code"]) == (422, "unknown_queue")
    both = await routing.post(case, "handoff", person="agent-05", queue="education", reason="shift_ends")
    assert both.status_code == 422
    given = await routing.post(case, "handoff", person="agent-05", reason="shift_ends")
    assert given.json()["owner"] == "agent-05"
    for giver, taker in (("agent-05", "agent-06"), ("agent-06", "agent-01")):
        assert (
            await routing.post(case, "handoff", by=giver, person=taker, reason="asks_colleague")
        ).is_success
    often = await routing.post(case, "handoff", by="agent-01", person="agent-02", reason="asks_colleague")
    assert (often.status_code, often.json()["code"]) == (409, "too_many_handoffs")
    last = await routing.post(case, "handoff", by="agent-01", person="agent-07", reason="too_many_handoffs")
    assert last.json()["owner"] == "agent-07"
    assert (await routing.view(case))["handed_off"] == 4


async def test_a_case_handed_to_a_queue_is_taken_by_its_people(routing: Routing) -> None:
    case = await in_hands(routing)
    await routing.post(case, "handoff", queue="complaints", reason="angry")
    listed = (await routing.http.get("/v1/queues/complaints/cases", params={"limit": 200})).json()["cases"]
    assert str(case) in [entry["case_id"] for entry in listed]
    other = await routing.post(case, "take", by="agent-03")
    assert (other.status_code, other.json()["code"]) == (409, "not_in_queue")
    assert (await routing.post(case, "take", by="agent-08")).json()["owner"] == "agent-08"


async def test_nobody_knows_yet_and_then_somebody_does(routing: Routing) -> None:
    case = await in_hands(routing)
    early = await routing.post(case, "known", reason="maker_answered")
    assert (early.status_code, early.json()["code"]) == (409, "nothing_unknown")
    late = await routing.post(case, "unknown", reason="maker_asked", next_update_hours=5000)
    assert (late.status_code, late.json()["code"]) == (422, "too_late")
    assert (await routing.post(case, "unknown", reason="maker_asked", next_update_hours=24)).is_success
    assert (await routing.view(case))["unknown"] == 1
    assert (await routing.post(case, "known", reason="maker_answered")).is_success
    said = names(await routing.says_no_more(case))
    assert said.index("case.unknown_declared") < said.index("case.unknown_resolved")
    assert (await routing.view(case))["unknown"] is None


async def test_the_education_area_confirms_and_proposes_the_resolution(routing: Routing) -> None:
    case = await in_hands(routing)
    await routing.post(case, "classification", category=Category.TRAINING.value)
    await routing.until(case, stage="in_training")
    waiting = (await routing.http.get("/v1/queues/education/cases", params={"limit": 200})).json()["cases"]
    assert str(case) in [entry["case_id"] for entry in waiting], "it waits for them, whoever has it"
    outsider = await routing.post(case, "training", by="agent-04")
    assert (outsider.status_code, outsider.json()["code"]) == (403, "not_in_education")
    assert (await routing.post(case, "training", by="agent-11")).json()["owner"] == "agent-11"
    proposed = await routing.post(case, "resolution", by="agent-11", reason="trained")
    assert proposed.json()["stage"] == "resolution_proposed"


async def test_a_complaint_is_answered_by_somebody_who_did_not_have_the_case(routing: Routing) -> None:
    case = await in_hands(routing)
    await routing.post(case, "classification", category=Category.COMPLAINT.value)
    view = await routing.view(case)
    number, owner = view["complaints"][0]["complaint_no"], view["complaints"][0]["owner"]
    listed = (await routing.http.get("/v1/queues/complaints/cases", params={"limit": 200})).json()["cases"]
    assert str(case) in [entry["case_id"] for entry in listed]
    answer: dict[str, Any] = {"outcome": "upheld", "reasons": ["told_wrongly"]}
    involved = await routing.post(case, f"complaints/{number}/answer", by="agent-03", **answer)
    assert (involved.status_code, involved.json()["code"]) == (403, "not_impartial")
    assert (await routing.post(case, f"complaints/{number}/answer", by=owner, **answer)).is_success
    view = await routing.view(case)
    assert view["complaints"][0]["outcome"] == "upheld"
    assert view["compensations"] == [{"cause": "complaint", "cause_no": number, "decided": False}]
    unfounded: dict[str, Any] = {"cause": "promise", "cause_no": 9, "reason": "goodwill"}
    no_cause = await routing.post(case, "compensation", by=owner, **unfounded)
    assert (no_cause.status_code, no_cause.json()["code"]) == (409, "no_such_cause")


async def test_queues_are_filtered_by_where_cases_stand_and_how_late_they_are(routing: Routing) -> None:
    urgent = await routing.opens(WORDS, safety=True)
    await routing.says(urgent, 3)
    mine = await in_hands(routing)

    async def listed(**wanted: str) -> list[dict[str, Any]]:
        query = {"limit": "200", **wanted}
        answer = await routing.http.get("/v1/queues/first_line/cases", params=query)
        entries: list[dict[str, Any]] = answer.json()["cases"]
        return entries

    assert {one["urgency"] for one in await listed(urgency="high")} == {"high"}
    assert {one["stage"] for one in await listed(stage="in_first_line")} == {"in_first_line"}
    assert str(mine) in {one["case_id"] for one in await listed(owner="agent-03", taken="true")}
    assert await listed(overdue="true") == []
    unknown = await routing.http.get("/v1/queues/first_line/cases", params={"stage": "in_the_sky"})
    assert unknown.status_code == 422


async def test_refusals_name_the_field_and_never_repeat_what_was_sent(routing: Routing) -> None:
    unknown = new_id()
    answer = await routing.post(unknown, "take")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_seen_yet")
    assert answer.headers["Retry-After"]
    assert (await routing.http.get(f"/v1/cases/{unknown}")).status_code == 409
    bad = await routing.post(unknown, "classification", category="astrology")
    assert (bad.status_code, bad.json()["errors"][0]["location"]) == (422, "body.category")
    assert "astrology" not in bad.text
    cursor = await routing.http.get("/v1/queues/first_line/cases", params={"after": "zzz"})
    assert (cursor.status_code, cursor.json()["code"]) == (422, "malformed_cursor")
    malformed = await routing.post(unknown, "take", seen="yesterday")
    assert (malformed.status_code, malformed.json()["code"]) == (409, "malformed_etag")
    many = await routing.post(unknown, "information", missing=[f"code_{n}" for n in range(21)])
    assert many.status_code == 422


async def test_two_people_who_take_a_case_at_once_do_not_both_have_it(routing: Routing) -> None:
    case = await routing.opens(WORDS)
    await routing.says(case, 3)
    people = [f"agent-0{number}" for number in range(1, 7)]
    await asyncio.gather(*(routing.shown_by(person) for person in people))
    answers = await asyncio.gather(*(routing.post(case, "take", by=person) for person in people))
    winners = [person for person, answer in zip(people, answers, strict=True) if answer.is_success]
    assert [(await routing.view(case))["owner"]] == winners
    assert sorted({answer.status_code for answer in answers}) == [200, 409]


async def test_every_door_is_described_with_its_scope_an_example_and_its_refusals(routing: Routing) -> None:
    document = (await routing.http.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    doors = {name: path["post"] for name, path in document["paths"].items() if "post" in path}
    assert len(doors) == 13
    for name, door in doors.items():
        assert door["security"], name
        assert {"401", "403", "409", "422"} <= door["responses"].keys(), name
        if "requestBody" in door:
            body = door["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
            assert all("examples" in field for field in schemas[body]["properties"].values()), name
