"""Intake put together: what it decides, reads and serves."""

from services.chassis.app import App
from services.chassis.definition import Definition
from services.intake import handlers, store
from services.intake.routes import routers
from services.intake.settings import IntakeSettings


def definition(_settings: IntakeSettings) -> Definition:
    """What the chassis runs."""
    return Definition(
        name="intake",
        deciders=(handlers.CASES, handlers.CUSTOMERS),
        tables=store.TABLES,
        reads=handlers.READS,
        inbound=handlers.INBOUND,
        projection=handlers.TIMELINE,
    )


def build_app(settings: IntakeSettings) -> App:
    """The service, ready to run."""
    return App(definition(settings), settings, routers=routers(settings), title="Ciclo intake")
