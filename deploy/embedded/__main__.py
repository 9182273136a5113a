"""`python -m deploy.embedded`: run Kafka and PostgreSQL in the foreground until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from deploy.embedded import jars
from deploy.embedded.errors import CannotStart
from deploy.embedded.runtime import DEFAULT_DIRECTORY, KAFKA_SETTING, POSTGRES_SETTING, watched


def main() -> int:
    """Do what the command line says; return the exit code."""
    options = _options()
    # SIGTERM ends the block below in order, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.command == "fetch":
            say(f"{len(jars.fetch(say))} jars are in {jars.CACHE}, each as its sha256 sum in the lock says")
            return 0
        return _run(options.directory)
    except CannotStart as reason:
        print(f"Cannot start: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def say(line: str) -> None:
    """Print progress where it does not mix with the addresses on standard output."""
    print(line, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.embedded", description=__doc__)
    parser.add_argument(
        "command",
        nargs="?",
        choices=["run", "fetch"],
        default="run",
        help="run (default): start both servers; fetch: only download and check Kafka's jars",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=DEFAULT_DIRECTORY,
        help="where data and logs go (default: .ciclo in the checkout)",
    )
    return parser.parse_args()


def _run(directory: Path) -> int:
    began = time.monotonic()
    with watched(directory, say=say) as (servers, children):
        print(f"export {KAFKA_SETTING}={servers.kafka}")
        print(f"export {POSTGRES_SETTING}={servers.postgres}", flush=True)
        say(f"ready after {time.monotonic() - began:.1f} s; data and logs: {directory}; Ctrl-C stops both")
        while all(child.is_running() for child in children):
            time.sleep(0.5)
        dead = next(child for child in children if not child.is_running())
        say(f"{dead.name} has stopped unexpectedly; see {dead.log}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
