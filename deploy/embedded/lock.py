"""`python -m deploy.embedded.lock`: resolve jgo.toml anew and write jgo.lock.toml (review what changed)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from jgo.env import EnvironmentBuilder, EnvironmentSpec, LockFile
from jgo.env._lockfile import compute_spec_hash

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
        lock = LockFile.from_resolved_dependencies(
            needed, environment_name=spec.name, spec_hash=compute_spec_hash(SPEC_FILE)
        )
    lock.save(LOCK_FILE)
    print(f"{LOCK_FILE.name}: {len(lock.dependencies)} jars locked")


if __name__ == "__main__":
    main()
