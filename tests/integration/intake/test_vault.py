"""The vault: words and contact data, for those who show a key, and nowhere else."""

import json

from ciclo_schemas.cases import CaseCancellationRequested
from ciclo_schemas.values import Channel
from tests.integration.intake.service import Intake, customer, report
from tests.support.running import STAFF


async def test_a_service_reads_the_words_it_asks_for_and_no_others(intake: Intake) -> None:
    first = await intake.open(report(text="Uno."))
    await intake.open(report(text="Dos."))
    body = await intake.pool.fetchval(
        "SELECT body FROM events WHERE aggregate = $1::text::uuid", first["case_id"]
    )
    text_ref, unknown = json.loads(body)["text_ref"], "txt_" + "0" * 32
    answer = await intake.http.post(
        "/v1/vault/texts:read", json={"refs": [text_ref, unknown, unknown]}, headers=STAFF
    )
    assert answer.json() == {"texts": {text_ref: "Uno."}, "missing": [unknown]}
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_service_reads_how_a_customer_is_reached(intake: Intake) -> None:
    opened = await intake.open(report(language="en"))
    ref, unknown = opened["customer_ref"], "cus_" + "0" * 32
    answer = await intake.http.post(
        "/v1/vault/contacts:read", json={"customer_refs": [ref, unknown]}, headers=STAFF
    )
    marta = {"name": "Marta Ibáñez Soler", "email": "marta@example.com", "language": "en"}
    assert answer.json() == {
        "contacts": {ref: marta},
        "links": {},
        "missing": [unknown],
        "erased": [],
    }


async def test_nobody_reads_more_than_two_hundred_at_once(intake: Intake) -> None:
    refs = [f"txt_{number:032x}" for number in range(201)]
    answer = await intake.http.post("/v1/vault/texts:read", json={"refs": refs}, headers=STAFF)
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"location": "body.refs", "code": "too_long"}],
    )


async def test_a_colleagues_note_is_kept_and_read_back_by_its_reference(intake: Intake) -> None:
    opened = await intake.open()
    path = f"/v1/cases/{opened['case_id']}/texts"
    headers = STAFF | {"Idempotency-Key": "note 1"}
    answers = [
        await intake.http.post(path, json={"text": "Viene el viernes."}, headers=headers) for _ in "12"
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    [ref] = {answer.json()["text_ref"] for answer in answers}
    read = await intake.http.post("/v1/vault/texts:read", json={"refs": [ref]}, headers=STAFF)
    assert read.json()["texts"] == {ref: "Viene el viernes."}
    author = await intake.pool.fetchval("SELECT author FROM vault_texts WHERE text_ref = $1", ref)
    assert author == "system/crm", "whose key it was"
    nowhere = "/v1/cases/01930000-0000-7000-8000-00000000dead/texts"
    answer = await intake.http.post(nowhere, json={"text": "nota"}, headers=STAFF)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_case")


async def test_only_who_may_reads_and_writes_words(intake: Intake) -> None:
    opened = await intake.open()
    agent = await intake.key("agent/agent-07", "texts:read", "texts:write")
    stranger = await intake.key("system/erp", "customers:write")
    path = f"/v1/cases/{opened['case_id']}/texts"
    answer = await intake.http.post(path, json={"text": "Llamé, no contesta."}, headers=agent)
    ref = answer.json()["text_ref"]
    assert await intake.pool.fetchval("SELECT author FROM vault_texts WHERE text_ref = $1", ref) == (
        "agent/agent-07"
    )
    for headers, status in ((agent, 200), (stranger, 403), ({}, 401), (customer(opened), 401)):
        read = await intake.http.post("/v1/vault/texts:read", json={"refs": [ref]}, headers=headers)
        assert read.status_code == status
    assert (await intake.http.post(path, json={"text": "x"}, headers=stranger)).status_code == 403
    body = {"name": "Daniel", "email": "daniel@example.com", "language": "en"}
    answer = await intake.http.put("/v1/customers/crm/K-1", json=body, headers=stranger)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_the_publisher")


async def test_telephony_speaks_for_customers_with_a_key_that_may(intake: Intake) -> None:
    opened = await intake.open()
    telephony = await intake.key("system/telephony", "cases:speak")
    stranger = await intake.key("system/erp", "customers:write")
    path = f"/v1/cases/{opened['case_id']}/cancellation"
    body = {"reason": "no_longer_needed", "channel": "phone"}
    for headers, status in ((stranger, 403), ({}, 401), (telephony, 202)):
        answer = await intake.http.post(path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
    _, event = await intake.says(opened["case_id"], 2)
    assert isinstance(event, CaseCancellationRequested)
    assert (event.channel, event.reason) == (Channel.PHONE, "no_longer_needed")
