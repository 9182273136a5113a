"""What routing is told from outside: its settings, and the house's data files, validated at start."""

from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, Field, HttpUrl, ValidationError
from pydantic_settings import SettingsConfigDict

from services.chassis.settings import ApiKeySetting, ServiceSettings
from services.chassis.yaml_text import read_yaml
from services.routing.domain.charter import Charter, House
from services.routing.domain.keywords import KeywordClassifier
from services.routing.domain.lexicon import Keywords
from services.routing.domain.playbooks import Playbooks

HERE = Path(__file__).parent
M = TypeVar("M", bound=BaseModel)


class BadData(ValueError):
    """A data file that cannot be used; the message names the file and the field."""


def read_charter(file: Path) -> Charter:
    """The charter. Raises BadData."""
    return _read(file, Charter)


def read_playbooks(file: Path) -> Playbooks:
    """The playbooks. Raises BadData."""
    return _read(file, Playbooks)


def read_classifier(folder: Path) -> KeywordClassifier:
    """The keyword classifier with the keywords of every language in a folder. Raises BadData."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise BadData(f"{folder} holds no keyword file (*.yaml)")
    try:
        return KeywordClassifier([_read(file, Keywords) for file in files])
    except ValueError as error:
        raise error if isinstance(error, BadData) else BadData(f"{folder}: {error}") from error


def _usable_charter(file: Path) -> Path:
    read_charter(file)
    return file


def _usable_playbooks(file: Path) -> Path:
    read_playbooks(file)
    return file


def _usable_keywords(folder: Path) -> Path:
    read_classifier(folder)
    return folder


class RoutingSettings(ServiceSettings):
    """The settings of routing: environment variables that begin with `ROUTING_`."""

    model_config = SettingsConfigDict(env_prefix="ROUTING_", frozen=True)

    intake_url: HttpUrl = Field(description="Where intake's API listens: http://host:port")
    intake_key: ApiKeySetting = Field(description="API key for intake, with the scope texts:read")
    intake_timeout_seconds: float = Field(
        5, gt=0, le=60, description="How long a call to intake may take; afterwards it is tried again"
    )
    charter: Annotated[Path, AfterValidator(_usable_charter)] = Field(
        HERE / "charter.yaml", description="The house's promises and people, as a YAML file"
    )
    playbooks: Annotated[Path, AfterValidator(_usable_playbooks)] = Field(
        HERE / "playbooks.yaml", description="What the first line tries, step by step, as a YAML file"
    )
    keywords: Annotated[Path, AfterValidator(_usable_keywords)] = Field(
        HERE / "keywords", description="Folder with one keyword file (YAML) per language"
    )


def house_of(settings: RoutingSettings) -> House:
    """The house's charter and playbooks. Raises BadData."""
    return House(read_charter(settings.charter), read_playbooks(settings.playbooks))


def _read(file: Path, model: type[M]) -> M:
    try:
        return model.model_validate(read_yaml(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise BadData("; ".join(f"{file.name}: {problem}" for problem in _problems(error))) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadData(f"{file.name}: cannot be read as YAML ({type(error).__name__})") from error


def _problems(error: ValidationError) -> list[str]:
    return [
        ": ".join(
            filter(None, [".".join(map(str, one["loc"])), str(one["msg"]).removeprefix("Value error, ")])
        )
        for one in error.errors(include_url=False, include_input=False)
    ]
