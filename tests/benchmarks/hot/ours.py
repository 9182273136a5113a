"""Ciclo: `python -m services.routing run`, without the runner of its effects, on topics of its own."""

from dataclasses import replace

from services.chassis.app import App
from services.chassis.command_line import main
from services.routing.app import definition
from services.routing.routes import router
from services.routing.settings import RoutingSettings
from tests.benchmarks.hot.process import Task

SETTINGS = {
    "ROUTING_HTTP_PORT": "0",
    "ROUTING_ADMIN_PORT": "0",
    "ROUTING_INTAKE_URL": "http://127.0.0.1:9",
    "ROUTING_INTAKE_KEY": f"ck_{'0' * 16}_{'t' * 43}",
    "ROUTING_LOG_LEVEL": "WARNING",
}
"""What routing needs to be told besides its database and Kafka; nobody asks intake for anything here."""


def build_app(settings: RoutingSettings) -> App:
    """The service, behind the prefix of the benchmark's topics."""
    without_runners = replace(definition(settings), runners=())
    return App(without_runners, settings, [router], topic_prefix=Task.told().prefix)


if __name__ == "__main__":
    main("routing", RoutingSettings, build_app, ["run"])
