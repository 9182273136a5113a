"""Photos and proofs at the API: limits, who may read them, and nothing kept that no case took."""

from typing import Any

import httpx
import pytest

from ciclo_schemas.cases import CaseInformationReceived
from tests.integration.intake.service import Intake, customer
from tests.support.running import STAFF

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"a photo" * 100
PDF = b"%PDF-1.7 an invoice"
MB = 1024 * 1024


async def send(
    intake: Intake, opened: dict[str, Any], *contents: bytes, kind: str = "photo", **headers: str
) -> httpx.Response:
    files = [("file", (f"{number}.exe", content)) for number, content in enumerate(contents)]
    return await intake.http.post(
        f"/v1/cases/{opened['case_id']}/attachments",
        files=files,
        data={"kind": kind},
        headers=customer(opened) | headers,
    )


async def kept(intake: Intake) -> int:
    count: int = await intake.pool.fetchval("SELECT count(*) FROM vault_attachments")
    return count


async def test_photos_are_kept_published_and_read_back_by_the_customer_and_by_colleagues(
    intake: Intake,
) -> None:
    opened = await intake.open()
    answer = await send(intake, opened, JPEG, PDF)
    assert answer.status_code == 202, answer.text
    refs = answer.json()["attachments"]
    [_, event] = await intake.says(opened["case_id"], 2)
    assert isinstance(event, CaseInformationReceived)
    assert list(event.attachments) == refs
    own = f"/v1/cases/{opened['case_id']}/attachments/{refs[0]}"
    for path, headers in ((own, customer(opened)), (f"/v1/vault/attachments/{refs[0]}", STAFF)):
        file = await intake.http.get(path, headers=headers)
        assert (file.status_code, file.content) == (200, JPEG)
        assert file.headers["Content-Type"] == "image/jpeg"
        assert file.headers["Content-Disposition"] == f'attachment; filename="{refs[0]}.jpg"'
        assert file.headers["X-Content-Type-Options"] == "nosniff"
        assert file.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_a_proof_of_purchase_is_a_fact_of_the_case(intake: Intake) -> None:
    opened = await intake.open()
    [ref] = (await send(intake, opened, PDF, kind="proof_of_purchase")).json()["attachments"]
    case = await intake.http.get(f"/v1/cases/{opened['case_id']}", headers=customer(opened))
    assert case.json()["facts"]["proof_ref"] == ref


async def test_nobody_else_reads_a_file(intake: Intake) -> None:
    mine, theirs = await intake.open(), await intake.open()
    [ref] = (await send(intake, mine, JPEG)).json()["attachments"]
    for case in (mine, theirs):
        path = f"/v1/cases/{case['case_id']}/attachments/{ref}"
        assert (await intake.http.get(path, headers=customer(theirs))).status_code == 404
    for headers in ({}, customer(mine)):
        assert (await intake.http.get(f"/v1/vault/attachments/{ref}", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("contents", "kind", "code", "field"),
    [
        ((b"<svg onload=alert(1)>",), "photo", "file_type", "body.file"),
        ((JPEG, b"MZ\x90"), "photo", "file_type", "body.file"),
        ((JPEG + bytes(5 * MB),), "photo", "file_too_large", "body.file"),
        ((), "photo", "file_missing", "body.file"),
        ((b"",), "photo", "file_missing", "body.file"),
        ((JPEG,), "selfie", "kind", "body.kind"),
    ],
)
async def test_what_is_wrong_with_a_file_is_said_by_field_and_nothing_is_kept(
    intake: Intake, contents: tuple[bytes, ...], kind: str, code: str, field: str
) -> None:
    opened, before = await intake.open(), await kept(intake)
    answer = await send(intake, opened, *contents, kind=kind)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [error["location"] for error in answer.json()["errors"]] == [field]
    assert await kept(intake) == before
    assert await intake.events_of(opened["case_id"]) == ["ciclo.case.opened.v1"]


async def test_a_case_takes_ten_files_and_keeps_none_of_the_eleventh(intake: Intake) -> None:
    opened = await intake.open()
    for _ in range(2):
        assert (await send(intake, opened, *[JPEG] * 5)).status_code == 202
    before = await kept(intake)
    answer = await send(intake, opened, JPEG)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_attachments")
    assert answer.json()["errors"] == [{"location": "body.file", "code": "too_many_attachments"}]
    assert await kept(intake) == before


async def test_more_than_any_form_may_hold_is_refused_unread(intake: Intake) -> None:
    opened = await intake.open()
    assert (await send(intake, opened, *[JPEG] * 6)).status_code == 400, "six files in one form"
    answer = await send(intake, opened, JPEG + bytes(30 * MB))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert await intake.events_of(opened["case_id"]) == ["ciclo.case.opened.v1"]


async def test_a_repeat_with_its_key_keeps_nothing_twice(intake: Intake) -> None:
    opened, before = await intake.open(), await kept(intake)
    key = {"Idempotency-Key": "the same photo"}
    answers = [await send(intake, opened, JPEG, **key) for _ in range(3)]
    assert len({answer.text for answer in answers}) == 1
    assert await kept(intake) == before + 1
    other = await send(intake, opened, JPEG + b"!", **key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert await kept(intake) == before + 1


async def test_what_an_interrupted_request_left_is_swept_by_the_next(intake: Intake) -> None:
    opened = await intake.open()
    await intake.pool.execute(
        "INSERT INTO vault_attachments (attachment_ref, case_id, content, stored_at)"
        " VALUES ('att_lost', $1, 'x', now() - interval '2 hours')",
        opened["case_id"],
    )
    await send(intake, opened, JPEG)
    refs = await intake.pool.fetch(
        "SELECT attachment_ref FROM vault_attachments WHERE case_id = $1", opened["case_id"]
    )
    assert [row["attachment_ref"] for row in refs] != ["att_lost"]
    assert len(refs) == 1


async def test_whoever_writes_to_customers_gets_the_links_of_their_cases(intake: Intake) -> None:
    opened, unknown = await intake.open(), "01930000-0000-7000-8000-00000000dead"
    body = {"customer_refs": [opened["customer_ref"]], "cases": [opened["case_id"], unknown]}
    answer = await intake.http.post("/v1/vault/contacts:read", json=body, headers=STAFF)
    links = answer.json()["links"]
    assert list(links) == [opened["case_id"]]
    page = await intake.http.get(httpx.URL(links[opened["case_id"]]).path)
    assert opened["case_no"] in page.text
    assert answer.json()["erased"] == []
