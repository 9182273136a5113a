"""Intake put together: what it decides, reads and serves."""

from services.chassis.app import App
from services.chassis.definition import Definition
from services.intake import handlers, store
from services.intake.metrics import MEASURES
from services.intake.routes import routers
from services.intake.routes.uploads import MAX_FORM_BYTES
from services.intake.settings import IntakeSettings

BODY_LIMITS = {"/attachments": MAX_FORM_BYTES}
"""More bytes than usual, where files come in: at the API and on the customer's page."""


def definition(_settings: IntakeSettings) -> Definition:
    """What the chassis runs."""
    return Definition(
        name="intake",
        deciders=(handlers.CASES, handlers.CUSTOMERS),
        tables=store.TABLES,
        reads=handlers.READS,
        inbound=handlers.INBOUND,
        projection=handlers.TIMELINE,
        measures=MEASURES,
    )


def build_app(settings: IntakeSettings) -> App:
    """The service, ready to run."""
    return App(
        definition(settings),
        settings,
        routers=routers(settings),
        title="Ciclo intake",
        body_limits=BODY_LIMITS,
    )
