"""Cancellations, compensations and containments at a running warranty."""

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
