"""What customers, sellers and workshops get from a running warranty."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from ciclo_schemas.cases import CaseOpened, CaseQuoteAnswered, CaseRemedyChosen
from ciclo_schemas.inbound import (
    InputRejected,
    LogisticsScanned,
    ProductRegistered,
    RefundReported,
    ScanKind,
    WorkshopQuoted,
    WorkshopReported,
    WorkshopReportKind,
)
from ciclo_schemas.routing import CaseClassified
from ciclo_schemas.values import (
    Buyer,
    Category,
    Channel,
    DecidedBy,
    Facts,
    Language,
    Money,
    RemedyKind,
    Urgency,
)
from services.chassis.ids import new_id
from tests.support.running import Running, names

TODAY = datetime.now(UTC)
CUSTOMER = "cus_" + "a" * 32


def registration(*, days_ago: int, **changes: Any) -> dict[str, Any]:
    """A sale and delivery so many days ago."""
    day = (TODAY - timedelta(days=days_ago)).date().isoformat()
    return {
        "revision": 1,
        "model": "lumo-washer-8",
        "brand": "lumo",
        "seller": "tienda-sol",
        "jurisdiction": "ES",
        "buyer": "consumer",
        "customer_ref": CUSTOMER,
        "purchased_on": day,
        "delivered_on": day,
        **changes,
    }


def case_opened(case: UUID, product_unit: str, symptom_code: str | None = "no_heat") -> CaseOpened:
    """A customer reports a defect."""
    return CaseOpened(
        case_no=f"C26-{case.hex[-8:].upper()}",
        customer_ref=CUSTOMER,
        facts=Facts(product_unit=product_unit, symptom_code=symptom_code),
        language=Language.ES,
        jurisdiction="ES",
        safety_flag=False,
        text_ref="txt_" + "c" * 32,
        channel=Channel.WEB,
        reported_at=TODAY,
    )


CLASSIFIED = CaseClassified(
    category=Category.TECHNICAL_FAULT,
    urgency=Urgency.NORMAL,
    confidence=0.9,
    reasons=("keyword",),
    classified_by=DecidedBy.RULES,
    abstained=False,
    texts_read=1,
)


def chosen(remedy: RemedyKind, assessment_no: int = 1) -> CaseRemedyChosen:
    """The customer's choice."""
    return CaseRemedyChosen(
        channel=Channel.WEB, reported_at=TODAY, remedy=remedy, assessment_no=assessment_no
    )


async def reported(warranty: Running, unit: str) -> UUID:
    """A new case about a unit, opened and classified."""
    case = new_id()
    await warranty.tell(case, "intake", case_opened(case, unit))
    await warranty.tell(case, "routing", CLASSIFIED)
    return case


async def workshop(warranty: Running) -> None:
    """Register the only official workshop."""
    point = {"official": True, "brands": ["lumo"], "jurisdictions": ["ES"], "capacity": 5}
    assert (await warranty.http.put("/v1/service-points/CAST-LUGO", json=point)).status_code == 200


async def open_repairs(warranty: Running) -> int:
    """How many repairs are open there."""
    (point,) = (await warranty.http.get("/v1/service-points")).json()
    count: int = point["open_repairs"]
    return count


async def test_a_unit_put_over_http_and_reported_in_its_trial_is_replaced_at_once(warranty: Running) -> None:
    answer = await warranty.http.put("/v1/units/WM-TRIAL-1", json=registration(days_ago=12))
    assert (answer.status_code, answer.json()) == (200, {"product_unit": "WM-TRIAL-1", "revision": 1})
    case = await reported(warranty, "WM-TRIAL-1")
    assert names(await warranty.says(case, 2)) == ["coverage.assessed", "replacement.approved"]

    for kind in (ScanKind.SHIPPED, ScanKind.DELIVERED):
        scan = LogisticsScanned(
            publisher="fast-parcels", case=case, remedy_no=1, shipment="P-1", kind=kind, happened_at=TODAY
        )
        await warranty.report(scan, str(case))
    said = await warranty.says(case, 4)
    assert names(said)[2:] == ["replacement.shipped", "replacement.delivered"]
    envelopes = [envelope for envelope, _ in warranty.about(case)]
    assert [envelope.sequence for envelope in envelopes] == [1, 2, 3, 4]
    assert envelopes[1].clock["intake"] == envelopes[1].clock["routing"] == 1

    view = (await warranty.http.get(f"/v1/cases/{case}")).json()
    (assessed,), (remedy,) = view["assessments"], view["remedies"]
    assert assessed["assessment"]["reasons"] == ["reported_in_trial"]
    assert (remedy["kind"], remedy["coverage"], remedy["in_force"]) == ("replacement", "trial", True)


async def test_a_chosen_repair_is_authorised_and_a_workshop_reporting_twice_has_reported_once(
    warranty: Running,
) -> None:
    await workshop(warranty)
    await warranty.http.put("/v1/units/WM-GUAR-1", json=registration(days_ago=400))
    case = await reported(warranty, "WM-GUAR-1")
    await warranty.says(case, 1)
    await warranty.tell(case, "intake", chosen(RemedyKind.REPAIR))
    repair = (await warranty.says(case, 2))[1].model_dump()
    assert repair["service_point"] == "CAST-LUGO"
    assert await open_repairs(warranty) == 1

    completed = WorkshopReported(
        publisher="CAST-LUGO",
        case=case,
        repair_no=repair["repair_no"],
        kind=WorkshopReportKind.COMPLETED,
        happened_at=TODAY,
        work=("heater_replaced",),
    )
    await warranty.report(completed, str(case))
    await warranty.report(completed, str(case))
    await warranty.report(
        completed.model_copy(update={"kind": WorkshopReportKind.RETURNED, "work": ()}), str(case)
    )
    await warranty.says(case, 5)
    assert names(await warranty.says_no_more(case)) == [
        "coverage.assessed",
        "repair.authorized",
        "item.received",
        "repair.completed",
        "item.returned",
    ]
    assert await open_repairs(warranty) == 0


async def test_two_cases_about_one_defect_get_one_remedy(warranty: Running) -> None:
    await warranty.http.put("/v1/units/WM-TWICE-1", json=registration(days_ago=3))
    first, second = new_id(), new_id()
    for case in (first, second):
        await warranty.tell(case, "intake", case_opened(case, "WM-TWICE-1"))
    for case in (first, second):
        await warranty.tell(case, "routing", CLASSIFIED)
    said = [names(await warranty.says(case, 2)) for case in (first, second)]
    assert sorted(said) == [
        ["coverage.assessed", "remedy.already_in_force"],
        ["coverage.assessed", "replacement.approved"],
    ]


async def test_a_product_registered_by_the_sellers_system_is_known(warranty: Running) -> None:
    record = ProductRegistered(
        publisher="tienda-erp",
        product_unit="WM-KAFKA-1",
        **{**registration(days_ago=2), "buyer": Buyer.CONSUMER},
    )
    await warranty.report(record, "WM-KAFKA-1")
    older = record.model_copy(update={"publisher": "other-erp", "revision": 1, "model": "lumo-washer-9"})
    await warranty.report(older, "WM-KAFKA-1")
    while not (rejected := [e for _, e in warranty.heard if isinstance(e, InputRejected)]):
        await warranty.quiet()
    assert [(each.code, each.locations) for each in rejected] == [("revision_used", ("revision",))]
    unit = (await warranty.http.get("/v1/units/WM-KAFKA-1")).json()
    assert (unit["model"], unit["seller"]) == ("lumo-washer-8", "tienda-sol")


async def test_a_unit_registered_after_the_report_settles_every_case_about_it(warranty: Running) -> None:
    first, second = await reported(warranty, "WM-LATE-1"), await reported(warranty, "WM-LATE-1")
    for case in (first, second):
        (unknown,) = await warranty.says(case, 1)
        assert unknown.model_dump()["missing"] == ("purchase",)
    await warranty.http.put("/v1/units/WM-LATE-1", json=registration(days_ago=3))
    said = [names(await warranty.says(case, 3))[1:] for case in (first, second)]
    assert sorted(said) == [
        ["coverage.assessed", "remedy.already_in_force"],
        ["coverage.assessed", "replacement.approved"],
    ]


async def test_a_unit_registered_while_its_case_was_assessed_is_found_a_minute_later(
    warranty: Running,
) -> None:
    case = await reported(warranty, "WM-RACE-1")
    await warranty.says(case, 1)
    # Past the engine, as if the registration had been committed while the case was being decided.
    await warranty.pool.execute(
        """
        INSERT INTO product_units
        SELECT 'WM-RACE-1', 1, 'lumo-washer-8', 'lumo', 'tienda-sol', 'ES', 'consumer', $1, NULL, $2, $2
        """,
        CUSTOMER,
        TODAY.date(),
    )
    await warranty.pool.execute("UPDATE clock_shift SET shift = '61 seconds'")
    assert names(await warranty.says(case, 3))[1:] == ["coverage.assessed", "replacement.approved"]


async def test_a_report_that_comes_before_what_it_rests_on_is_taken_afterwards(warranty: Running) -> None:
    await workshop(warranty)
    await warranty.http.put("/v1/units/WM-EARLY-1", json=registration(days_ago=400))
    case = await reported(warranty, "WM-EARLY-1")
    await warranty.says(case, 1)
    await warranty.tell(case, "intake", chosen(RemedyKind.REPAIR))
    repair = (await warranty.says(case, 2))[1].model_dump()
    report = WorkshopReported(
        publisher="CAST-LUGO",
        case=case,
        repair_no=repair["repair_no"],
        kind=WorkshopReportKind.RETURNED,
        happened_at=TODAY,
    )
    await warranty.report(report, str(case))
    earlier = {"kind": WorkshopReportKind.COMPLETED, "happened_at": TODAY - timedelta(days=2)}
    await warranty.report(report.model_copy(update=earlier), str(case))
    said = names(await warranty.says(case, 5))
    assert said[2:] == ["item.received", "repair.completed", "item.returned"]


async def test_a_quote_out_of_guarantee_becomes_a_paid_repair(warranty: Running) -> None:
    await workshop(warranty)
    await warranty.http.put("/v1/units/WM-OUT-1", json=registration(days_ago=1500))
    case = await reported(warranty, "WM-OUT-1")
    (assessed,) = await warranty.says(case, 1)
    assert assessed.model_dump()["service_points"] == ({"service_point": "CAST-LUGO", "official": True},)
    await warranty.tell(case, "intake", chosen(RemedyKind.QUOTE))
    quote_no = (await warranty.says(case, 2))[1].model_dump()["quote_no"]
    quoted = WorkshopQuoted(
        publisher="workshops/CAST-LUGO",
        case=case,
        quote_no=quote_no,
        revision=1,
        price=Money(amount_minor=6490, currency="EUR"),
        valid_until=TODAY + timedelta(days=3),
        work=("motor.replaced",),
    )
    await warranty.report(quoted, str(case))
    await warranty.report(quoted, str(case))
    valid_until = (await warranty.says(case, 3))[2].model_dump()["valid_until"]
    assert valid_until > TODAY + timedelta(days=30)
    answer = CaseQuoteAnswered(
        channel=Channel.WEB, reported_at=TODAY, quote_no=quote_no, revision=1, accepted=True
    )
    await warranty.tell(case, "intake", answer)
    said = await warranty.says(case, 5)
    assert names(said)[1:] == ["quote.requested", "quote.issued", "quote.accepted", "repair.authorized"]
    assert said[4].model_dump()["paid"] is True
    assert await open_repairs(warranty) == 1
    view = (await warranty.http.get(f"/v1/cases/{case}")).json()
    assert [(quote["status"], quote["price_minor"]) for quote in view["quotes"]] == [("accepted", 6490)]


async def test_a_quote_that_nobody_answers_expires_by_itself(warranty: Running) -> None:
    await workshop(warranty)
    await warranty.http.put("/v1/units/WM-OUT-2", json=registration(days_ago=1500))
    case = await reported(warranty, "WM-OUT-2")
    await warranty.says(case, 1)
    await warranty.tell(case, "intake", chosen(RemedyKind.QUOTE))
    quote_no = (await warranty.says(case, 2))[1].model_dump()["quote_no"]
    quoted = WorkshopQuoted(
        publisher="CAST-LUGO",
        case=case,
        quote_no=quote_no,
        revision=1,
        price=Money(amount_minor=6490, currency="EUR"),
        valid_until=TODAY,
    )
    await warranty.report(quoted, str(case))
    await warranty.says(case, 3)
    await warranty.pool.execute("UPDATE clock_shift SET shift = shift + interval '32 days'")
    assert names(await warranty.says(case, 4))[3:] == ["quote.expired"]


async def test_a_refund_takes_the_place_of_a_new_unit_and_is_paid_once(warranty: Running) -> None:
    await warranty.http.put("/v1/units/WM-GB-1", json=registration(days_ago=3, jurisdiction="GB"))
    case = await reported(warranty, "WM-GB-1")
    await warranty.says(case, 2)
    await warranty.tell(case, "intake", chosen(RemedyKind.REFUND))
    said = names(await warranty.says(case, 4))
    assert said[1:] == ["replacement.approved", "replacement.withdrawn", "refund.approved"]

    payment = {"reference": "TRF-1", "paid_at": TODAY.isoformat()}
    door = f"/v1/cases/{case}/refunds/{{}}/payment"
    by_hand = [await warranty.http.post(door.format(number), json=payment) for number in (2, 2, 1, 9)]
    assert [answer.status_code for answer in by_hand] == [200, 200, 409, 404]
    assert [answer.json()["code"] for answer in by_hand[2:]] == ["not_a_refund", "unknown_remedy"]
    report = RefundReported(
        publisher="erp",
        case=case,
        remedy_no=2,
        reference="TRF-1",
        paid_at=TODAY,
        amount=Money(amount_minor=44900, currency="EUR"),
    )
    await warranty.report(report, "WM-GB-1")
    await warranty.says(case, 5)
    assert names(await warranty.says_no_more(case))[4:] == ["refund.paid"]


async def test_without_stock_the_new_unit_is_promised_for_when_more_are_expected(warranty: Running) -> None:
    expected = (TODAY + timedelta(days=12)).date()
    count = {"available": 0, "expected_on": expected.isoformat()}
    stock = await warranty.http.put("/v1/stock/lumo-rare-1", json=count)
    assert (stock.status_code, stock.json()["model"]) == (200, "lumo-rare-1")
    await warranty.http.put("/v1/units/WM-RARE-1", json=registration(days_ago=3, model="lumo-rare-1"))
    case = await reported(warranty, "WM-RARE-1")
    _, approved = await warranty.says(case, 2)
    assert approved.model_dump()["promised_by"].date() > expected
    assert "no_stock" in approved.model_dump()["reasons"]
    bad = await warranty.http.put("/v1/stock/lumo-rare-1", json={**count, "available": -1})
    assert bad.status_code == 422


async def test_a_repair_may_be_delayed_twice_but_only_by_its_own_workshop(warranty: Running) -> None:
    await workshop(warranty)
    await warranty.http.put("/v1/units/WM-DELAY-1", json=registration(days_ago=400))
    case = await reported(warranty, "WM-DELAY-1")
    await warranty.says(case, 1)
    await warranty.tell(case, "intake", chosen(RemedyKind.REPAIR))
    repair = (await warranty.says(case, 2))[1].model_dump()
    delayed = WorkshopReported(
        publisher="workshops/CAST-LUGO",
        case=case,
        repair_no=repair["repair_no"],
        kind=WorkshopReportKind.DELAYED,
        happened_at=TODAY,
        reason="waiting_for_part",
        expected_at=TODAY + timedelta(days=20),
    )
    other = {"publisher": "workshops/CAST-VIGO", "kind": WorkshopReportKind.RECEIVED}
    stranger = delayed.model_copy(update=other)
    await warranty.report(stranger, str(case))
    later = delayed.model_copy(update={"expected_at": TODAY + timedelta(days=30)})
    for report in (delayed, delayed, later):
        await warranty.report(report, str(case))
    await warranty.says(case, 4)
    said = names(await warranty.says_no_more(case))
    assert said[2:] == ["repair.rescheduled", "repair.rescheduled"]
    codes = [event.code for _, event in warranty.heard if isinstance(event, InputRejected)]
    assert "not_this_workshop" in codes


async def test_the_doors_say_why_not(warranty: Running) -> None:
    unit = "/v1/units/WM-DOOR-1"
    assert (await warranty.http.get(unit)).status_code == 404
    await warranty.http.put(unit, json=registration(days_ago=3, revision=2))
    older = await warranty.http.put(unit, json=registration(days_ago=3, revision=1))
    other = await warranty.http.put(unit, json=registration(days_ago=9, revision=2))
    again = await warranty.http.put(unit, json=registration(days_ago=3, revision=2))
    assert [a.status_code for a in (older, other, again)] == [409, 409, 200]
    assert (older.json()["code"], other.json()["code"]) == ("older_revision", "revision_used")
    bad = await warranty.http.put(unit, json=registration(days_ago=3, buyer="charity", revision=0))
    assert bad.status_code == 422
    assert {error["location"] for error in bad.json()["errors"]} == {"body.buyer", "body.revision"}
    not_seen = await warranty.http.get(f"/v1/cases/{new_id()}")
    assert (not_seen.status_code, not_seen.json()["code"]) == (409, "not_seen_yet")
    stranger = await warranty.http.get(unit, headers={"Authorization": "Bearer somebody-else"})
    assert (stranger.status_code, stranger.json()["code"]) == (401, "not_authorized")


async def test_the_description_of_the_api_has_an_example_for_every_body(warranty: Running) -> None:
    paths = (await warranty.http.get("/openapi.json")).json()["paths"]
    bodies = [
        operation["requestBody"]["content"]["application/json"]
        for path in paths.values()
        for operation in path.values()
        if "requestBody" in operation
    ]
    assert len(bodies) == 9
    assert all(body["schema"].get("examples") or body.get("examples") for body in bodies)
