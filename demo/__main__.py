"""`python -m demo`: play the stories. KEEP=1 leaves everything running until Ctrl-C."""

import argparse
import asyncio
import os
import sys

from ciclo_schemas.topics import TopicsError
from demo.play import play
from demo.processes import ServiceFailed
from demo.screen import Screen
from demo.traces import traces
from deploy.embedded import CannotStart, running
from services.chassis.migrate import MigrationFailed

ENVIRONMENT = (
    "CICLO_KAFKA and CICLO_POSTGRES: servers to use instead of starting some. "
    "OTEL_*: where the services send their traces."
)


def main() -> int:
    """Start the servers and play; returns the exit code."""
    argparse.ArgumentParser(prog="python -m demo", description=__doc__, epilog=ENVIRONMENT).parse_args()
    screen = Screen()
    keep = os.environ.get("KEEP", "") not in {"", "0"}
    try:
        with running(say=screen.say) as servers, traces(servers.directory / "traces", keep=keep) as to:
            screen.say(f"Kafka at {servers.kafka}, PostgreSQL running, data in {servers.directory}")
            return asyncio.run(play(servers, screen, to, keep=keep))
    except (CannotStart, MigrationFailed, ServiceFailed, TopicsError) as error:
        print(f"\nThe demo cannot run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
