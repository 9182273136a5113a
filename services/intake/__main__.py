"""`python -m services.intake`: see `--help`."""

from services.chassis.command_line import main
from services.intake.app import build_app
from services.intake.settings import IntakeSettings

if __name__ == "__main__":
    main("intake", IntakeSettings, build_app)
