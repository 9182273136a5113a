"""Chromium for tests: the machine's own, else Debian's package where that can be installed."""

import os
import shutil
import subprocess

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGE = "chromium"


def chromium() -> str:
    """The path of a Chromium. Without any, a test fails under CI and is skipped elsewhere."""
    found = _on_path()
    if found is None:
        why = f"no Chromium: install your system's package '{_PACKAGE}' (looked for {', '.join(_NAMES)})"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return found


def install_chromium() -> None:
    """Install Debian's package, if there is no Chromium, this is root and apt-get is here."""
    if _on_path() is None and os.geteuid() == 0 and shutil.which("apt-get") is not None:
        _install()


def _on_path() -> str | None:
    return next((path for path in map(shutil.which, _NAMES) if path), None)


def _install() -> None:
    print(f"\ninstalling Debian's package '{_PACKAGE}' for the browser tests", flush=True)  # noqa: T201
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", _PACKAGE]):
        done = subprocess.run(
            ["apt-get", "-qq", *arguments],
            env=quiet,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        if done.returncode:
            print(f"apt-get {arguments[0]} failed: {done.stderr.strip()[-500:]}", flush=True)  # noqa: T201
