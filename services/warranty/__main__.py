"""`python -m services.warranty`: see `--help`."""

from services.chassis.command_line import main
from services.warranty.app import build_app
from services.warranty.settings import WarrantySettings

if __name__ == "__main__":
    main("warranty", WarrantySettings, build_app)
