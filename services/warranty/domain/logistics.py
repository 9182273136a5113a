"""What logistics reports: the new unit on its way to the customer, the faulty one on its way back."""

from dataclasses import replace

from ciclo_schemas.inbound import LogisticsScanned, ScanKind
from ciclo_schemas.values import RemedyKind
from ciclo_schemas.warranty import ItemReceived, Place, ReplacementDelivered, ReplacementShipped
from services.chassis.decider import Decision, Given
from services.warranty.domain.answers import Decided
from services.warranty.domain.records import Remedy
from services.warranty.domain.rights import CaseRights
from services.warranty.domain.workshops import CLOCKS_DIFFER, WAIT_FOR_UNKNOWN, refuse


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
    if scan.kind is ScanKind.SHIPPED:
        return _shipped(case, remedy, scan)
    if scan.kind is ScanKind.DELIVERED:
        return _delivered(case, remedy, scan)
    if scan.kind is ScanKind.RECEIVED:
        return _received(case, remedy, scan)
    return refuse(case, "unknown_kind", "this kind of scan is not known", "kind")


def _shipped(case: CaseRights, remedy: Remedy, scan: LogisticsScanned) -> Decided:
    if remedy.shipped_at is not None or remedy.delivered_at is not None:
        return Decision(case)
    shipped = ReplacementShipped(
        remedy_no=remedy.remedy_no, shipment=scan.shipment, shipped_at=scan.happened_at
    )
    return Decision(case, events=(shipped,), rows=(replace(remedy, shipped_at=scan.happened_at),))


def _delivered(case: CaseRights, remedy: Remedy, scan: LogisticsScanned) -> Decided:
    if remedy.delivered_at is not None:
        return Decision(case)
    delivered = ReplacementDelivered(
        remedy_no=remedy.remedy_no, shipment=scan.shipment, delivered_at=scan.happened_at
    )
    return Decision(case, events=(delivered,), rows=(replace(remedy, delivered_at=scan.happened_at),))


def _received(case: CaseRights, remedy: Remedy, scan: LogisticsScanned) -> Decided:
    """The faulty unit came back. Nothing waits for it: the new one was sent without."""
    if remedy.received_at is not None:
        return Decision(case)
    received = ItemReceived(remedy_no=remedy.remedy_no, at=Place.WAREHOUSE, received_at=scan.happened_at)
    return Decision(case, events=(received,), rows=(replace(remedy, received_at=scan.happened_at),))
