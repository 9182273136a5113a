"""The drills' proxy spoils connections exactly as it says."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest

from deploy.embedded.ports import HOST, free_port
from tests.drills.proxy import Proxy

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """A proxy before a server that answers every line with the same line."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(line)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(echo, HOST, 0, limit=8 * 1024 * 1024)
    proxy = Proxy(free_port(), server.sockets[0].getsockname()[1])
    await proxy.start()
    yield proxy
    await proxy.stop()
    server.close()


@asynccontextmanager
async def line(proxy: Proxy) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection(HOST, proxy.port, limit=8 * 1024 * 1024)
    try:
        yield reader, writer
    finally:
        writer.close()


async def said(to: Line, text: bytes = b"hello\n", seconds: float = 5) -> bytes:
    to[1].write(text)
    return await asyncio.wait_for(to[0].readline(), seconds)


async def is_dead(to: Line) -> bool:
    try:
        return not await said(to) or not await said(to)
    except ConnectionError:
        return True


async def test_a_healthy_line_carries_everything_however_much(proxy: Proxy) -> None:
    much = b"x" * (4 * 1024 * 1024) + b"\n"
    async with line(proxy) as one:
        assert await said(one) == b"hello\n"
        assert await said(one, much) == much


async def test_a_cut_ends_connections_and_refuses_new_ones_until_it_is_healed(proxy: Proxy) -> None:
    async with line(proxy) as one:
        await said(one)
        await proxy.cut()
        assert await is_dead(one)
        with pytest.raises(ConnectionError):
            await asyncio.open_connection(HOST, proxy.port)
    await proxy.heal()
    async with line(proxy) as one:
        assert await said(one) == b"hello\n"


async def test_in_silence_connections_stand_and_nothing_passes_then_all_arrives_late(proxy: Proxy) -> None:
    async with line(proxy) as one:
        await said(one)
        proxy.silence()
        with pytest.raises(TimeoutError):
            await said(one, b"late\n", seconds=0.2)
        async with line(proxy) as another:
            another[1].write(b"also late\n")
            await proxy.heal()
            assert await asyncio.wait_for(another[0].readline(), 5) == b"also late\n"
        assert await asyncio.wait_for(one[0].readline(), 5) == b"late\n"


async def test_who_leaves_in_silence_is_missed_only_when_it_is_over(proxy: Proxy) -> None:
    async with line(proxy) as one:
        await said(one)
        proxy.silence()
    await asyncio.sleep(0.05)
    await proxy.heal()
    async with asyncio.timeout(5):
        while proxy._ends:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)


async def test_delay_and_a_narrow_line_take_their_time_and_keep_the_order(proxy: Proxy) -> None:
    async with line(proxy) as one:
        proxy.slow(0.1)
        began = time.monotonic()
        for number in range(50):
            one[1].write(b"%d\n" % number)
        got = [await asyncio.wait_for(one[0].readline(), 5) for _ in range(50)]
        assert got == [b"%d\n" % number for number in range(50)]
        assert time.monotonic() - began >= 0.2
        proxy.slow(0, bytes_per_second=100_000)
        began = time.monotonic()
        assert len(await said(one, b"x" * 20_000 + b"\n")) == 20_001
        assert time.monotonic() - began >= 0.2


async def test_resets_hit_their_share(proxy: Proxy) -> None:
    async with line(proxy) as one:
        await said(one)
        dice = Random(1)  # noqa: S311 - a test's dice
        assert proxy.reset_some(dice, 0) == 0
        assert await said(one) == b"hello\n"
        assert proxy.reset_some(dice, 1) == 1
        assert await is_dead(one)
