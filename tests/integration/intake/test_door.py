"""The front door: a report becomes a case at once, once, and what is wrong with it is said by field."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.intake.domain.reference import read_case_no
from tests.integration.intake.service import Intake, customer, report
from tests.support.running import STAFF

NO_SUCH_CUSTOMER = "cus_" + "9" * 32


async def test_a_customer_gets_what_he_needs_to_come_back(intake: Intake) -> None:
    answer = await intake.http.post("/v1/cases", json=report())
    opened = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/cases/{opened['case_id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert read_case_no(opened["case_no"]) == opened["case_no"]
    assert opened["clock"] == "intake:1"
    assert opened["tracking_url"].endswith(f"/v1/cases/{opened['case_id']}")
    case = await intake.http.get(answer.headers["Location"], headers=customer(opened))
    assert case.status_code == 200
    assert case.headers["Case-Clock"] == "intake:1"
    assert case.json()["status"] == "acknowledged"
    assert case.json()["facts"] == {
        "product_unit": "FR-2040-118",
        "purchase_ref": None,
        "purchased_on": None,
        "delivered_on": None,
        "buyer": None,
        "area": None,
        "symptom_code": "no_heat",
        "proof_ref": None,
    }
    assert [step["text"] for step in case.json()["timeline"]] == [
        f"Hemos recibido su caso {opened['case_no']}."
    ]


async def test_the_same_request_again_gets_the_same_answer_and_opens_no_second_case(intake: Intake) -> None:
    headers = {"Idempotency-Key": "0f6f1c2e-8f0c-4e6b-9f0e-6f3a5d9b7c11"}
    first, second = [(await intake.http.post("/v1/cases", json=report(), headers=headers)) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["Location"] == second.headers["Location"]
    assert await intake.events_of(first.json()["case_id"]) == ["ciclo.case.opened.v1"]


async def test_the_same_key_with_another_body_is_refused(intake: Intake) -> None:
    headers = {"Idempotency-Key": "another body"}
    await intake.http.post("/v1/cases", json=report(), headers=headers)
    answer = await intake.http.post("/v1/cases", json=report(text="Algo distinto."), headers=headers)
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "idempotency_key_reused"


async def test_twenty_requests_at_once_with_one_key_open_one_case(intake: Intake) -> None:
    before = await intake.pool.fetchval("SELECT count(*) FROM cases")
    headers = {"Idempotency-Key": "twenty at once"}
    answers = await asyncio.gather(
        *(intake.http.post("/v1/cases", json=report(), headers=headers) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await intake.pool.fetchval("SELECT count(*) FROM cases") == before + 1
    assert await intake.events_of(answers[0].json()["case_id"]) == ["ciclo.case.opened.v1"]


async def test_without_a_key_every_report_is_a_case_of_its_own(intake: Intake) -> None:
    first, second = await intake.open(), await intake.open()
    assert first["case_id"] != second["case_id"]
    assert first["customer_ref"] != second["customer_ref"], (
        "an e-mail address proves nothing about who writes"
    )


@pytest.mark.parametrize(
    ("change", "location"),
    [
        ({"customer": {"name": "Marta Ibáñez"}}, "body.customer.email"),
        ({"customer": {"name": "Marta Ibáñez", "email": "not an address"}}, "body.customer.email"),
        ({"customer": {"name": "x" * 201, "email": "m@example.com"}}, "body.customer.name"),
        (
            {"customer": {"name": "Marta\r\nBcc: x@a.example", "email": "m@a.example"}},
            "body.customer.name",
        ),
        ({"customer": {"customer_ref": "marta"}}, "body.customer.customer_ref"),
        ({"customer": None}, "body.customer"),
        ({"text": "x" * 8001}, "body.text"),
        ({"text": "   "}, "body.text"),
        ({"text": "zero \x00 byte"}, "body.text"),
        ({"text": 5}, "body.text"),
        ({"facts": {"product_unit": "!"}}, "body.facts.product_unit"),
        ({"facts": {"buyer": "unknown"}}, "body.facts.buyer"),
        ({"facts": {"purchased_on": "yesterday"}}, "body.facts.purchased_on"),
        ({"facts": {"proof_ref": "txt_" + "1" * 32}}, "body.facts.proof_ref"),
        ({"asked_for": "unknown"}, "body.asked_for"),
        ({"language": "fr"}, "body.language"),
        ({"jurisdiction": "Spain"}, "body.jurisdiction"),
        ({"priority": "high"}, "body.priority"),
    ],
)
async def test_what_is_wrong_is_said_by_field_and_never_repeated(
    intake: Intake, change: dict[str, Any], location: str
) -> None:
    answer = await intake.http.post("/v1/cases", json=report(**change))
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["location"] for error in answer.json()["errors"]] == [location]
    for value in ("not an address", "Bcc", "yesterday", "Spain", "marta"):
        assert value not in answer.text


async def test_what_is_no_json_is_refused(intake: Intake) -> None:
    for content in (b'{"text": ', b"\xff\xfe", b"[]", b'{"text": "\\ud800"}', b""):
        answer = await intake.http.post(
            "/v1/cases", content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 422), content
        assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(intake: Intake) -> None:
    answer = await intake.http.post("/v1/cases", json=report(text="x" * 200_000))
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


async def test_a_serial_number_is_understood_however_it_is_typed(intake: Intake) -> None:
    opened = await intake.open(report(facts={"product_unit": " fr-2040-118 "}))
    case = await intake.http.get(f"/v1/cases/{opened['case_id']}", headers=customer(opened))
    assert case.json()["facts"]["product_unit"] == "FR-2040-118"


async def test_another_systems_customer_has_one_reference_for_ever(intake: Intake) -> None:
    body = {"name": "Daniel Okafor", "email": "daniel@example.com", "language": "en"}
    refs = await asyncio.gather(
        *(intake.http.put("/v1/customers/crm/K-10023", json=body, headers=STAFF) for _ in range(5))
    )
    [customer_ref] = {answer.json()["customer_ref"] for answer in refs}
    other = await intake.http.put("/v1/customers/crm/K-10024", json=body, headers=STAFF)
    assert other.json()["customer_ref"] != customer_ref
    named = report(customer={"customer_ref": customer_ref})
    answer = await intake.http.post("/v1/cases", json=named, headers=STAFF)
    assert answer.status_code == 201
    assert answer.json()["customer_ref"] == customer_ref


async def test_only_colleagues_name_customers_by_reference_and_only_those_we_know(intake: Intake) -> None:
    named = report(customer={"customer_ref": NO_SUCH_CUSTOMER})
    stranger = await intake.http.post("/v1/cases", json=named)
    assert (stranger.status_code, stranger.json()["code"]) == (401, "not_authorized")
    colleague = await intake.http.post("/v1/cases", json=named, headers=STAFF)
    assert (colleague.status_code, colleague.json()["code"]) == (409, "unknown_customer")
    assert colleague.json()["errors"][0]["location"] == "body.customer.customer_ref"


async def test_a_case_number_read_aloud_finds_the_case(intake: Intake) -> None:
    opened = await intake.open()
    read_aloud = opened["case_no"].lower().replace("-", " ")
    found = await intake.http.get(f"/v1/case-numbers/{read_aloud}", headers=STAFF)
    assert found.json() == {"case_id": opened["case_id"]}
    case_no = opened["case_no"]
    misread = case_no[:-1] + ("2" if case_no[-1] != "2" else "3")
    answer = await intake.http.get(f"/v1/case-numbers/{misread}", headers=STAFF)
    assert (answer.status_code, answer.json()["code"]) == (404, "misread")


async def test_the_row_of_the_case_is_there_when_the_answer_is(intake: Intake) -> None:
    opened = await intake.open()
    row = await intake.pool.fetchrow("SELECT * FROM cases WHERE case_id = $1", UUID(opened["case_id"]))
    assert row is not None
    assert (row["case_no"], row["customer_ref"]) == (opened["case_no"], opened["customer_ref"])
