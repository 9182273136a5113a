import asyncio
import os
import secrets
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

import asyncpg
import pytest

from deploy.embedded import Servers
from tests.support.databases import in_database

SETTINGS = {
    "CHASSIS_HTTP_PORT": "0",
    "CHASSIS_ADMIN_PORT": "0",
    "CHASSIS_DATABASE_URL": "postgresql://ciclo:s3cret@127.0.0.1:1/ciclo",
}


async def _begin(*arguments: str, program: str = "tests.support.probe", **settings: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        program,
        *arguments,
        stdout=PIPE,
        stderr=PIPE,
        env=os.environ | SETTINGS | settings,
    )


async def _called(*arguments: str, **settings: str) -> tuple[int | None, str, str]:
    process = await _begin(*arguments, **settings)
    async with asyncio.timeout(60):
        out, errors = await process.communicate()
    return process.returncode, out.decode(), errors.decode()


@pytest.fixture
async def absent(servers: Servers) -> AsyncIterator[str]:
    name = f"ciclo_test_{secrets.token_hex(6)}"
    yield in_database(servers.postgres, name)
    admin = await asyncpg.connect(servers.postgres)
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.close()


async def test_help_shows_the_subcommands_every_setting_and_the_exit_codes() -> None:
    code, out, _ = await _called("--help")
    assert code == 0
    for word in ("run", "migrate", "CHASSIS_DATABASE_URL", "CHASSIS_SHUTDOWN_SECONDS", "exit codes:"):
        assert word in out


async def test_an_invalid_setting_stops_the_start_with_its_name_and_what_was_expected() -> None:
    code, out, errors = await _called(CHASSIS_HTTP_PORT="http", CHASSIS_DATABASE_URL="mysql://x:s3cret@db/x")
    assert (code, out) == (2, "")
    assert "CHASSIS_HTTP_PORT: input should be a valid integer" in errors
    assert "CHASSIS_DATABASE_URL: expected postgresql://user:password@host:port/database" in errors
    assert "s3cret" not in errors
    assert "Traceback" not in errors


async def test_an_unknown_subcommand_is_a_usage_error() -> None:
    assert (await _called("dance"))[0] == 2


async def test_migrate_prepares_a_database_and_can_be_repeated(absent: str) -> None:
    first = await _called("migrate", CHASSIS_DATABASE_URL=absent)
    again = await _called("migrate", CHASSIS_DATABASE_URL=absent)
    assert (first[0], again[0]) == (0, 0)
    assert "20261121000000_create_engine.sql" in first[1]
    assert again[1] == "nothing to do\n"


async def test_migrate_says_why_it_failed_without_the_password() -> None:
    code, _, errors = await _called("migrate")
    assert code == 1
    assert "connection refused" in errors
    assert "s3cret" not in errors


async def test_replicas_that_migrate_at_the_same_time_all_succeed(absent: str) -> None:
    admin = await asyncpg.connect(absent.rpartition("/")[0] + "/postgres")
    await admin.execute(f'CREATE DATABASE "{absent.rpartition("/")[2]}"')
    await admin.close()
    results = await asyncio.gather(*(_called("migrate", CHASSIS_DATABASE_URL=absent) for _ in range(3)))
    assert [code for code, _, _ in results] == [0, 0, 0]


async def test_operators_work_on_a_services_database_from_its_command_line(absent: str) -> None:
    await _called("migrate", CHASSIS_DATABASE_URL=absent)
    for arguments, printed in (
        (("deadletters", "ls"), "there are no dead letters\n"),
        (("epoch",), "epoch 1\n"),
        (("epoch", "--next", "--by", "ana", "--reason", "restored"), "epoch 2; restart every replica now\n"),
    ):
        assert await _called(*arguments, CHASSIS_DATABASE_URL=absent) == (0, printed, "")


async def test_an_operator_makes_lists_and_revokes_keys(absent: str) -> None:
    await _called("migrate", CHASSIS_DATABASE_URL=absent)
    wanted = ("--holder", "agent/agent-03", "--scope", "counters:read", "--days", "30", "--by", "ana")
    code, key, told = await _called("keys", "create", *wanted, CHASSIS_DATABASE_URL=absent)
    assert code == 0
    _, number, secret = key.strip().split("_", 2)
    assert "cannot be shown again" in told
    assert secret not in told
    _, listed, _ = await _called("keys", "ls", CHASSIS_DATABASE_URL=absent)
    for word in ("agent/agent-03", "counters:read", "ana", number):
        assert word in listed
    assert secret not in listed
    for expected in ((0, f"{number}: revoked\n"), (1, f"{number}: no such key, or revoked already\n")):
        assert (await _called("keys", "revoke", number, CHASSIS_DATABASE_URL=absent))[:2] == expected
    burn = (*wanted[:3], "counters:burn")
    code, out, told = await _called("keys", "create", *burn, CHASSIS_DATABASE_URL=absent)
    assert (code, out) == (2, "")
    assert "this service has counters:read" in told


async def test_an_operator_hears_when_the_database_is_away() -> None:
    code, out, errors = await _called("deadletters", "ls")
    assert (code, out) == (1, "")
    assert "the database does not answer" in errors
    assert "Traceback" not in errors


async def test_a_task_that_ignores_its_cancellation_does_not_keep_the_process() -> None:
    process = await _begin(program="tests.support.stubborn")
    assert process.stdout is not None
    assert (await process.stdout.readline()) == b"ready\n"
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert b"tasks left behind" in out
    assert b"stubborn" in out
