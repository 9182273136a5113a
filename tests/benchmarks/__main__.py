"""`python -m tests.benchmarks [--only hot,relay] [--full] [--smoke]`: see README.md beside this file."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from deploy.embedded import CannotStart
from tests.benchmarks import ground
from tests.benchmarks.counted import part as counted
from tests.benchmarks.cycle import part as cycle
from tests.benchmarks.growth import part as growth
from tests.benchmarks.hot import part as hot
from tests.benchmarks.hot import profile, tracing
from tests.benchmarks.hot.contest import NotDone
from tests.benchmarks.pages import write
from tests.benchmarks.relay import part as relay
from tests.benchmarks.results import Found
from tests.benchmarks.stand import Bench, Size, Stand

PAGES = ground.ROOT / "docs" / "benchmarks"
DIRECTORY = ground.ROOT / ".ciclo" / "bench"
Part = Callable[[Stand], Coroutine[Any, Any, Found]]
APART: Mapping[str, Callable[[Bench], Coroutine[Any, Any, Found]]] = {"cycle": cycle.measure}
"""What starts servers of its own: it comes first, while no others are there."""
PARTS: Mapping[str, Part] = {
    "costs": counted.measure,
    "hot": hot.measure,
    "relay": relay.measure,
    "tracing": tracing.measure,
    "profile": profile.measure,
}
FULL: Mapping[str, Part] = {
    "batches": growth.batches,
    "partitions": growth.partitions,
    "replicas": growth.replicas,
    "stored": growth.stored,
}


def main() -> int:
    """Run what the command line says; 1 when a part could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Ciclo beside others.")
    parser.add_argument(
        "--only", default="", help=f"of {', '.join([*APART, *PARTS, *FULL])}; commas between them"
    )
    parser.add_argument("--full", action="store_true", help=f"{', '.join(FULL)}: half an hour, 40 GB of disk")
    parser.add_argument("--smoke", action="store_true", help="tiny, only to see that it works: no pages")
    given = parser.parse_args()
    every = {**PARTS, **FULL}
    usual = list(FULL) if given.full else [*APART, *PARTS]
    chosen = [name for name in given.only.split(",") if name] or usual
    alone = [name for name in chosen if name in APART]
    others = [name for name in chosen if name not in APART]
    if unknown := set(others) - set(every):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    size = Size(repetitions=1, cut=20) if given.smoke else Size(repetitions=3)
    pages = DIRECTORY / "smoke" if given.smoke else PAGES
    # New topics have no leaders for a moment; whoever writes tries again, and says so for every partition.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        for name in alone:
            _show(pages, name, APART[name](Bench(size, say)))
        if others:
            with ground.fresh_servers(say, DIRECTORY) as servers:
                stand = Stand(size, say, servers)
                for name in others:
                    _show(pages, name, every[name](stand))
    except (CannotStart, NotDone) as error:
        print(f"\nThe benchmark cannot go on: {error}", file=sys.stderr)
        return 1
    return 0


def _show(pages: Path, name: str, part: Coroutine[Any, Any, Found]) -> None:
    say(f"\n{name}")
    write(pages, asyncio.run(part))
    say((pages / f"{name}.md").read_text(encoding="utf-8"))


def say(text: str) -> None:
    """Progress."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
