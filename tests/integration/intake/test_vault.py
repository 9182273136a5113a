"""The vault: words and contact data, for those who show a key, and nowhere else."""

import json

from tests.integration.intake.service import Intake, customer, report
from tests.support.logged import logged
from tests.support.replica import everything
from tests.support.running import STAFF

CANARIES = ("Zacarías Canario", "canario@jaula.example", "pío pío dijo el canario", "nota del canario")
VAULT = {"vault_texts", "vault_contacts"}


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
    assert answer.json() == {"contacts": {ref: marta}, "missing": [unknown]}


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
    nowhere = "/v1/cases/01930000-0000-7000-8000-00000000dead/texts"
    answer = await intake.http.post(nowhere, json={"text": "nota"}, headers=STAFF)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_case")


async def test_no_name_address_or_word_leaves_the_vault(intake: Intake) -> None:
    name, email, text, note = CANARIES
    mine = report(customer={"name": name, "email": email}, text=text)
    with logged("intake", "DEBUG") as logs:
        opened = await intake.open(mine, key=f"{name} {email}".encode().hex())
        path = f"/v1/cases/{opened['case_id']}"
        for what, body in [
            ("information", {"text": text}),
            ("human-request", {"text": text}),
            ("denial", {"proposal_no": 1, "reason": "still_broken", "text": text}),
            ("denial", {"proposal_no": text, "reason": text, "text": text * 1000}),
        ]:
            await intake.http.post(f"{path}/{what}", json=body, headers=customer(opened))
        await intake.http.post(f"{path}/texts", json={"text": note}, headers=STAFF)
        body = {"name": name, "email": email, "language": "es"}
        await intake.http.put("/v1/customers/crm/K-7", json=body, headers=STAFF)
        wrong = await intake.http.post("/v1/cases", json=mine | {"language": text, email: name})
        case = await intake.http.get(path, headers=customer(opened))
        stored = await intake.stored()
        published = await everything_published(intake)
    assert opened["case_id"] in published
    for place, found in {
        "logs": logs.text,
        "topics": published,
        "an error": wrong.text,
        "the case": case.text,
        **{table: rows for table, rows in stored.items() if table not in VAULT},
    }.items():
        assert not any(canary in found for canary in CANARIES), place
        assert "canario" not in found.lower(), place
    for canary in CANARIES:
        assert canary in "".join(stored[table] for table in VAULT)


async def test_a_failure_of_the_vault_itself_tells_nothing_of_what_it_was_given(intake: Intake) -> None:
    name, email, text, _ = CANARIES
    await intake.pool.execute(
        "ALTER TABLE vault_texts ADD CONSTRAINT broken CHECK (text NOT LIKE '%pío%') NOT VALID"
    )
    try:
        with logged("intake", "DEBUG") as logs:
            body = report(customer={"name": name, "email": email}, text=text)
            answer = await intake.http.post("/v1/cases", json=body)
            stored = await intake.stored()
    finally:
        await intake.pool.execute("ALTER TABLE vault_texts DROP CONSTRAINT broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "broken" in logs.text, "the failure is logged"
    for found in (answer.text, logs.text, stored["dead_letters"], stored["parked"]):
        assert "canario" not in found.lower()


async def everything_published(intake: Intake) -> str:
    """All that intake's topic holds, headers included, once the outbox is empty."""
    await intake.quiet()
    records = await everything(intake.kafka, intake.prefix + "ciclo.cases.v1")
    return "".join(f"{record.key} {record.headers} {record.value}" for record in records)
