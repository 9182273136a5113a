"""Erasure: what a customer wrote and how he is reached goes away; his case goes on, the ledger says why."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ciclo_schemas.inbound import NewCustomer, OpenCase, WordKind, WordSpoken
from ciclo_schemas.values import Channel, Language
from deploy.embedded import Servers
from services.chassis.ids import derived_id
from tests.conftest import NewDatabase
from tests.integration.intake.service import SECRET, Intake, customer, report
from tests.support.running import STAFF

NAME, EMAIL, TEXT = "Zacarías Canario", "canario@jaula.example", "pío pío dijo el canario"
SETTINGS = {"INTAKE_TRACKING_SECRET": SECRET, "INTAKE_HTTP_PORT": "0", "INTAKE_ADMIN_PORT": "0"}
PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"a canary" * 10


@pytest.fixture
async def fresh(servers: Servers, database: NewDatabase) -> AsyncIterator[tuple[Intake, str]]:
    """An intake that nobody used before, and its database."""
    url = await database("intake")
    async with Intake(url, servers.kafka) as running:
        yield running, url


async def erase(url: str, *arguments: str, reason: str = "customer_request") -> tuple[int | None, str]:
    """Call `python -m services.intake erase`; its exit code and all that it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-m", "services.intake", "erase", "--reason", reason, "--by", "dpo", *arguments),
        stdout=PIPE,
        stderr=PIPE,
        env=os.environ | SETTINGS | {"INTAKE_DATABASE_URL": url},
    )
    async with asyncio.timeout(60):
        out, errors = await process.communicate()
    return process.returncode, out.decode() + errors.decode()


async def canaries(intake: Intake) -> set[str]:
    """The tables that hold anything of the canary's."""
    stored = await intake.stored()
    return {table for table, rows in stored.items() if "anario" in rows or PHOTO.hex() in rows}


async def opened_by_the_canary(intake: Intake) -> dict[str, Any]:
    """A case with words, a colleague's note and a photo."""
    opened = await intake.open(report(customer={"name": NAME, "email": EMAIL}, text=TEXT))
    path = f"/v1/cases/{opened['case_id']}"
    await intake.http.post(f"{path}/human-request", json={"text": TEXT}, headers=customer(opened))
    await intake.http.post(f"{path}/texts", json={"text": f"{NAME} dice: {TEXT}"}, headers=STAFF)
    files = {"file": ("photo.jpg", PHOTO)}
    answer = await intake.http.post(f"{path}/attachments", files=files, headers=customer(opened))
    assert answer.status_code == 202, answer.text
    return opened


async def test_a_customer_is_erased_and_his_case_stays_readable_and_open(fresh: tuple[Intake, str]) -> None:
    intake, url = fresh
    opened = await opened_by_the_canary(intake)
    other = await intake.open()
    ref = opened["customer_ref"]
    before = await intake.events_of(opened["case_id"])
    assert await canaries(intake) == {"vault_texts", "vault_contacts", "vault_attachments"}

    code, said = await erase(url, "--customer", ref)
    assert (code, "nothing is erased yet" in said) == (0, True)
    assert len(await canaries(intake)) == 3, "it only said what would be erased"

    code, said = await erase(url, "--customer", ref, "--yes")
    assert code == 0
    assert "contacts: 1\n" in said
    assert "texts: 3\n" in said
    assert "files: 1\n" in said
    assert await canaries(intake) == set()

    case = await intake.http.get(f"/v1/cases/{opened['case_id']}", headers=customer(opened))
    assert case.json()["erased"].startswith(
        "Sus datos de contacto y sus palabras se borraron a petición suya"
    )
    assert len(case.json()["timeline"]) == len(before)
    body = {"customer_refs": [ref, other["customer_ref"]]}
    contacts = await intake.http.post("/v1/vault/contacts:read", json=body, headers=STAFF)
    assert contacts.json()["erased"] == [ref]
    assert list(contacts.json()["contacts"]) == [other["customer_ref"]]
    word = await intake.http.post(
        f"/v1/cases/{opened['case_id']}/information", json={"text": "Sigo aquí"}, headers=customer(opened)
    )
    assert word.status_code == 202


async def test_erasing_twice_is_erasing_once_and_the_ledger_holds_no_personal_data(
    fresh: tuple[Intake, str],
) -> None:
    intake, url = fresh
    opened = await opened_by_the_canary(intake)
    for expected in ("texts: 3\n", "nothing is left to erase\n"):
        code, said = await erase(url, "--case", opened["case_id"], "--yes")
        assert (code, expected in said) == (0, True)
    [entry] = await intake.pool.fetch("SELECT * FROM erasures")
    assert (entry["actor"], entry["reason"]) == ("dpo", "customer_request")
    assert str(entry["case_id"]) == opened["case_id"]
    assert await canaries(intake) == set(), "the case was his only one, so his contact data went with it"


async def test_a_case_of_a_customer_with_others_leaves_his_contact_data(fresh: tuple[Intake, str]) -> None:
    intake, url = fresh
    crm = await intake.key("system/crm-9", "customers:write", "cases:open")
    person = {"name": NAME, "email": EMAIL, "language": "pt"}
    ref = (await intake.http.put("/v1/customers/crm-9/K-1", json=person, headers=crm)).json()["customer_ref"]
    answers = [
        await intake.http.post(
            "/v1/cases", json=report(customer={"customer_ref": ref}, text=text), headers=crm
        )
        for text in (TEXT, "otra cosa")
    ]
    await erase(url, "--case", answers[0].json()["case_id"], "--yes")
    assert await canaries(intake) == {"vault_contacts"}
    await erase(url, "--customer", ref, "--yes")
    assert await canaries(intake) == set()
    again = await intake.http.put("/v1/customers/crm-9/K-1", json=person, headers=crm)
    assert again.json()["customer_ref"] != ref, "nothing links the erased customer to the number any more"


async def test_what_waits_or_failed_in_the_engine_is_erased_too(fresh: tuple[Intake, str]) -> None:
    intake, url = fresh
    who = NewCustomer(number="K-1", name=NAME, email=EMAIL)
    common: dict[str, Any] = {"publisher": "crm-9", "external_ref": "X-1", "channel": Channel.PHONE}
    opening = OpenCase(customer=who, text=TEXT, language=Language.ES, jurisdiction="ES", **common)
    await intake.report(opening, "X-1")
    case = derived_id("case", "crm-9", "X-1")
    [opened] = await intake.says(case, 1)
    early = WordSpoken(
        word_ref="W-1", kind=WordKind.DENIAL, proposal_no=7, reason="still_broken", text=TEXT, **common
    )
    await intake.report(early, "X-1")
    async with asyncio.timeout(20):
        while "parked" not in await canaries(intake):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)
    # a record that failed: it names the customer but found no place in a case of his
    await intake.pool.execute(
        """
        INSERT INTO dead_letters (aggregate, blocking, origin, type, record, error, message, fingerprint,
            first_failed_at, last_failed_at, release)
        SELECT gen_random_uuid(), true, 'inbound', type, $1, '', '', '', now(), now(), ''
        FROM parked
        """,
        opening.write().decode(),
    )
    ref = getattr(opened, "customer_ref", "")
    code, said = await erase(url, "--customer", ref, "--yes")
    assert (code, "waiting records: 1\n" in said, "dead letters: 1\n" in said) == (0, True, True)
    assert await canaries(intake) == set()


async def test_who_is_not_known_or_has_no_reason_erases_nothing(database: NewDatabase) -> None:
    url = await database("intake")
    code, said = await erase(url, "--customer", "cus_" + "0" * 32, "--yes")
    assert (code, said) == (1, "there is no such customer or case\n")
    for wrong, reason in [(("--customer", "marta@example.com"), "customer_request"), (("--yes",), "why")]:
        code, _ = await erase(url, *wrong, reason=reason)
        assert code == 2
    code, said = await erase(url, "--customer", "cus_" + "0" * 32, reason="Marta asked me")
    assert code == 2
    assert "no names, no sentences" in said
