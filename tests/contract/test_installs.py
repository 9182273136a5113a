"""Each service can be installed alone, from wheels, and brings all it needs and no other service."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.services import ROOT, SERVICES

pytestmark = pytest.mark.integration

LOCK = ROOT / "requirements.lock"
NOT_IN_WHEELS = {"pyproject.toml", "README.md"}
LOOK = """
import importlib, importlib.metadata, importlib.util, json, sys
from pathlib import Path
app = importlib.import_module(f"services.{sys.argv[1]}.app")
from ciclo_schemas.topics import load_topics
services = next(iter(importlib.import_module("services").__path__))
print(json.dumps({
    "services": sorted(p.name for p in Path(services).iterdir() if p.is_dir()),
    "files": sorted(str(p.relative_to(services)) for p in Path(services).rglob("*") if p.is_file()),
    "topics": sorted(load_topics()),
    "builds": callable(app.build_app),
    "versions": {d.name.lower().replace("_", "-"): d.version for d in importlib.metadata.distributions()},
}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; without the source checkout on its path."""
    environment = {
        name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}
    }
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=110
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def uv() -> str:
    found = shutil.which(
        "uv", path=os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ.get("PATH", "")])
    )
    assert found, "uv is needed to build the wheels: make setup installs it"
    return found


@pytest.fixture(scope="module")
def wheels(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels of all six distributions."""
    folder = tmp_path_factory.mktemp("wheels")
    run(uv, "build", "--quiet", "--wheel", "--all-packages", "--out-dir", folder, cwd=ROOT)
    assert len(list(folder.glob("ciclo_*.whl"))) == 6
    return folder


def sources(package: str) -> set[str]:
    """The files of a package that belong into its wheel."""
    folder = ROOT / "services" / package
    files = {str(file.relative_to(folder.parent)) for file in folder.rglob("*") if file.is_file()}
    return {file for file in files if "__pycache__" not in file and Path(file).name not in NOT_IN_WHEELS}


def locked() -> dict[str, str]:
    """The version of every distribution in requirements.lock."""
    pins = (line.split(";")[0].strip(" \\") for line in LOCK.read_text().splitlines() if "==" in line[:80])
    return {
        name.partition("[")[0].strip(): version.strip()
        for name, _, version in (p.partition("==") for p in pins)
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_installed_alone_has_all_it_needs_and_no_other_service(
    service: str, uv: str, wheels: Path, tmp_path: Path
) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    run(uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv", cwd=tmp_path)
    into = (uv, "pip", "install", "--quiet", "--python", python, "--find-links", wheels, "--constraint", LOCK)
    run(*into, f"ciclo-{service}", cwd=tmp_path)
    installed = json.loads(run(python, "-P", "-c", LOOK, service, cwd=tmp_path))
    files = {file for file in installed["files"] if "__pycache__" not in file}
    assert installed["builds"]
    assert installed["services"] == sorted(["chassis", service])
    assert files == sources("chassis") | sources(service)
    assert [file for file in files if file.startswith(f"{service}/migrations/") and file.endswith(".sql")]
    assert "ciclo.cases.v1" in installed["topics"]
    pins = locked()
    others = {
        name: version for name, version in installed["versions"].items() if not name.startswith("ciclo-")
    }
    assert others == {name: pins[name] for name in others}


def test_other_teams_can_install_the_schemas_with_pydantic_alone(
    uv: str, wheels: Path, tmp_path: Path
) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    run(uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv", cwd=tmp_path)
    wheel = next(wheels.glob("ciclo_schemas-*.whl"))
    run(uv, "pip", "install", "--quiet", "--python", python, "--constraint", LOCK, wheel, cwd=tmp_path)
    look = "import sys; from ciclo_schemas.registry import EVENTS; print(len(EVENTS), 'yaml' in sys.modules)"
    events, yaml_loaded = run(python, "-P", "-c", look, cwd=tmp_path).split()
    assert int(events) >= 30
    assert yaml_loaded == "False"
    listed = json.loads(run(uv, "pip", "list", "--python", python, "--format", "json", cwd=tmp_path))
    names = {each["name"] for each in listed}
    assert {"ciclo-schemas", "pydantic", "pydantic-core"} <= names
    assert not names & {"aiokafka", "pyyaml", "fastapi", "asyncpg"}
