"""The customer's page as browsers and attackers meet it: links, headers, forms that count once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from ciclo_schemas.cases import CaseHumanRequested, CaseInformationReceived
from ciclo_schemas.values import Channel, Facts
from services.chassis.clock import utc_now
from services.intake.routes.links import GOOD_FOR, Links
from tests.integration.intake.service import SECRET, Intake, report

LINKS = Links(SECRET.encode(), "https://unused.example")
UNKNOWN = UUID("01930000-0000-7000-8000-00000000dead")
HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}\"'><img src=x onerror=alert(2)>"


def page_of(opened: dict[str, Any]) -> str:
    return f"/c/{LINKS.token(UUID(opened['case_id']), utc_now())}"


async def post(intake: Intake, path: str, data: dict[str, str], **headers: str) -> httpx.Response:
    return await intake.http.post(path, data={"once": "ab12"} | data, headers=headers)


async def test_a_link_opens_the_page_in_the_language_of_the_case(intake: Intake) -> None:
    for language, title in (("es", "Su caso"), ("en", "Your case"), ("pt", "O seu caso")):
        opened = await intake.open(report(language=language))
        answer = await intake.http.get(page_of(opened))
        assert answer.status_code == 200
        assert f'<html lang="{language}">' in answer.text
        assert f"<title>{title} {opened['case_no']}</title>" in answer.text
        other = await intake.http.get(page_of(opened) + "?lang=pt")
        assert '<html lang="pt">' in other.text


async def test_whoever_reports_something_can_go_straight_to_its_page(intake: Intake) -> None:
    opened = await intake.open(key="straight")
    page = await intake.http.get(httpx.URL(opened["page_url"]).path)
    assert opened["case_no"] in page.text
    again = await intake.open(key="straight")
    assert again["page_url"] == opened["page_url"]
    token = opened["page_url"].rpartition("/")[2]
    assert not [table for table, rows in (await intake.stored()).items() if token in rows]


async def test_a_page_lets_nothing_else_in_and_is_kept_by_nobody(intake: Intake) -> None:
    opened = await intake.open()
    pages = [page_of(opened), f"{page_of(opened)}/cancellation", "/c/nothing", "/"]
    for answer in [await intake.http.get(path) for path in pages]:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'")
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "<script" not in answer.text
        assert " style=" not in answer.text


async def test_an_old_or_wrong_link_is_told_what_to_do_and_not_whether_the_case_exists(
    intake: Intake,
) -> None:
    opened = await intake.open()
    case_id, now = UUID(opened["case_id"]), utc_now()
    expired = await intake.http.get(f"/c/{LINKS.token(case_id, now - GOOD_FOR - timedelta(days=1))}")
    assert expired.status_code == 410
    assert "This link has expired" in expired.text
    stranger = Links(b"x" * 32, "").token(case_id, now)
    token = LINKS.token(case_id, now)
    changed = token[:-1] + ("-" if token[-1] == "_" else "_")
    wrong = [stranger, LINKS.token(UNKNOWN, now), changed, "nothing", "%00"]
    answers = [await intake.http.get(f"/c/{token}", headers={"Accept-Language": "pt-PT"}) for token in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert all("Esta ligação não abre nenhum caso" in answer.text for answer in answers)
    posted = await post(intake, f"/c/{stranger}/person", {})
    assert posted.status_code == 404
    assert await intake.events_of(opened["case_id"]) == ["ciclo.case.opened.v1"]


async def test_reading_changes_nothing(intake: Intake) -> None:
    opened = await intake.open()
    for path in ("", "/cancellation", "/solved", "/person", "/attachments"):
        answer = await intake.http.get(page_of(opened) + path)
        assert answer.status_code in (200, 303)
    assert await intake.events_of(opened["case_id"]) == ["ciclo.case.opened.v1"]
    missing = await intake.http.get(page_of(opened) + "/nothing")
    assert (missing.status_code, "There is nothing here" in missing.text) == (404, True)


async def test_a_form_sent_again_counts_once_and_one_changed_after_it_was_sent_is_asked_about(
    intake: Intake,
) -> None:
    opened = await intake.open(report(language="en"))
    path = page_of(opened) + "/person"
    for _ in range(3):
        answer = await post(intake, path, {"text": "The date."})
        assert answer.status_code == 303
        assert answer.headers["Location"].endswith("?said=person#message")
    changed = await post(intake, path, {"text": "The price."})
    assert changed.status_code == 409
    assert "This form had been sent already" in changed.text
    assert "The price.</textarea>" in changed.text
    assert len(await intake.events_of(opened["case_id"])) == 2


async def test_a_form_from_another_site_is_not_taken(intake: Intake) -> None:
    opened = await intake.open()
    path = page_of(opened) + "/person"
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ):
        answer = await post(intake, path, {}, **headers)
        assert answer.status_code == 403, headers
    here = f"http://{intake.http.base_url.netloc.decode()}"
    for headers in ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": here}, {}):
        assert (await post(intake, path, {}, **headers)).status_code == 303, headers


async def test_what_people_write_is_never_run(intake: Intake) -> None:
    opened = await intake.open(report(language="en"))
    answer = await post(intake, page_of(opened) + "/information", {"text": HOSTILE, "product_unit": HOSTILE})
    assert answer.status_code == 422
    assert "<script" not in answer.text
    assert "<img" not in answer.text
    assert "{{ 7 * 7 }}" in answer.text
    said = await intake.http.get(page_of(opened) + "?said=%3Cscript%3E&lang=%3Cb%3E")
    assert "<script" not in said.text
    assert "<b>" not in said.text


@pytest.mark.parametrize(
    ("form", "data", "field"),
    [
        ("denial", {"proposal_no": "1"}, "reason"),
        ("denial", {"proposal_no": "x", "reason": "other"}, "form"),
        ("remedy", {"assessment_no": "1"}, "remedy"),
        ("remedy", {"assessment_no": "1", "remedy": "a car"}, "remedy"),
        ("quote", {"quote_no": "Q", "revision": "1"}, "accepted"),
        ("objection", {"text": "  "}, "text"),
        ("survey", {"score": "6"}, "score"),
        ("information", {"area": "?"}, "area"),
        ("information", {"delivered_on": "yesterday"}, "delivered_on"),
        ("information", {"symptom_code": "made_up"}, "symptom_code"),
        ("information", {"surprise": "1", "text": "x"}, "form"),
        ("person", {"text": "x" * 8001}, "text"),
        ("person", {"once": "not hexadecimal"}, "form"),
        ("cancellation", {"reason": "made_up"}, "reason"),
        ("attachments", {"kind": "made_up"}, "kind"),
    ],
)
async def test_a_mistake_in_a_form_is_linked_from_the_top_and_nothing_is_heard(
    intake: Intake, form: str, data: dict[str, str], field: str
) -> None:
    opened = await intake.open()
    answer = await post(intake, f"{page_of(opened)}/{form}", data)
    assert answer.status_code == 422
    anchor = form if field == "form" else f"{form}-{field}"
    assert f'<a href="#{anchor}">' in answer.text
    assert await intake.events_of(opened["case_id"]) == ["ciclo.case.opened.v1"]


async def test_an_answer_to_what_is_over_is_refused_kindly(intake: Intake) -> None:
    opened = await intake.open(report(language="es"))
    answer = await post(intake, page_of(opened) + "/solved", {"proposal_no": "3"})
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text


async def test_whoever_has_number_and_key_gets_a_link(intake: Intake) -> None:
    opened, other = await intake.open(), await intake.open()
    right = {"case_no": opened["case_no"].lower(), "tracking_key": opened["tracking_key"]}
    answer = await post(intake, "/", right)
    assert answer.status_code == 303
    assert opened["case_no"] in (await intake.http.get(answer.headers["Location"])).text
    wrong = await post(intake, "/", right | {"case_no": other["case_no"]})
    nobody = await post(intake, "/", right | {"case_no": "C-2222-2222-2"})
    misread = await post(intake, "/", right | {"case_no": "C-1"})
    assert [answer.status_code for answer in (wrong, nobody, misread)] == [422, 422, 422]
    assert 'id="find-tracking_key-error"' in wrong.text
    assert 'id="find-case_no-error"' in misread.text
    assert await post(intake, "/", {}) is not None


async def test_a_body_that_is_no_form_is_answered_with_a_page(intake: Intake) -> None:
    opened = await intake.open()
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await intake.http.post(page_of(opened) + "/person", content=b"--y\r\n", headers=broken)
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_a_danger_and_what_the_page_heard_are_shown_at_once(intake: Intake) -> None:
    opened = await intake.open(report(language="en"))
    await post(intake, page_of(opened) + "/information", {"text": "There is smoke coming out!"})
    page = await intake.http.get(page_of(opened))
    assert "For your safety" in page.text
    [_, event] = await intake.says(opened["case_id"], 2)
    assert isinstance(event, CaseInformationReceived)
    assert (event.safety_flag, event.channel, event.facts) == (True, Channel.WEB, Facts())


async def test_the_words_of_a_form_reach_the_vault_alone(intake: Intake) -> None:
    opened = await intake.open()
    await post(intake, page_of(opened) + "/person", {"text": "pájaro canario de papel"})
    [_, event] = await intake.says(opened["case_id"], 2)
    assert isinstance(event, CaseHumanRequested)
    assert event.text_ref is not None
    held = [table for table, rows in (await intake.stored()).items() if "canario de papel" in rows]
    assert held == ["vault_texts"]
