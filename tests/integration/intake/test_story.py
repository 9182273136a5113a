"""The story of a case as staff, strangers and customers meet it: who may read it, and what is in it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from ciclo_schemas.envelope import write_clock
from ciclo_schemas.routing import CaseAssigned, PromiseKind, PromiseMade
from ciclo_schemas.values import Party, PartyKind
from services.chassis.clock import utc_now
from services.intake.routes.links import GOOD_FOR, STORIES, STORY_GOOD_FOR, Links
from tests.integration.intake.service import SECRET, Intake, customer, report
from tests.support.running import TRACEPARENT

CUSTOMERS, STAFF = Links(SECRET.encode(), ""), Links(SECRET.encode(), "", STORIES)
UNKNOWN = UUID("01930000-0000-7000-8000-00000000dead")
AGENT = Party(kind=PartyKind.AGENT, id="agent-03")
ASSIGNED = CaseAssigned(owner=AGENT, queue="first_line", reason="taken")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def story_of(opened: dict[str, Any]) -> str:
    return STAFF.url(UUID(opened["case_id"]), utc_now())


async def timeline(intake: Intake, opened: dict[str, Any], clock: str) -> dict[str, Any]:
    """The timeline as staff get it, once intake has heard this much."""
    staff = await intake.key("agent/agent-03", "cases:read")
    async with asyncio.timeout(30):
        while True:
            answer = await intake.http.get(f"/v1/cases/{opened['case_id']}/timeline", headers=staff)
            assert answer.status_code == 200, answer.text
            if answer.headers["Case-Clock"] == clock:
                told: dict[str, Any] = answer.json()
                return told
            await asyncio.sleep(0.05)


async def test_every_event_is_kept_with_the_trace_and_span_that_created_it(intake: Intake) -> None:
    answer = await intake.http.post(
        "/v1/cases", json=report(), headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    )
    opened = answer.json()
    intake.sequences[opened["case_id"], "intake"] = 1
    due = utc_now() + timedelta(days=1)
    promise = PromiseMade(promise_no=1, kind=PromiseKind.FIRST_ANSWER, owner=AGENT, due=due)
    await intake.tell(opened["case_id"], "routing", promise)
    await intake.tell(opened["case_id"], "routing", ASSIGNED)
    told = await timeline(intake, opened, write_clock({"intake": 1, "routing": 2}))
    _, trace_id, span_id, _ = TRACEPARENT.split("-")
    entries = [(one["type"], one["leg"], one["trace_id"]) for one in told["entries"]]
    assert entries == [
        ("ciclo.case.opened.v1", 1, TRACE),
        ("ciclo.promise.made.v1", 2, trace_id),
        ("ciclo.case.assigned.v1", 2, trace_id),
    ]
    assert [one["span_id"] for one in told["entries"]][1:] == [span_id, span_id]
    assert [one["whom"] for one in told["now"]] == ["first_line"]
    assert [(one["running"], one["waited_for"][0]["whom"]) for one in told["waits"]][-1] == (
        True,
        "first_line",
    )
    assert [(one["promise_no"], one["fate"]) for one in told["promises"]] == [(1, "open")]
    assert not told["over"]


async def test_staff_go_from_the_timeline_to_its_page_by_a_link(intake: Intake) -> None:
    opened = await intake.open()
    told = await timeline(intake, opened, "intake:1")
    page = await intake.http.get(httpx.URL(told["story_url"]).path, headers={"Accept-Language": "es-ES"})
    assert page.status_code == 200
    assert f"<title>La historia del caso {opened['case_no']}</title>" in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    token = told["story_url"].rpartition("/")[2]
    assert not [table for table, rows in (await intake.stored()).items() if token in rows]
    style = await intake.http.get("/story.css")
    assert (style.status_code, style.headers["Content-Type"]) == (200, "text/css; charset=utf-8")


async def test_a_story_holds_no_word_name_or_reference_of_the_customer(intake: Intake) -> None:
    canary = "zarzamora"
    opened = await intake.open(
        report(customer={"name": f"Ana {canary}", "email": f"{canary}@example.com"}, text=f"No va, {canary}.")
    )
    told = await timeline(intake, opened, "intake:1")
    page = await intake.http.get(story_of(opened))
    for forbidden in (canary, "cus_", "txt_", "FR-2040-118"):
        assert forbidden not in page.text
        assert forbidden not in str(told)


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [("nobody", 401, "not_authorized"), ("customer", 401, "not_authorized"), ("crm", 403, "not_allowed")],
)
async def test_only_a_key_that_reads_cases_opens_a_timeline(
    intake: Intake, who: str, status: int, code: str
) -> None:
    opened = await intake.open()
    headers = {
        "nobody": {},
        "customer": customer(opened),
        "crm": await intake.key("system/crm", "customers:write", "cases:open", "cases:speak"),
    }[who]
    answer = await intake.http.get(f"/v1/cases/{opened['case_id']}/timeline", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_timeline_of_no_case_is_said_to_be_none(intake: Intake) -> None:
    staff = await intake.key("agent/agent-03", "cases:read")
    answer = await intake.http.get(f"/v1/cases/{UNKNOWN}/timeline", headers=staff)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_case")
    page = await intake.http.get(STAFF.url(UNKNOWN, utc_now()))
    assert page.status_code == 404


async def test_no_link_of_a_customer_opens_a_story_and_no_story_is_a_customers_page(intake: Intake) -> None:
    opened, other = await intake.open(), await intake.open()
    mine = UUID(opened["case_id"])
    for token in (
        CUSTOMERS.token(mine, utc_now()),
        CUSTOMERS.token(UUID(other["case_id"]), utc_now()),
        opened["tracking_key"],
        Links(b"another secret of 32 characters..", "", STORIES).token(mine, utc_now()),
        "nothing",
    ):
        answer = await intake.http.get(f"/story/{token}", headers=customer(opened))
        assert answer.status_code == 404
        assert opened["case_no"] not in answer.text
    staff = STAFF.token(mine, utc_now())
    assert (await intake.http.get(f"/c/{staff}")).status_code == 404
    assert (await intake.http.get(f"/story/{staff}")).status_code == 200


async def test_a_link_to_a_story_ends_with_the_shift_and_says_so(intake: Intake) -> None:
    opened = await intake.open()
    token = STAFF.token(UUID(opened["case_id"]), utc_now() - STORY_GOOD_FOR)
    answer = await intake.http.get(f"/story/{token}")
    assert answer.status_code == 410
    assert "good for 8 hours" in answer.text
    assert "tracking key" not in answer.text, "this is not the customer's page"
    assert STORY_GOOD_FOR < GOOD_FOR


async def test_nothing_can_be_done_on_a_story(intake: Intake) -> None:
    opened = await intake.open()
    page = story_of(opened)
    assert "<form" not in (await intake.http.get(page)).text
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await intake.http.request(method, page)
        assert answer.status_code in (404, 405)
