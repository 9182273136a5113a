"""`python -m tests.drills`: faults against the real services; is anything lost, doubled or disordered?

Servers of its own, under .ciclo/drills/<seed>; the report lies beside them.
"""

import argparse
import logging
import shutil
import sys
from asyncio import Runner

import uvloop

from demo.processes import ServiceFailed
from deploy.embedded import CannotStart
from tests.benchmarks.ground import ROOT
from tests.drills.drill import Drill, names
from tests.drills.report import table, write

QUICK = ("in-a-row", "sequence-cache")
"""Of a quick run: four kinds of faults, and the proof that the checker is not blind."""


def say(text: str) -> None:
    """Progress."""
    print(text, flush=True)


def main() -> int:
    """Run what the command line says; 1 when a verdict is not as it must be."""
    known = names()
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="chooses the faults (default: 1)")
    parser.add_argument("--only", help="scenarios, with commas between them")
    parser.add_argument("--list", action="store_true", help="show all scenarios")
    parser.add_argument(
        "--quick", action="store_true", help="once, without measuring; unless --only, a few scenarios"
    )
    given = parser.parse_args()
    if given.list:
        for name, about in known.items():
            say(f"{name:20} {about}")
        return 0
    chosen = given.only.split(",") if given.only else list(QUICK if given.quick else known)
    if unknown := [name for name in chosen if name not in known]:
        parser.error(f"no such scenario: {', '.join(unknown)}")
    for library in ("aiokafka", "asyncpg"):  # that servers are away is meant
        logging.getLogger(library).addHandler(logging.NullHandler())
    folder = ROOT / ".ciclo" / "drills" / str(given.seed)
    say(f"Drills of seed {given.seed}: {', '.join(chosen)}. Kafka, PostgreSQL and the four services start")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with Runner(loop_factory=uvloop.new_event_loop) as runner:
            results = runner.run(Drill(folder, given.seed, say, quick=given.quick).run(chosen))
    except (CannotStart, ServiceFailed) as error:
        print(f"\nThe drills cannot run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    write(results, given.seed, folder)
    report = folder / "report.md"
    if all(result.is_good for result in results):
        say("\n" + "\n".join(table(results)))
        say(f"\nAll of it: {report.relative_to(ROOT)}")
        return 0
    logs = folder.relative_to(ROOT) / "world-*" / "logs"
    say(f"\n{report.read_text('utf-8')}\nNOT AS IT MUST BE. What the services logged: {logs}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
