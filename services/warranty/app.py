"""Warranty put together: what it decides, reads and serves."""

from ciclo_schemas.inbound import (
    LogisticsScanned,
    ProductRegistered,
    RefundReported,
    WorkshopQuoted,
    WorkshopReported,
)
from services.chassis.app import App
from services.chassis.definition import Definition
from services.warranty import handlers, store
from services.warranty.domain.answers import AssessAgain
from services.warranty.domain.containment import TellContained
from services.warranty.metrics import MEASURES
from services.warranty.routes import router, unit_id
from services.warranty.settings import WarrantySettings, read_policies


def definition(settings: WarrantySettings) -> Definition:
    """What the chassis runs. Raises BadPacks naming the file and field of a pack that cannot be used."""
    return Definition(
        name="warranty",
        deciders=handlers.deciders(read_policies(settings.packs)),
        tables=store.TABLES,
        reads=handlers.READS,
        inbound={
            ProductRegistered: lambda record: unit_id(record.product_unit),
            WorkshopReported: lambda report: report.case,
            WorkshopQuoted: lambda quote: quote.case,
            LogisticsScanned: lambda scan: scan.case,
            RefundReported: lambda payment: payment.case,
        },
        targets={AssessAgain: store.cases_about, TellContained: store.cases_contained},
        measures=MEASURES,
    )


def build_app(settings: WarrantySettings) -> App:
    """The service, ready to run."""
    return App(definition(settings), settings, routers=[router], title="Ciclo warranty")
