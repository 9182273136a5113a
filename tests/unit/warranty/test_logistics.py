"""What logistics reports of the new unit and of the faulty one, parcels that get lost included."""

from datetime import UTC, datetime, timedelta

from ciclo_schemas.inbound import ScanKind
from ciclo_schemas.warranty import (
    ItemReceived,
    Place,
    ReplacementDelivered,
    ReplacementLost,
    ReplacementShipped,
)
from tests.support.deciders import Story
from tests.unit.warranty.world import TV, classified, opened, scanned, story, under_repair

SHIPPED, DELIVERED, LOST = ScanKind.SHIPPED, ScanKind.DELIVERED, ScanKind.LOST


def replaced() -> Story:
    """A case with a replacement on its way."""
    told = story(TV)
    told.hears(opened())
    told.hears(classified())
    return told


def test_logistics_brings_the_new_unit_and_takes_the_faulty_one_back() -> None:
    told = replaced()
    told.hears(scanned(ScanKind.SHIPPED))
    told.hears(scanned(ScanKind.DELIVERED))
    told.hears(scanned(ScanKind.RECEIVED, shipment="P-78"))
    assert told.said()[2:] == ["replacement.shipped", "replacement.delivered", "item.received"]
    received = told.published[-1]
    assert isinstance(received, ItemReceived)
    assert received.at is Place.WAREHOUSE


def test_scans_that_come_late_or_again_by_another_parcel_publish_nothing() -> None:
    told = replaced()
    told.hears(scanned(ScanKind.DELIVERED))
    told.hears(scanned(ScanKind.SHIPPED))
    told.hears(scanned(ScanKind.DELIVERED, shipment="P-79"))
    assert told.said()[2:] == ["replacement.delivered"]


def test_scans_that_fit_no_replacement_are_refused() -> None:
    unknown = replaced().hears(scanned(ScanKind.SHIPPED, remedy_no=2)).refusal
    repair = under_repair().hears(scanned(ScanKind.SHIPPED)).refusal
    later = replaced().hears(scanned(ScanKind.SHIPPED, happened_at=datetime(2027, 1, 1, tzinfo=UTC))).refusal
    kind = replaced().hears(scanned(ScanKind.UNKNOWN)).refusal
    codes = [refusal.code for refusal in (unknown, repair, later, kind) if refusal is not None]
    assert codes == ["unknown_remedy", "not_a_replacement", "in_the_future", "unknown_kind"]


def test_a_lost_parcel_is_followed_by_another_under_the_same_approval() -> None:
    told = replaced()
    for kind, parcel in ((SHIPPED, "P-77"), (LOST, "P-77"), (SHIPPED, "P-78"), (DELIVERED, "P-78")):
        told.hears(scanned(kind, shipment=parcel))
    assert told.said()[2:] == [
        "replacement.shipped",
        "replacement.lost",
        "replacement.shipped",
        "replacement.delivered",
    ]
    _, lost, shipped, _ = told.published[2:]
    assert isinstance(lost, ReplacementLost)
    assert isinstance(shipped, ReplacementShipped)
    assert (lost.remedy_no, lost.shipment, shipped.remedy_no, shipped.shipment) == (1, "P-77", 1, "P-78")


def test_a_parcel_that_turns_up_after_it_was_given_up_is_the_new_unit() -> None:
    told = replaced()
    for kind, parcel in ((SHIPPED, "P-77"), (LOST, "P-77"), (SHIPPED, "P-78"), (DELIVERED, "P-77")):
        told.hears(scanned(kind, shipment=parcel))
    delivered = told.published[-1]
    assert isinstance(delivered, ReplacementDelivered)
    assert delivered.shipment == "P-77"
    told.hears(scanned(DELIVERED, shipment="P-78"))
    told.hears(scanned(LOST, shipment="P-78"))
    assert told.published[-1] == delivered


def test_late_news_of_a_lost_parcel_changes_nothing() -> None:
    told = replaced()
    for kind, parcel in (
        (LOST, "P-77"),
        (SHIPPED, "P-77"),
        (LOST, "P-77"),
        (SHIPPED, "P-78"),
        (LOST, "P-77"),
    ):
        told.hears(scanned(kind, shipment=parcel, happened_at=told.now + timedelta(minutes=1)))
    assert told.said()[2:] == ["replacement.lost", "replacement.shipped"]
