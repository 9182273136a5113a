import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded import Servers
from services.chassis.migrate import MigrationFailed, expected, migrate
from tests.support.databases import in_database


@pytest.fixture
async def absent(servers: Servers) -> AsyncIterator[str]:
    name = f"ciclo_test_{secrets.token_hex(6)}"
    yield in_database(servers.postgres, name)
    admin = await asyncpg.connect(servers.postgres)
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.close()


async def test_migrating_creates_the_database_and_migrating_again_changes_nothing(absent: str) -> None:
    assert "Applied" in migrate("chassis", absent)
    assert migrate("chassis", absent) == "nothing to do"
    connection = await asyncpg.connect(absent)
    applied = {row["version"] for row in await connection.fetch("SELECT version FROM schema_migrations")}
    await connection.close()
    assert applied == expected("chassis")


def test_a_failing_migration_is_named_with_its_reason(
    absent: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "20300101000000_break_everything.sql").write_text(
        "-- migrate:up\nSELECT no_such_column;\n-- migrate:down\n"
    )
    monkeypatch.setattr("services.chassis.migrate.folders", lambda _service: [tmp_path])
    with pytest.raises(MigrationFailed, match=r"(?s)20300101000000_break_everything.*no_such_column"):
        migrate("chassis", absent)


def test_a_migration_out_of_order_is_refused(
    absent: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("services.chassis.migrate.folders", lambda _service: [tmp_path])
    (tmp_path / "20300101000000_create_one.sql").write_text(
        "-- migrate:up\nCREATE TABLE one ();\n-- migrate:down\n"
    )
    migrate("chassis", absent)
    (tmp_path / "20200101000000_create_two.sql").write_text(
        "-- migrate:up\nCREATE TABLE two ();\n-- migrate:down\n"
    )
    with pytest.raises(MigrationFailed, match="out of order"):
        migrate("chassis", absent)


def test_a_wrong_password_is_said_without_showing_it(servers: Servers) -> None:
    wrong = servers.postgres.replace(servers.postgres.split(":")[2].split("@")[0], "not-the-password")
    with pytest.raises(MigrationFailed, match="password authentication failed") as failed:
        migrate("chassis", wrong)
    assert "not-the-password" not in str(failed.value)
