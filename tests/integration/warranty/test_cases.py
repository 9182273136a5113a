"""Cancellations, compensations, containments and what people decide, at a running warranty."""

from datetime import timedelta

from ciclo_schemas.cases import CaseCancellationRequested
from ciclo_schemas.inbound import LogisticsScanned, ScanKind
from ciclo_schemas.routing import (
    CaseCancelled,
    CaseReopened,
    CompensationCause,
    CompensationProposed,
)
from ciclo_schemas.values import Channel, Money, Party, PartyKind, RemedyKind
from services.chassis.ids import derived_id, new_id
from tests.integration.warranty.test_service import (
    TODAY,
    case_opened,
    chosen,
    open_repairs,
    registration,
    reported,
    workshop,
)
from tests.support.running import Running, names

CANCELS = CaseCancellationRequested(channel=Channel.WEB, reported_at=TODAY)
AGENT = Party(kind=PartyKind.AGENT, id="agent-03")


async def test_who_cancels_gives_the_workshop_its_room_back_and_may_choose_again_after_a_word(
    warranty: Running,
) -> None:
    await workshop(warranty)
    await warranty.http.put("/v1/units/WM-CANCEL-1", json=registration(days_ago=400))
    case = await reported(warranty, "WM-CANCEL-1")
    await warranty.says(case, 1)
    await warranty.tell(case, "intake", chosen(RemedyKind.REPAIR))
    await warranty.says(case, 2)
    before = await open_repairs(warranty)
    await warranty.tell(case, "intake", CANCELS)
    answer = (await warranty.says(case, 4))[3].model_dump()
    assert (answer["taken_back"], answer["cannot"]) == (("repair",), ())
    assert await open_repairs(warranty) == before - 1

    await warranty.tell(case, "routing", CaseCancelled(reason="customer_cancelled"))
    await warranty.tell(case, "intake", chosen(RemedyKind.REPLACEMENT))
    assert names(await warranty.says_no_more(case))[2:] == ["repair.cancelled", "cancellation.assessed"]
    await warranty.tell(case, "routing", CaseReopened(reason="remedy_chosen", owner=AGENT))
    assert names(await warranty.says(case, 5))[4:] == ["replacement.approved"]


async def test_what_was_shipped_cannot_be_taken_back(warranty: Running) -> None:
    await warranty.http.put("/v1/units/WM-CANCEL-2", json=registration(days_ago=3))
    case = await reported(warranty, "WM-CANCEL-2")
    await warranty.says(case, 2)
    shipped = LogisticsScanned(
        publisher="fast-parcels",
        case=case,
        remedy_no=1,
        shipment="P-2",
        kind=ScanKind.SHIPPED,
        happened_at=TODAY,
    )
    await warranty.report(shipped, str(case))
    await warranty.says(case, 3)
    await warranty.tell(case, "intake", CANCELS)
    answer = (await warranty.says(case, 4))[3].model_dump()
    assert (answer["taken_back"], answer["cannot"]) == ((), ({"what": "replacement", "reason": "shipped"},))


async def test_every_proposed_compensation_is_answered_and_one_cause_is_paid_once(warranty: Running) -> None:
    case = new_id()
    await warranty.tell(case, "intake", case_opened(case, "WM-NOBODY-1"))
    proposed = CompensationProposed(
        cause=CompensationCause.PROMISE,
        cause_no=2,
        proposed_by=Party(kind=PartyKind.SERVICE, id="routing"),
        reason="promise_broken",
    )
    too_much = Money(amount_minor=99_00, currency="EUR")
    for proposal in (proposed, proposed, proposed.model_copy(update={"cause_no": 3, "amount": too_much})):
        await warranty.tell(case, "routing", proposal)
    granted, again, above = [event.model_dump() for event in await warranty.says(case, 3)]
    assert granted["amount"] == {"amount_minor": 1000, "currency": "EUR"}
    assert (again["reason"], above["reason"]) == ("granted_before", "above_limit")


async def test_a_lot_that_is_held_back_is_told_to_every_open_case_about_it_and_to_later_ones(
    warranty: Running,
) -> None:
    for number in (1, 2, 3):
        sale = registration(days_ago=400, model="brisa-fryer-4", lot="L-07" if number < 3 else "L-08")
        await warranty.http.put(f"/v1/units/FR-LOT-{number}", json=sale)
    cases = [new_id() for _ in range(4)]
    for number, case in enumerate(cases[:3], start=1):
        await warranty.tell(case, "intake", case_opened(case, f"FR-LOT-{number}"))
    unnamed = cases[3]
    await warranty.tell(unnamed, "intake", case_opened(unnamed, "FR-LOT-NEW"))
    await warranty.tell(cases[1], "routing", CaseCancelled(reason="customer_cancelled"))
    while await warranty.pool.fetchval("SELECT count(*) FROM open_cases WHERE product_unit LIKE 'FR-%'") != 3:
        await warranty.quiet()

    door = "/v1/containments/fryers-2026-07"
    details = {"model": "brisa-fryer-4", "lot": "L-07", "cause": "overheats", "advice": "stop_using"}
    answers = [await warranty.http.put(door, json=details) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    (notified,) = await warranty.says(cases[0], 1)
    assert notified.model_dump() == {
        "containment": "fryers-2026-07",
        "product_unit": "FR-LOT-1",
        "cause": "overheats",
        "advice": "stop_using",
    }
    started = await warranty.says(derived_id("containment", "fryers-2026-07"), 1)
    assert names(started) == ["containment.started"]
    await warranty.tell(cases[1], "routing", CaseReopened(reason="information_received", owner=AGENT))
    assert names(await warranty.says(cases[1], 1)) == ["containment.notified"]
    late = registration(days_ago=400, model="brisa-fryer-4", lot="L-07")
    await warranty.http.put("/v1/units/FR-LOT-NEW", json=late)
    assert names(await warranty.says(unnamed, 1)) == ["containment.notified"]

    # A minute later everybody is looked at again, and nobody is told twice.
    await warranty.pool.execute("UPDATE clock_shift SET shift = shift + interval '61 seconds'")
    while await warranty.pool.fetchval("SELECT count(*) FROM timers WHERE kind = 'TellAgain'"):
        await warranty.quiet()
    while await warranty.pool.fetchval("SELECT count(*) FROM fan_outs"):
        await warranty.quiet()
    assert [len(await warranty.says_no_more(case)) for case in cases] == [1, 1, 0, 1]

    other = await warranty.http.put(door, json={**details, "lot": "L-08"})
    lifting = {"reason": "checked_safe"}
    lifted = [await warranty.http.post(f"{door}/lifting", json=lifting) for _ in range(2)]
    again = await warranty.http.put(door, json=details)
    assert [answer.status_code for answer in lifted] == [204, 204]
    assert (other.json()["code"], again.json()["code"]) == ("already_started", "already_lifted")
    (listed,) = (await warranty.http.get("/v1/containments")).json()
    assert (listed["id"], listed["active"], listed["lift_reason"]) == (
        "fryers-2026-07",
        False,
        "checked_safe",
    )


async def test_a_person_assesses_by_hand_as_himself_and_never_on_a_stale_picture(warranty: Running) -> None:
    await warranty.http.put("/v1/units/WM-HAND-1", json=registration(days_ago=400, jurisdiction="FR"))
    case = await reported(warranty, "WM-HAND-1")
    (unknown,) = await warranty.says(case, 1)
    assert unknown.model_dump()["reasons"][-1] == "no_policy_known"
    door = f"/v1/cases/{case}"
    seen = (await warranty.http.get(door)).headers["ETag"]
    body = {
        "window": "guarantee",
        "basis": "legal_guarantee",
        "remedies_allowed": ["replacement", "refund"],
        "reasons": ["proof_seen"],
        "dates": {"guarantee_until": "2028-01-01"},
    }
    machine = await warranty.key("system/crm-1", "cases:assess", "cases:read")
    refused = await warranty.http.post(f"{door}/assessments", json=body, headers=machine)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_person")
    reader = await warranty.key("agent/agent-09", "cases:read")
    refused = await warranty.http.post(f"{door}/assessments", json=body, headers=reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")

    done = await warranty.http.post(f"{door}/assessments", json=body, headers={"If-Match": seen})
    assert (done.status_code, done.json()["assessment_no"]) == (201, 2)
    event = (await warranty.says(case, 2))[1].model_dump()
    assert event["assessor"] == {"kind": PartyKind.AGENT, "id": "agent-03"}
    stale = await warranty.http.post(f"{door}/assessments", json=body, headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_picture")
    assert [change["type"] for change in stale.json()["changes"]] == ["ciclo.coverage.assessed.v1"]
    await warranty.tell(case, "intake", chosen(RemedyKind.REFUND, assessment_no=2))
    approved = (await warranty.says(case, 3))[2].model_dump()
    assert approved["policy"] == {"id": "by-hand", "version": "1"}
    view = (await warranty.http.get(door)).json()
    assert [one["assessment"]["assessed_by"] for one in view["assessments"]] == ["rules", "agent"]


async def test_a_person_moves_a_repair_and_calls_it_off_when_it_is_overdue(warranty: Running) -> None:
    await workshop(warranty)
    await warranty.http.put("/v1/units/WM-HAND-2", json=registration(days_ago=400))
    case = await reported(warranty, "WM-HAND-2")
    await warranty.says(case, 1)
    await warranty.tell(case, "intake", chosen(RemedyKind.REPAIR))
    repair = (await warranty.says(case, 2))[1].model_dump()
    before = await open_repairs(warranty)
    door = f"/v1/cases/{case}/repairs/{repair['repair_no']}"
    due = TODAY + timedelta(days=40)
    moved = await warranty.http.post(
        f"{door}/reschedule", json={"due": due.isoformat(), "reason": "waiting_for_part"}
    )
    assert moved.status_code == 200
    event = (await warranty.says(case, 3))[2].model_dump()
    assert (event["was_due"], event["due"]) == (repair["due"], due)
    past = {"due": (TODAY - timedelta(days=1)).isoformat(), "reason": "staff_agreed"}
    refused = await warranty.http.post(f"{door}/reschedule", json=past)
    assert (refused.status_code, refused.json()["code"]) == (409, "date_has_passed")

    reason = {"reason": "workshop_overdue"}
    called_off = await warranty.http.post(f"{door}/cancellation", json=reason)
    assert called_off.status_code == 200
    assert called_off.json()["remedies_allowed"] == ["repair", "replacement"]
    assert names(await warranty.says(case, 5))[3:] == ["repair.cancelled", "coverage.assessed"]
    assert await open_repairs(warranty) == before - 1
    again = await warranty.http.post(f"{door}/cancellation", json=reason)
    unknown = await warranty.http.post(f"/v1/cases/{case}/repairs/R-9/cancellation", json=reason)
    assert [answer.status_code for answer in (again, unknown)] == [409, 404]
    assert [answer.json()["code"] for answer in (again, unknown)] == ["called_off", "unknown_repair"]
