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


class IntakeSettings(ServiceSettings):
    """The secret behind tracking keys, and the address under which customers find their case."""

    model_config = SettingsConfigDict(env_prefix="INTAKE_", frozen=True)

    tracking_secret: Annotated[SecretStr, AfterValidator(_long)] = Field(
        description="Secret from which tracking keys are derived (32 random characters or more); a new one "
        "makes all earlier keys invalid"
    )
    public_url: Annotated[str, AfterValidator(_web_address)] = Field(
        "http://127.0.0.1:8001", description="Address under which customers reach this API"
    )
