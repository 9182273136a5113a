"""`ciclo-reconcile` beside the services of a world, as an operator runs it."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from deploy.embedded.ports import HOST, free_port
from tests.benchmarks.ground import ROOT
from tests.drills.contents import Wrong
from tests.drills.world import World

PATIENCE_S = 60.0
MARGIN_S = 180.0
METRIC = "ciclo_reconcile_missing_events"


async def reconcile(world: World, *options: str, expect: int) -> str:
    """What it says about all four services. Raises Wrong if its exit code is another one."""
    process = await _begin(world, *options, "--patience", str(PATIENCE_S), out=PIPE)
    async with asyncio.timeout(MARGIN_S):
        out, _ = await process.communicate()
    said = out.decode()
    if process.returncode != expect:
        raise Wrong(
            f"ciclo-reconcile {options} ended with {process.returncode}, not {expect}:\n{said[-1500:]}"
        )
    return said


class Watch:
    """`ciclo-reconcile --watch`, with its metrics."""

    def __init__(self, port: int) -> None:
        self._url = f"http://{HOST}:{port}/metrics"

    async def until_missing(self, count: int) -> None:
        """Wait until that is what it shows. Raises Wrong with what it shows instead."""
        shown = "nothing"
        with suppress(TimeoutError):
            async with asyncio.timeout(MARGIN_S), httpx.AsyncClient(timeout=5) as client:
                while shown != f"{float(count)}":
                    await asyncio.sleep(0.2)
                    with suppress(httpx.HTTPError):
                        lines = (await client.get(self._url)).text.splitlines()
                        shown = next(line.split()[1] for line in lines if line.startswith(METRIC + " "))
                return
        raise Wrong(f"{METRIC} is {shown}, not {count}")


@asynccontextmanager
async def watching(world: World) -> AsyncIterator[Watch]:
    """It looks every second while the block lasts."""
    port = free_port()
    process = await _begin(world, "--watch", "1", "--port", str(port), out=DEVNULL)
    try:
        yield Watch(port)
    finally:
        process.terminate()
        await process.wait()


async def _begin(world: World, *options: str, out: int) -> Process:
    keys = [
        f"{name}={await world.services.key(name, 'service/reconcile', 'operations:reemit')}"
        for name in world.services.each
    ]
    urls = [service.admin_url for service in world.services.each.values()]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.chassis.reconcile", *urls, *options),
        stdout=out,
        stderr=STDOUT,
        cwd=ROOT,
        env={**os.environ, "CICLO_RECONCILE_KEYS": ",".join(keys)},
    )
