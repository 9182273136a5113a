"""`python -m deploy.embedded.lock`: resolve jgo.toml anew and write jgo.lock.toml (review what changed)."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from jgo.env import EnvironmentBuilder, EnvironmentSpec, LockFile

from deploy.embedded.jars import HERE, LOCK_FILE, context

SPEC_FILE = HERE / "jgo.toml"


def main() -> None:
    """Fetch everything that jgo.toml asks for into an empty cache, and lock versions and sha256 sums."""
    spec = EnvironmentSpec.load(SPEC_FILE)
    with tempfile.TemporaryDirectory() as cache:
        maven = context(Path(cache))
        asked = EnvironmentBuilder(maven, Path(cache)).spec_to_dependencies(spec)
        inputs, transitive = maven.resolver.resolve(asked)
        needed = inputs + [one for one in transitive if one.scope in {"compile", "runtime"}]
        # jgo's own mark of which jgo.toml a lock belongs to.
        mark = hashlib.sha256(SPEC_FILE.read_bytes()).hexdigest()[:16]
        lock = LockFile.from_resolved_dependencies(needed, environment_name=spec.name, spec_hash=mark)
    lock.save(LOCK_FILE)
    print(f"{LOCK_FILE.name}: {len(lock.dependencies)} jars locked")


if __name__ == "__main__":
    main()
