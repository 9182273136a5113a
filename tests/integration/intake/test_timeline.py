"""The timeline: what other services publish reaches the customer's page, in order and in his language."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from ciclo_schemas.envelope import from_record
from ciclo_schemas.notifications import NotificationSent
from ciclo_schemas.routing import (
    CaseAssigned,
    CaseClosed,
    ClosedAs,
    InformationRequested,
    PromiseKind,
    PromiseMade,
    ResolutionProposed,
)
from ciclo_schemas.values import DecidedBy, Language, Money, Party, PartyKind, RemedyKind, Window
from ciclo_schemas.warranty import CoverageAssessed, CoverageDates, QuoteIssued
from tests.integration.intake.service import Intake, customer, report
from tests.support.replica import everything

QUEUE = Party(kind=PartyKind.QUEUE, id="first_line")
DUE = datetime(2026, 12, 5, 12, 0, tzinfo=UTC)
PROMISE = PromiseMade(promise_no=1, kind=PromiseKind.FIRST_ANSWER, owner=QUEUE, due=DUE)
ASSIGNED = CaseAssigned(owner=QUEUE, queue="first_line", reason="new_case")
PROPOSED = ResolutionProposed(proposal_no=1, reason="repair_completed", proposed_by=QUEUE)
CLOSED = CaseClosed(closed_as=ClosedAs.CONFIRMED, proposal_no=1, reason="confirmed")
ASSESSED = CoverageAssessed(
    assessment_no=1,
    window=Window.GUARANTEE,
    basis="statute",
    remedies_allowed=(RemedyKind.REPAIR, RemedyKind.REPLACEMENT),
    dates=CoverageDates(),
    reasons=("within_guarantee",),
    assessed_by=DecidedBy.RULES,
)
QUOTE = QuoteIssued(
    quote_no="Q-1",
    revision=1,
    service_point="oficina-sul",
    price=Money(amount_minor=8_950, currency="EUR"),
    valid_until=DUE,
    work=("pump_replaced",),
)
SENT = NotificationSent(
    template="receipt", cause=UUID(int=1), language=Language.EN, sent_at=datetime(2026, 11, 21, tzinfo=UTC)
)


async def case_after(intake: Intake, opened: dict[str, Any], clock: str) -> dict[str, Any]:
    """The case as its customer sees it once intake has heard this much of it."""
    async with asyncio.timeout(30):
        while True:
            answer = await intake.http.get(f"/v1/cases/{opened['case_id']}", headers=customer(opened))
            assert answer.status_code == 200, answer.text
            if answer.headers["Case-Clock"] == clock:
                seen: dict[str, Any] = answer.json()
                return seen
            await asyncio.sleep(0.05)


async def say(intake: Intake, opened: dict[str, Any], what: str, body: dict[str, Any], **headers: str) -> Any:
    """A word of the customer; the status and the body of the answer."""
    answer = await intake.http.post(
        f"/v1/cases/{opened['case_id']}/{what}", json=body, headers=customer(opened) | headers
    )
    return answer.status_code, answer.json()


async def test_events_of_every_service_become_the_customers_timeline(intake: Intake) -> None:
    opened = await intake.open(report(language="en", jurisdiction="GB"))
    case_id = opened["case_id"]
    await intake.tell(case_id, "routing", PROMISE)
    await intake.tell(case_id, "notifications", SENT)
    await intake.tell(case_id, "routing", ASSIGNED)
    await intake.tell(case_id, "warranty", ASSESSED)
    case = await case_after(intake, opened, "intake:1,notifications:1,routing:2,warranty:1")
    assert [step["text"] for step in case["timeline"]] == [
        f"We have received your case {opened['case_no']}.",
        "We promise a first answer by 5 December 2026 at the latest.",
        "We sent you a message.",
        "It is with our team.",
        "Your product is under guarantee. You may choose: repair, replacement.",
    ]
    assert case["choice"] == {"assessment_no": 1, "remedies": ["repair", "replacement"], "chosen": None}
    assert case["headline"] == {
        "text": "We are working on your case.",
        "who": "our team",
        "next_date": "2026-12-05T12:00:00Z",
    }
    assert [(one["kind"], one["state"]) for one in case["promises"]] == [("first_answer", "open")]


async def test_a_customer_chooses_is_asked_confirms_and_reads_the_end(intake: Intake) -> None:
    opened = await intake.open()
    case_id = opened["case_id"]
    await intake.tell(case_id, "warranty", ASSESSED)
    await case_after(intake, opened, "intake:1,warranty:1")
    status, problem = await say(intake, opened, "remedy-choice", {"remedy": "refund", "assessment_no": 1})
    assert (status, problem["code"]) == (409, "remedy_not_offered")
    for _ in range(2):
        status, _ = await say(intake, opened, "remedy-choice", {"remedy": "repair", "assessment_no": 1})
        assert status == 202
    await intake.tell(case_id, "routing", PROPOSED)
    case = await case_after(intake, opened, "intake:2,routing:1,warranty:1")
    assert (case["status"], case["proposal_no"], case["choice"]["chosen"]) == ("resolved", 1, "repair")
    for _ in range(2):
        status, said = await say(intake, opened, "confirmation", {"proposal_no": 1})
        assert (status, said["clock"]) == (202, "intake:3,routing:1,warranty:1")
    await intake.tell(case_id, "routing", CLOSED)
    case = await case_after(intake, opened, "intake:3,routing:2,warranty:1")
    assert (case["status"], case["headline"]["text"]) == (
        "closed",
        "Resuelto: usted lo confirmó. Gracias.",
    )
    assert await intake.events_of(case_id) == [
        "ciclo.case.opened.v1",
        "ciclo.case.remedy_chosen.v1",
        "ciclo.case.resolution_confirmed.v1",
    ]


async def test_an_answer_to_what_intake_has_not_heard_yet_is_asked_to_come_again(intake: Intake) -> None:
    opened = await intake.open()
    answer = await intake.http.post(
        f"/v1/cases/{opened['case_id']}/confirmation", json={"proposal_no": 1}, headers=customer(opened)
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "not_seen_yet")
    assert answer.headers["Retry-After"] == "1"
    behind = customer(opened) | {"If-Case-Clock": "routing:7"}
    answer = await intake.http.post(
        f"/v1/cases/{opened['case_id']}/information", json={"text": "hola"}, headers=behind
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "clock_behind")


async def test_an_event_that_comes_twice_or_early_is_told_once_and_in_order(intake: Intake) -> None:
    opened = await intake.open()
    case_id = opened["case_id"]
    await intake.tell(case_id, "routing", ASSIGNED, sequence=2)
    await intake.tell(case_id, "routing", PROMISE, sequence=1)
    await intake.tell(case_id, "routing", PROMISE, sequence=1)
    case = await case_after(intake, opened, "intake:1,routing:2")
    assert [(step["source"], step["sequence"]) for step in case["timeline"]] == [
        ("intake", 1),
        ("routing", 1),
        ("routing", 2),
    ]


async def test_a_word_repeated_with_its_key_is_said_once(intake: Intake) -> None:
    opened = await intake.open()
    body = {"text": "Sale humo", "facts": {"purchased_on": "2026-11-07"}}
    answers = [
        await say(intake, opened, "information", body, **{"Idempotency-Key": "word 1"}) for _ in range(3)
    ]
    assert {status for status, _ in answers} == {202}
    assert len({str(answer) for _, answer in answers}) == 1
    assert await intake.events_of(opened["case_id"]) == [
        "ciclo.case.opened.v1",
        "ciclo.case.information_received.v1",
    ]


async def test_what_intake_publishes_carries_the_whole_envelope(intake: Intake) -> None:
    opened = await intake.open()
    await say(intake, opened, "human-request", {"text": "Quiero hablar con alguien, me dio calambre"})
    await intake.says(opened["case_id"], 2)
    records = await everything(intake.kafka, intake.prefix + "ciclo.cases.v1")
    heard = [
        from_record(record.headers, record.value)
        for record in records
        if record.key == opened["case_id"].encode()
    ]
    assert [(envelope.type, envelope.sequence) for envelope, _ in heard] == [
        ("ciclo.case.opened.v1", 1),
        ("ciclo.case.human_requested.v1", 2),
    ]
    envelope, data = heard[1]
    assert envelope.source == "/ciclo/intake"
    assert envelope.traceparent is not None
    assert b'"safety_flag":true' in data
    assert datetime.now(UTC) - envelope.time < timedelta(minutes=5)


async def test_a_customer_answers_a_quote_cancels_and_rates_in_portuguese(intake: Intake) -> None:
    opened = await intake.open(report(language="pt", jurisdiction="PT", text="A máquina não liga."))
    case_id = opened["case_id"]
    await intake.tell(case_id, "warranty", QUOTE)
    await intake.tell(case_id, "routing", InformationRequested(missing=("quote",), deadline=DUE))
    case = await case_after(intake, opened, "intake:1,routing:1,warranty:1")
    assert case["headline"] == {
        "text": "Tem um orçamento de 89,50 EUR. Diga-nos se o aceita.",
        "who": "é a sua vez",
        "next_date": "2026-12-05T12:00:00Z",
    }
    body = {"quote_no": "Q-1", "revision": 2, "accepted": True}
    status, problem = await say(intake, opened, "quote-answer", body)
    assert (status, problem["code"]) == (409, "not_seen_yet")
    for _ in range(2):
        status, _ = await say(intake, opened, "quote-answer", body | {"revision": 1})
        assert status == 202
    for what, word in [
        ("cancellation", {}),
        ("cancellation", {}),
        ("objection", {}),
        ("survey", {"score": 4}),
    ]:
        status, _ = await say(intake, opened, what, word)
        assert status == 202
    assert await intake.events_of(case_id) == [
        "ciclo.case.opened.v1",
        "ciclo.case.quote_answered.v1",
        "ciclo.case.cancellation_requested.v1",
        "ciclo.case.objection_raised.v1",
        "ciclo.case.survey_answered.v1",
    ]
    answer = await intake.http.get(f"/v1/cases/{case_id}", headers=customer(opened))
    assert [step["text"] for step in answer.json()["timeline"]][-4:] == [
        "Aceitou o orçamento.",
        "Pediu para cancelar o caso.",
        "Disse que não concorda.",
        "Avaliou o nosso serviço com 4 em 5. Obrigado.",
    ]
    assert answer.json()["headline"]["text"] == "Pediu para cancelar: estamos a ver o que se pode desfazer."
