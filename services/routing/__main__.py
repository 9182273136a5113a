"""`python -m services.routing`: see `--help`."""

from services.chassis.command_line import main
from services.routing.app import build_app
from services.routing.settings import RoutingSettings

if __name__ == "__main__":
    main("routing", RoutingSettings, build_app)
