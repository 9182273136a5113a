"""The composition root of notifications."""

from services.chassis.app import App
from services.chassis.definition import Definition
from services.notifications.handlers import CONVERSATIONS, READS
from services.notifications.metrics import MEASURES
from services.notifications.routes import router
from services.notifications.runners.letters import Letters
from services.notifications.runners.sending import MessageSender
from services.notifications.settings import NotificationsSettings
from services.notifications.store import TABLES


def definition(settings: NotificationsSettings) -> Definition:
    """What the service is. Raises TemplateError naming the file when words are missing."""
    return Definition(
        name="notifications",
        deciders=(CONVERSATIONS,),
        tables=TABLES,
        reads=READS,
        runners=(MessageSender(settings, Letters.load()),),
        measures=MEASURES,
    )


def build_app(settings: NotificationsSettings) -> App:
    """The whole service, ready to run."""
    return App(definition(settings), settings, routers=[router], title="Ciclo notifications")
