"""Chromium for tests: the machine's own, else Debian's package where that can be installed."""

import os
import shutil
import subprocess
from functools import cache

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGE = "chromium"


@cache
def chromium() -> str:
    """The path of a Chromium.

    Installs Debian's package as root where apt-get is. Without any, a test fails under CI and is skipped
    elsewhere.
    """
    found = _on_path() or _installed()
    if found is None:
        why = f"no Chromium: install your system's package '{_PACKAGE}' (looked for {', '.join(_NAMES)})"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return found


def _on_path() -> str | None:
    return next((path for path in map(shutil.which, _NAMES) if path), None)


def _installed() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    print(f"installing Debian's package '{_PACKAGE}' for the browser tests")  # noqa: T201 - said aloud
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", _PACKAGE]):
        done = subprocess.run(
            ["apt-get", "-qq", *arguments],
            env=quiet,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        if done.returncode:
            print(f"apt-get {arguments[0]} failed: {done.stderr.strip()[-500:]}")  # noqa: T201
    return _on_path()
