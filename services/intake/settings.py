"""What can be set from outside, by environment variables `INTAKE_...`."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.chassis.settings import ServiceSettings

_SECRET_CHARACTERS = 32


def _long(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < _SECRET_CHARACTERS:
        raise ValueError(f"expected at least {_SECRET_CHARACTERS} random characters")
    return secret


def _web_address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("expected an address that starts with http:// or https://")
    return text.rstrip("/")


def _trace_address(text: str) -> str:
    if text and "{trace_id}" not in _web_address(text):
        raise ValueError("expected an address with {trace_id} where the id of a trace belongs, or nothing")
    return text


class IntakeSettings(ServiceSettings):
    """The secret behind tracking keys, where customers find their case, and where operators find traces."""

    model_config = SettingsConfigDict(env_prefix="INTAKE_", frozen=True, populate_by_name=True)

    tracking_secret: Annotated[SecretStr, AfterValidator(_long)] = Field(
        description="Secret from which tracking keys are derived (32 random characters or more); a new one "
        "makes all earlier keys invalid"
    )
    trace_url: Annotated[str, AfterValidator(_trace_address)] = Field(
        "",
        validation_alias="CICLO_TRACE_URL",
        description="Address of a trace in your back end, {trace_id} standing for its id; without one, the "
        "story of a case leads to no traces",
    )
    public_url: Annotated[str, AfterValidator(_web_address)] = Field(
        "http://127.0.0.1:8001", description="Address under which customers reach this API"
    )
