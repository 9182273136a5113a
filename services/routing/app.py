"""Routing put together: what it decides, reads, calls and serves."""

from services.chassis.app import App
from services.chassis.definition import Definition
from services.routing import handlers, store
from services.routing.metrics import MEASURES
from services.routing.routes import router
from services.routing.runners import ClassifyRunner, IntakeVault
from services.routing.settings import RoutingSettings, house_of, read_classifier


def definition(settings: RoutingSettings) -> Definition:
    """What the chassis runs. Raises BadData naming the file and field of data that cannot be used."""
    vault = IntakeVault(str(settings.intake_url), settings.intake_key, settings.intake_timeout_seconds)
    return Definition(
        name="routing",
        deciders=(handlers.decider(house_of(settings)),),
        tables=store.TABLES,
        targets=store.TARGETS,
        reads=handlers.READS,
        runners=(ClassifyRunner(vault, read_classifier(settings.keywords)),),
        measures=MEASURES,
    )


def build_app(settings: RoutingSettings) -> App:
    """The service, ready to run."""
    return App(definition(settings), settings, routers=[router], title="Ciclo routing")
