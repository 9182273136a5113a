"""What logistics reports: the new unit on its way to the customer, the faulty one on its way back."""

from collections.abc import Callable
from dataclasses import replace

from ciclo_schemas.inbound import LogisticsScanned, ScanKind
from ciclo_schemas.values import RemedyKind
from ciclo_schemas.warranty import (
    ItemReceived,
    Place,
    ReplacementDelivered,
    ReplacementLost,
    ReplacementShipped,
)
from services.chassis.decider import Decision, Given
from services.warranty.domain.answers import Decided
from services.warranty.domain.records import Remedy
from services.warranty.domain.reports import CLOCKS_DIFFER, WAIT_FOR_UNKNOWN, refuse
from services.warranty.domain.rights import CaseRights


def logistics_scanned(case: CaseRights | None, scan: LogisticsScanned, given: Given) -> Decided:
    """A parcel of a replacement was scanned. A scan that comes after its time changes nothing."""
    remedy = given.facts.one(Remedy, case_id=given.subject, remedy_no=scan.remedy_no)
    if case is None or remedy is None:
        detail = "this case has no such remedy"
        return refuse(case, "unknown_remedy", detail, "remedy_no", wait=WAIT_FOR_UNKNOWN)
    if remedy.kind != RemedyKind.REPLACEMENT:
        return refuse(case, "not_a_replacement", "the remedy is not a replacement", "remedy_no")
    if scan.happened_at > given.now + CLOCKS_DIFFER:
        return refuse(case, "in_the_future", "what is reported has not happened yet", "happened_at")
    step = _STEPS.get(scan.kind)
    if step is None:
        return refuse(case, "unknown_kind", "this kind of scan is not known", "kind")
    if remedy.called_off_at is not None and scan.kind is not ScanKind.RECEIVED:
        return refuse(case, "called_off", "this replacement was taken back: recall the parcel", "remedy_no")
    return step(case, remedy, scan)


def _shipped(case: CaseRights, remedy: Remedy, scan: LogisticsScanned) -> Decided:
    """The first parcel, or another one after that was lost, under the same approval."""
    under_way = remedy.shipment is not None and remedy.lost_at is None
    if under_way or remedy.delivered_at is not None or remedy.shipment == scan.shipment:
        return Decision(case)
    shipped = ReplacementShipped(
        remedy_no=remedy.remedy_no, shipment=scan.shipment, shipped_at=scan.happened_at
    )
    row = replace(remedy, shipment=scan.shipment, shipped_at=scan.happened_at, lost_at=None)
    return Decision(case, events=(shipped,), rows=(row,))


def _delivered(case: CaseRights, remedy: Remedy, scan: LogisticsScanned) -> Decided:
    """Any parcel of this approval that arrives is the new unit, also one that was given up before."""
    if remedy.delivered_at is not None:
        return Decision(case)
    delivered = ReplacementDelivered(
        remedy_no=remedy.remedy_no, shipment=scan.shipment, delivered_at=scan.happened_at
    )
    return Decision(case, events=(delivered,), rows=(replace(remedy, delivered_at=scan.happened_at),))


def _lost(case: CaseRights, remedy: Remedy, scan: LogisticsScanned) -> Decided:
    """The carrier gave the parcel up. The risk is the seller's (DL 84/2021 art. 11.12): another one follows.

    Only the parcel that is under way can be lost: of an older one it is known already.
    """
    other = remedy.shipment is not None and remedy.shipment != scan.shipment
    if other or remedy.lost_at is not None or remedy.delivered_at is not None:
        return Decision(case)
    lost = ReplacementLost(remedy_no=remedy.remedy_no, shipment=scan.shipment, lost_at=scan.happened_at)
    row = replace(remedy, shipment=scan.shipment, lost_at=scan.happened_at)
    return Decision(case, events=(lost,), rows=(row,))


def _received(case: CaseRights, remedy: Remedy, scan: LogisticsScanned) -> Decided:
    """The faulty unit came back. Nothing waits for it: the new one was sent without."""
    if remedy.received_at is not None:
        return Decision(case)
    received = ItemReceived(remedy_no=remedy.remedy_no, at=Place.WAREHOUSE, received_at=scan.happened_at)
    return Decision(case, events=(received,), rows=(replace(remedy, received_at=scan.happened_at),))


_STEPS: dict[ScanKind, Callable[[CaseRights, Remedy, LogisticsScanned], Decided]] = {
    ScanKind.SHIPPED: _shipped,
    ScanKind.DELIVERED: _delivered,
    ScanKind.LOST: _lost,
    ScanKind.RECEIVED: _received,
}
