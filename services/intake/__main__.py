"""`python -m services.intake`: see `--help`."""

from services.chassis.command_line import Subcommand, main, operator
from services.intake.app import build_app
from services.intake.erasure import erase, erase_arguments
from services.intake.settings import IntakeSettings

if __name__ == "__main__":
    erasing = Subcommand(
        "erase", "erase a customer's words, contact data and files for ever", operator(erase), erase_arguments
    )
    main("intake", IntakeSettings, build_app, more=(erasing,))
