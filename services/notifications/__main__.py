"""`python -m services.notifications`: see `--help`."""

from services.chassis.command_line import main
from services.notifications.app import build_app
from services.notifications.settings import NotificationsSettings

if __name__ == "__main__":
    main("notifications", NotificationsSettings, build_app)
