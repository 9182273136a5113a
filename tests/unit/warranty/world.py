"""A small world to tell stories in: one customer, her television, two workshops."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from ciclo_schemas.cases import (
    CaseCancellationRequested,
    CaseInformationReceived,
    CaseOpened,
    CaseQuoteAnswered,
    CaseRemedyChosen,
)
from ciclo_schemas.inbound import (
    LogisticsScanned,
    RefundReported,
    ScanKind,
    WorkshopQuoted,
    WorkshopReported,
    WorkshopReportKind,
)
from ciclo_schemas.routing import CaseCancelled, CaseClassified, CaseReopened
from ciclo_schemas.values import (
    Category,
    Channel,
    DecidedBy,
    Facts,
    Language,
    Money,
    Party,
    PartyKind,
    RemedyKind,
    Urgency,
)
from ciclo_schemas.warranty import CoverageAssessed, ReplacementApproved
from services.warranty.domain.records import ListedPoint, ServicePoint, Unit
from services.warranty.domain.rights import CaseRights
from services.warranty.handlers import deciders
from services.warranty.settings import PACKS, read_policies
from services.warranty.store import TABLES
from tests.support.deciders import CASE, FactsOf, Story

POLICIES = read_policies(PACKS)
CASES, UNITS, SERVICE_POINTS, STOCK, CONTAINMENTS = deciders(POLICIES)
REPORTED = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
CUSTOMER = "cus_" + "a" * 32
STRANGER = "cus_" + "b" * 32
OTHER_CASE = UUID("01930000-0000-7000-8000-000000000002")

TV = Unit(
    product_unit="TV-0001",
    revision=1,
    model="lumo-43",
    brand="lumo",
    seller="acme-shop",
    jurisdiction="ES",
    buyer="consumer",
    customer_ref=CUSTOMER,
    purchase_ref="T-0001",
    purchased_on=date(2026, 11, 1),
    delivered_on=date(2026, 11, 3),
)
QUOTE_NO = "Q-C26-0001-7-1"
OLD_TV = replace(TV, purchased_on=date(2025, 6, 1), delivered_on=date(2025, 6, 3))
NORTH = ServicePoint("cast-north", True, True, '["lumo"]', '["ES", "GB"]', 10, 3)
SOUTH = ServicePoint("cast-south", True, True, '["lumo"]', '["ES"]', 10, 2)
ANCIENT_TV = replace(TV, purchased_on=date(2022, 1, 3), delivered_on=date(2022, 1, 5))
CORNER = ServicePoint("corner-shop", False, True, '["lumo"]', '["ES"]', 10, 0)


def story(*rows: object, facts: FactsOf | None = None, case: UUID = CASE) -> Story:
    """A case in a world with these rows, or in the world of another story; workshops are listed as well."""
    listed = [listing(row) for row in rows if isinstance(row, ServicePoint)]
    return Story(CASES, facts or FactsOf(TABLES, *rows, *listed), subject=case)


def listing(point: ServicePoint) -> ListedPoint:
    """What the database's view shows of a service point."""
    return ListedPoint(point.id, point.official, point.active, point.brands, point.jurisdictions)


def opened(**changes: Any) -> CaseOpened:
    """The customer says that the television fails; `facts` replaces what she states."""
    stated = changes.pop("facts", {"product_unit": TV.product_unit, "symptom_code": "no_picture"})
    return CaseOpened(
        **{
            "case_no": "C26-0001-7",
            "customer_ref": CUSTOMER,
            "facts": Facts(**stated),
            "language": Language.ES,
            "jurisdiction": "ES",
            "safety_flag": False,
            "text_ref": "txt_" + "c" * 32,
            "channel": Channel.WEB,
            "reported_at": REPORTED,
            **changes,
        }
    )


def classified(category: Category = Category.TECHNICAL_FAULT, **changes: Any) -> CaseClassified:
    """Routing says what the case is about."""
    return CaseClassified(
        **{
            "category": category,
            "urgency": Urgency.NORMAL,
            "confidence": 0.9,
            "reasons": ("keyword",),
            "classified_by": DecidedBy.RULES,
            "abstained": False,
            "texts_read": 1,
            **changes,
        }
    )


def informed(**facts: Any) -> CaseInformationReceived:
    """The customer states more."""
    return CaseInformationReceived(
        channel=Channel.WEB,
        reported_at=REPORTED + timedelta(days=20),
        facts=Facts(**facts),
        safety_flag=False,
    )


def chosen(remedy: RemedyKind, assessment_no: int = 1, reported_at: datetime = REPORTED) -> CaseRemedyChosen:
    """The customer chooses."""
    return CaseRemedyChosen(
        channel=Channel.WEB, reported_at=reported_at, remedy=remedy, assessment_no=assessment_no
    )


def answered(accepted: bool, **changes: Any) -> CaseQuoteAnswered:
    """The customer answers the first quote."""
    return CaseQuoteAnswered(
        **{
            "channel": Channel.WEB,
            "reported_at": REPORTED + timedelta(days=1),
            "quote_no": QUOTE_NO,
            "revision": 1,
            "accepted": accepted,
            **changes,
        }
    )


def quoted(**changes: Any) -> WorkshopQuoted:
    """The southern workshop offers a repair for 64.90 EUR, for a week."""
    return WorkshopQuoted(
        **{
            "publisher": "workshops/cast-south",
            "case": CASE,
            "quote_no": QUOTE_NO,
            "revision": 1,
            "price": Money(amount_minor=6490, currency="EUR"),
            "valid_until": REPORTED + timedelta(days=7),
            "work": ("motor.replaced",),
            **changes,
        }
    )


def paid(**changes: Any) -> RefundReported:
    """The ERP pays the second remedy of the case."""
    return RefundReported(
        **{
            "publisher": "erp",
            "case": CASE,
            "remedy_no": 2,
            "reference": "TRF-1",
            "paid_at": REPORTED,
            "amount": Money(amount_minor=44900, currency="EUR"),
            **changes,
        }
    )


def reported(kind: WorkshopReportKind, day: int = 1, **changes: Any) -> WorkshopReported:
    """A workshop reports, on a day of November."""
    return WorkshopReported(
        **{
            "publisher": "cast-south",
            "case": CASE,
            "repair_no": "R-C26-0001-7-1",
            "kind": kind,
            "happened_at": datetime(2026, 11, day, 10, 0, tzinfo=UTC),
            **changes,
        }
    )


def scanned(kind: ScanKind, **changes: Any) -> LogisticsScanned:
    """Logistics scans a parcel."""
    return LogisticsScanned(
        **{
            "publisher": "fast-parcels",
            "case": CASE,
            "remedy_no": 1,
            "shipment": "P-77",
            "kind": kind,
            "happened_at": REPORTED,
            **changes,
        }
    )


CANCELS = CaseCancellationRequested(channel=Channel.WEB, reported_at=REPORTED)
"""The customer withdraws the case."""
IS_CANCELLED = CaseCancelled(reason="customer_cancelled")
"""Routing ends it."""
IS_REOPENED = CaseReopened(reason="information_received", owner=Party(kind=PartyKind.AGENT, id="agent-03"))
"""The customer spoke after the end."""


def last_assessment(told: Story) -> CoverageAssessed:
    """What was assessed last."""
    return next(event for event in reversed(told.published) if isinstance(event, CoverageAssessed))


def replacement(told: Story) -> ReplacementApproved:
    """The replacement that was approved last."""
    return next(event for event in reversed(told.published) if isinstance(event, ReplacementApproved))


def under_repair(*rows: object) -> Story:
    """A television in its guarantee, with a repair authorised at the southern workshop."""
    told = story(OLD_TV, NORTH, SOUTH, *rows)
    told.hears(opened())
    told.hears(classified())
    told.hears(chosen(RemedyKind.REPAIR))
    return told


def rights(told: Story) -> CaseRights:
    """The state of the case."""
    assert isinstance(told.state, CaseRights)
    return told.state


def sold_by(seller: str, jurisdiction: str, purchased_on: date) -> Unit:
    """A television sold by this seller in this country on this day."""
    return replace(
        TV, seller=seller, jurisdiction=jurisdiction, purchased_on=purchased_on, delivered_on=purchased_on
    )
