"""Part `profile`: where the time of ours goes on the hot path, by py-spy from outside."""

import asyncio
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.hot.contest import Contestant, NotDone, take_turn
from tests.benchmarks.hot.opened import preload
from tests.benchmarks.hot.part import HERE
from tests.benchmarks.hot.work import CASES
from tests.benchmarks.results import Chart, Found
from tests.benchmarks.stand import Ends, Stand, topics

EVENTS = 30_000
MOST = 30
_FRAME = re.compile(r"(?P<name>\S+) \((?P<file>[^():]+)(?::\d+)?\)$")
# A sample belongs to the first of these folders or files on the way from the leaf to the root.
AREAS: Mapping[str, Sequence[str]] = {
    "decide: routing's rules": ("routing/",),
    "read records: envelope and model": ("chassis/records.py", "ciclo_schemas/"),
    "write: rows to statements": ("chassis/storing.py", "chassis/working.py"),
    "PostgreSQL's driver": ("asyncpg/",),
    "relay: rows to records": ("chassis/publisher.py", "chassis/relay.py"),
    "Kafka's driver: produce": ("aiokafka/producer", "aiokafka/partitioner.py"),
    "Kafka's driver: consume": ("aiokafka/consumer", "faststream/"),
    "Kafka's driver: the rest": ("aiokafka/",),
    "telemetry and metrics": (
        "chassis/telemetry",
        "chassis/counting.py",
        "prometheus_client/",
    ),
    "engine: the rest": ("chassis/",),
}


async def measure(stand: Stand) -> Found:
    """Run the part; the picture of all stacks is `profile.svg`."""
    program = shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if program is None:
        raise NotDone("py-spy is not installed in the environment")
    one = Contestant("ours", (f"{HERE}.ours",), stand.size.of(EVENTS, 2_000))
    with tempfile.TemporaryDirectory() as folder:
        stacks = Path(folder) / "stacks"
        watched = replace(
            one, watcher=(program, "record", "--rate=200", "--format=raw", f"--output={stacks}", "--")
        )
        async with topics(stand) as made, Ends(stand.kafka) as ends:
            await preload(stand.kafka, made.prefix + CASES, one.events)
            turn = await take_turn(stand, made, ends, watched)
        samples = await asyncio.to_thread(_read, stacks)
    total = sum(samples.values())
    areas = _areas(samples)
    leaves = Counter[str]()
    for stack, count in samples.items():
        leaves[stack[-1]] += count
    return Found(
        part="profile",
        title="A profile of the hot path",
        text=(
            f"200 looks a second at routing's process while it works off a backlog ({turn.rate:,.0f} "
            "events/s under the profiler); waiting is left out. An area gets the samples whose innermost "
            "frame of ours, or of a driver, is its own."
        ),
        columns=("area", "share"),
        rows=[[area, f"{count / total:.1%}"] for area, count in areas.most_common()]
        + [["**innermost functions**", ""]]
        + [[f"`{leaf}`", f"{count / total:.1%}"] for leaf, count in leaves.most_common(MOST)],
        data={"areas": dict(areas), "leaves": dict(leaves.most_common(200))},
        charts=[Chart("Share of the process's CPU, %", "%", bars=_percent(areas, total))],
    )


def _percent(areas: Counter[str], total: int) -> dict[str, float]:
    return {area: 100 * count / total for area, count in areas.most_common()}


def _read(file: Path) -> dict[tuple[str, ...], int]:
    """Collapsed stacks: `frame;frame;frame count`, the root first."""
    samples: dict[tuple[str, ...], int] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        frames = tuple(_named(frame) for frame in stack.split(";"))
        if not _runs(frames):
            continue
        samples[frames] = samples.get(frames, 0) + int(count)
    return samples


def _named(frame: str) -> str:
    found = _FRAME.match(frame)
    return frame if found is None else f"{found['file']}: {found['name']}"


def _runs(frames: Sequence[str]) -> bool:
    """Whether the service runs already: what it imports and reads at its start is no part of the path."""
    return any("run_async" in frame for frame in frames) and not any("importlib" in frame for frame in frames)


def _areas(samples: Mapping[tuple[str, ...], int]) -> Counter[str]:
    areas = Counter[str]()
    for stack, count in samples.items():
        areas[_area(reversed(stack))] += count
    return areas


def _area(frames: Iterable[str]) -> str:
    for frame in frames:
        for area, places in AREAS.items():
            if any(place in frame for place in places):
                return area
    return "event loop and the rest"
