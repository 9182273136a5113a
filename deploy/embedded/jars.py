"""Kafka's jars: fetched once by jgo as jgo.lock.toml names them, each checked against its sha256 sum.

jgo itself accepts a file that differs from the lock, so the check is ours, and it is made at every start.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jgo.maven import MavenContext
from requests import RequestException

from deploy.embedded.errors import CannotStart

HERE = Path(__file__).parent
LOCK_FILE = HERE / "jgo.lock.toml"
# One cache for every data directory of this checkout: the demo and the tests fetch the jars only once.
CACHE = HERE.parents[1] / ".ciclo" / "jars"
MIRROR_SETTING = "CICLO_MAVEN_MIRROR"
ATTEMPTS = 3
RETRY_AFTER_S = 1.0
FETCHES_AT_ONCE = 4
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked jar: Maven coordinates and the sha256 sum of the file."""

    group: str
    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}-{self.version}.jar"

    def path(self, cache: Path) -> Path:
        """Where the jar lies in a Maven repository cache."""
        return cache.joinpath(*self.group.split("."), self.name, self.version, str(self))


def locked(lock_file: Path = LOCK_FILE) -> list[Jar]:
    """Return the jars of the lock file, in class path order."""
    rows = tomllib.loads(lock_file.read_text(encoding="utf-8"))["dependencies"]
    return [Jar(row["groupId"], row["artifactId"], row["version"], row["sha256"]) for row in rows]


def fetch(say: Callable[[str], None], *, jars: list[Jar] | None = None, cache: Path = CACHE) -> list[Path]:
    """Return the paths of all jars, after fetching what is missing and checking every sum.

    A jar of the cache that does not match (a broken off download) is fetched again. Raises CannotStart when a
    download is refused, when a fetched jar does not match its sum, and when the disk is full.
    """
    jars = locked() if jars is None else jars
    cache.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(cache / ".lock"):
        missing = [jar for jar in jars if not _is_intact(jar, cache)]
        if missing:
            _fetch_all(missing, cache, say, total=len(jars))
    return [jar.path(cache) for jar in jars]


def verify(jar: Jar, cache: Path) -> None:
    """Check a fetched jar against the lock; a jar that differs is removed and CannotStart names it."""
    found = _sum(jar.path(cache))
    if found == jar.sha256:
        return
    jar.path(cache).unlink()
    raise CannotStart(
        f"{jar} is not the file that was locked: its sha256 is {found}, the lock says {jar.sha256}.",
        "something between the repository and this machine changes files (a proxy, a mirror): do not use it. "
        "If the change is meant, write the lock anew with `python -m deploy.embedded.lock` and review it.",
    )


def context(cache: Path) -> MavenContext:
    """Return jgo's view of Maven: its own default repository, or the mirror that CICLO_MAVEN_MIRROR names."""
    mirror = os.environ.get(MIRROR_SETTING, "").strip().rstrip("/")
    return MavenContext(
        repo_cache=cache,
        local_repos=[],
        remote_repos={"mirror": mirror} if mirror else None,
        timeout=TIMEOUT_S,
    )


def _fetch_all(missing: list[Jar], cache: Path, say: Callable[[str], None], *, total: int) -> None:
    done = total - len(missing)
    say(f"Kafka: fetching {len(missing)} of {total} jars (once, about 50 MB in all)")
    maven = context(cache)
    with ThreadPoolExecutor(FETCHES_AT_ONCE) as pool:
        try:
            for jar in pool.map(lambda jar: _fetch(jar, maven, cache), missing):
                done += 1
                if done % 5 == 0 or done == total:
                    say(f"Kafka: {done} of {total} jars are here ({jar})")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _fetch(jar: Jar, maven: MavenContext, cache: Path) -> Jar:
    artifact = maven.project(jar.group, jar.name).at_version(jar.version).artifact()
    for attempt in range(1, ATTEMPTS + 1):
        jar.path(cache).unlink(missing_ok=True)
        try:
            artifact.resolve()
            break
        # jgo raises RuntimeError when no repository has the file, and lets pass what requests raises.
        except (RequestException, RuntimeError, OSError) as error:
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise
            if attempt == ATTEMPTS:
                raise _refused(jar, error) from error
            time.sleep(attempt * RETRY_AFTER_S)
    verify(jar, cache)
    return jar


def _refused(jar: Jar, error: Exception) -> CannotStart:
    return CannotStart(
        f"{jar} could not be fetched ({type(error).__name__}: {error}).",
        "check the network (behind a proxy set HTTPS_PROXY, and REQUESTS_CA_BUNDLE for its certificate), or "
        f"set {MIRROR_SETTING} to the address of a Maven mirror that you can reach; then start again: what "
        "is already here is kept. Or use a Kafka of your own: set CICLO_KAFKA to its bootstrap servers.",
    )


def _is_intact(jar: Jar, cache: Path) -> bool:
    return jar.path(cache).is_file() and _sum(jar.path(cache)) == jar.sha256


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _one_at_a_time(lock_file: Path) -> Iterator[None]:
    """Let a second start wait for the jars that a first one is fetching."""
    with lock_file.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
