"""What warranty is told from outside: its settings, and the laws and policies it decides by."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import SettingsConfigDict

from ciclo_schemas.values import Jurisdiction
from services.chassis.settings import ServiceSettings
from services.chassis.yaml_text import read_yaml
from services.warranty.domain.calendar import Calendars
from services.warranty.domain.credits import ServiceCreditPack
from services.warranty.domain.packs import HandPack, Pack, PaidRepairPack
from services.warranty.domain.policies import Policies

PACKS = Path(__file__).parent / "packs"
CALENDARS = "calendars.yaml"
PAID_REPAIRS = "paid-repairs"
SERVICE_CREDITS = "service-credit"
BY_HAND = "by-hand"

M = TypeVar("M", bound=BaseModel)


class BadPacks(ValueError):
    """Packs that cannot be used; the message names each file and field."""


def read_policies(folder: Path) -> Policies:
    """The packs of a folder: one YAML file for each version of a law or policy, and `calendars.yaml`.

    The terms of paid repairs lie in its folder `paid-repairs`, what the house gives for its own faults in
    `service-credit`, the terms of what a person decides in `by-hand`, if it has them.

    Raises BadPacks.
    """
    calendars = _read(folder / CALENDARS, _Calendars)
    files = sorted(path for path in folder.glob("*.yaml") if path.name != CALENDARS)
    if not files:
        raise BadPacks(f"{folder} holds no pack (*.yaml)")
    try:
        return Policies(
            packs=tuple(_read(path, Pack) for path in files),
            paid_repairs=_read_all(folder / PAID_REPAIRS, PaidRepairPack),
            service_credits=_read_all(folder / SERVICE_CREDITS, ServiceCreditPack),
            hand_packs=_read_all(folder / BY_HAND, HandPack),
            calendars=Calendars(zones=calendars.zones, elsewhere=calendars.elsewhere),
        )
    except ValueError as error:
        raise error if isinstance(error, BadPacks) else BadPacks(f"{folder}: {error}") from error


def _usable(folder: Path) -> Path:
    read_policies(folder)
    return folder


class WarrantySettings(ServiceSettings):
    """The settings of warranty: environment variables that begin with `WARRANTY_`."""

    model_config = SettingsConfigDict(env_prefix="WARRANTY_", frozen=True)

    packs: Annotated[Path, AfterValidator(_usable)] = Field(
        PACKS, description="Folder with the laws and policies that decide, as YAML files"
    )


class _Calendars(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    zones: dict[Jurisdiction, ZoneInfo]
    elsewhere: ZoneInfo


def _read_all(folder: Path, model: type[M]) -> tuple[M, ...]:
    return tuple(_read(path, model) for path in sorted(folder.glob("*.yaml")))


def _read(path: Path, model: type[M]) -> M:
    try:
        return model.model_validate(read_yaml(path.read_text("utf-8")))
    except ValidationError as error:
        raise BadPacks("; ".join(f"{path.name}: {problem}" for problem in _problems(error))) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadPacks(f"{path.name}: cannot be read as YAML ({type(error).__name__})") from error


def _problems(error: ValidationError) -> Iterator[str]:
    for details in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in details["loc"])
        message = str(details["msg"]).removeprefix("Value error, ")
        yield f"{field}: {message}" if field else message
