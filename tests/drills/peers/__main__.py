"""`python -m tests.drills.peers --python <theirs>`: the same faults for Ciclo and three peers, at once.

Four systems do the same unit of work on one PostgreSQL server (one row of state and one output for every job
that is offered), each with its own database, its own worker process under a supervisor, at the same rate. The
same fault befalls all of them at the same instant. docs/drills/peers.{md,json} get the result.
"""

import argparse
import asyncio
import platform
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import time
from urllib.parse import urlsplit

import asyncpg

from tests.drills.peers.faults import CONNECTION_LIMIT, FAULTS, Ground
from tests.drills.peers.report import Cell, write
from tests.drills.peers.systems import ROOT, SYSTEMS, WORKERS, Running
from tests.drills.recovery import Round, recovery
from tests.drills.servers import OwnServers, own_servers

RATE = 10.0
WINDOW_S = 15.0
ROUNDS = 3
RECOVER_S, WARM_S = 20.0, 120.0
LOOK_S, STEADY = 3.0, 0.8
SETTLE_S = 120.0
DOUBLED = (
    "SELECT coalesce(sum(n - 1), 0)::bigint FROM (SELECT count(*) AS n FROM {table} GROUP BY {by}) AS each"
)


def say(text: str) -> None:
    """Progress."""
    print(text, flush=True)


async def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills.peers", description=__doc__)
    parser.add_argument(
        "--python", type=Path, required=True, help="the interpreter of the peers' environment"
    )
    parser.add_argument("--only", help="faults, with commas between them")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    chosen = given.only.split(",") if given.only else list(FAULTS)
    folder = ROOT / ".ciclo" / "drills" / "peers"
    shutil.rmtree(folder, ignore_errors=True)
    python = given.python.absolute()
    async with own_servers(folder, say) as servers, _ground(servers, python, folder) as ground:
        cells = [cell for name in chosen for cell in await _play(ground, name, given.rounds)]
        ends = await _settled(ground)
    versions = _versions(python)
    write(ROOT / "docs" / "drills", cells, ends, versions, rounds=given.rounds, rate=RATE, window=WINDOW_S)
    say((ROOT / "docs" / "drills" / "peers.md").read_text())
    return 0


@asynccontextmanager
async def _ground(servers: OwnServers, python: Path, folder: Path) -> AsyncIterator[Ground]:
    """Databases of a plain role, and every system at work on its own."""
    password = secrets.token_urlsafe(16)
    admin = await asyncpg.connect(servers.direct.postgres, timeout=10)
    await admin.execute(f"CREATE ROLE peer LOGIN PASSWORD '{password}'")
    urls, databases, systems = [], [], []
    for system in SYSTEMS:
        name = f"peer_{system.name.replace('-', '_')}"
        await admin.execute(f'CREATE DATABASE "{name}" OWNER peer CONNECTION LIMIT {CONNECTION_LIMIT}')
        url = f"postgresql://peer:{password}@{urlsplit(servers.direct.postgres).netloc.rpartition('@')[2]}/{name}"
        connection = await asyncpg.connect(url, timeout=10)
        await connection.execute("CREATE TABLE done (job bigint, at timestamptz DEFAULT clock_timestamp())")
        await connection.close()
        environment = {
            "PEER_DATABASE": url,
            "PEER_RATE": str(RATE),
            "PEER_FIRST": "0",
            "PEER_KAFKA": servers.direct.kafka,
            "PEER_PREFIX": "peers.",
            "PYTHONPATH": str(ROOT if system.is_ours else WORKERS),
        }
        systems.append(Running(system, python, environment, folder / f"{system.name}.log"))
        urls.append(url)
        databases.append(name)
    await admin.close()
    ground = Ground(servers, systems, urls, databases)
    for each in systems:
        await each.prepare()
    try:
        await asyncio.gather(*(each.start() for each in systems))
        yield ground
    finally:
        await asyncio.gather(*(each.stop() for each in systems))


async def _play(ground: Ground, name: str, rounds: int) -> list[Cell]:
    played: list[Round] = []
    restarts = [0] * len(ground.systems)
    for number in range(rounds):
        await _fresh(ground)
        control = time()
        await asyncio.sleep(WINDOW_S)
        before = [system.restarts for system in ground.systems]
        began = time()
        await FAULTS[name](ground)
        after = time()
        await asyncio.sleep(WINDOW_S)
        restarts = [
            sum + system.restarts - known
            for sum, system, known in zip(restarts, ground.systems, before, strict=True)
        ]
        played.append(Round(control, after, WINDOW_S))
        say(f"{name} {number + 1}/{rounds}: fault of {after - began:.1f} s")
    cells = []
    for system, url, count in zip(ground.systems, ground.urls, restarts, strict=True):
        steps = [(row["at"].timestamp(), 1) for row in await _fetch(url, "SELECT at FROM done")]
        found = recovery(steps, played)
        cells.append(Cell(system.system.name, name, found, count))
        say(f"  {cells[-1]}")
    return cells


async def _fresh(ground: Ground) -> None:
    """Wait until each keeps up with what is offered; whose worker has not recovered gets a fresh one."""
    behind = list(ground.systems)
    for patience in (RECOVER_S, WARM_S):
        until = time() + patience
        while behind and time() < until:
            behind = await _behind(ground)
        if not behind:
            return
        await asyncio.gather(*(system.renew() for system in behind))
    say(f"  does not keep up, on this machine: {', '.join(system.system.name for system in behind)}")


async def _behind(ground: Ground) -> list[Running]:
    """Who did less in three seconds than is offered in them, or has more waiting than comes in one."""
    before = [await _done(url) for url in ground.urls]
    await asyncio.sleep(LOOK_S)
    behind = []
    for system, url, known in zip(ground.systems, ground.urls, before, strict=True):
        done = await _done(url)
        if done - known < STEADY * RATE * LOOK_S or len(system.accepted) - done > RATE:
            behind.append(system)
    return behind


async def _settled(ground: Ground) -> dict[str, dict[str, int]]:
    """No more jobs are offered; what was never done, and what was done twice, after two minutes at most."""
    await asyncio.gather(*(system.stop_offering() for system in ground.systems))
    until = time() + SETTLE_S
    while time() < until:
        missing = [
            len(set(system.accepted) - {row["job"] for row in await _fetch(url, "SELECT job FROM done")})
            for system, url in zip(ground.systems, ground.urls, strict=True)
        ]
        if not any(missing):
            break
        await asyncio.sleep(2)
    ends = {}
    for system, url, lost in zip(ground.systems, ground.urls, missing, strict=True):
        table, by = ("events", "causation") if system.system.is_ours else ("done", "job")
        doubled = (await _fetch(url, DOUBLED.format(table=table, by=by)))[0][0]
        ends[system.system.name] = {"accepted": len(system.accepted), "lost": lost, "doubled": doubled}
    return ends


async def _done(url: str) -> int:
    found: int = (await _fetch(url, "SELECT count(DISTINCT job) FROM done"))[0][0]
    return found


async def _fetch(url: str, question: str) -> Sequence[asyncpg.Record]:
    for _ in range(20):
        try:
            connection = await asyncpg.connect(url, timeout=5)
        except (asyncpg.PostgresError, OSError, TimeoutError):
            await asyncio.sleep(0.5)
            continue
        try:
            rows: Sequence[asyncpg.Record] = await connection.fetch(question)
            return rows
        finally:
            await connection.close(timeout=5)
    raise TimeoutError("the database does not answer")


def _versions(python: Path) -> dict[str, str]:
    names = [system.name for system in SYSTEMS if not system.is_ours]
    code = f"import importlib.metadata as m; print(*(m.version(n) for n in {names!r}))"
    said = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=ROOT
    ).stdout.strip()
    return {"ciclo": commit, **dict(zip(names, said, strict=True)), "python": platform.python_version()}


if __name__ == "__main__":
    # SIGTERM ends everything in order, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(asyncio.run(main()))
