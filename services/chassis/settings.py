"""What every service is told from outside, by environment variables with the service's prefix."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from services.chassis.key_store import parts_of

S = TypeVar("S", bound=BaseSettings)


class BadSettings(Exception):
    """Settings, or data files they name, are missing or invalid; the message names what and where."""


def _database_url(url: SecretStr) -> SecretStr:
    expected = "expected postgresql://user:password@host:port/database"
    try:
        parts = urlsplit(url.get_secret_value())
        parts.port  # noqa: B018 - raises when it is not a number
    except ValueError:
        raise ValueError(expected) from None
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise ValueError(expected)
    return url


def _bootstrap(servers: str) -> str:
    for server in servers.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not port.isdecimal():
            raise ValueError("expected host:port, or several with commas between them")
    return servers


def _api_key(key: SecretStr) -> SecretStr:
    if parts_of(key.get_secret_value()) is None:
        raise ValueError("expected a key ck_<id>_<secret>, as `keys create` of that service prints it")
    return key


DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
ApiKeySetting = Annotated[SecretStr, AfterValidator(_api_key)]
"""The key that a service shows at the doors of another."""
HttpPort = Annotated[
    int, Field(ge=0, le=65535, description="TCP port of the service's API; 0 takes a free one")
]
AdminPort = Annotated[
    int, Field(ge=0, le=65535, description="TCP port of /livez, /readyz and /metrics; 0 takes a free one")
]


class ServiceSettings(BaseSettings):
    """The settings that all services share. A service derives its own class, with its prefix."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: DatabaseUrl = Field(
        description="The service's own database: postgresql://user:password@host:port/database"
    )
    kafka: Annotated[str, AfterValidator(_bootstrap)] = Field(
        "127.0.0.1:9092", description="Kafka's bootstrap servers: host:port, commas between several"
    )
    http_host: str = Field("127.0.0.1", min_length=1, description="Address on which both ports listen")
    http_port: HttpPort
    admin_port: AdminPort
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Proxies whose X-Forwarded-For is believed: addresses or networks, with commas",
    )
    stranger_per_second: float = Field(
        50, gt=0, description="Requests a second of one address without a valid key (ten times that at once)"
    )
    holder_per_second: float = Field(
        200, gt=0, description="Requests a second of one holder of a key (ten times that at once)"
    )
    batch_size: int = Field(500, ge=1, le=5000, description="Records of Kafka in one transaction, at most")
    shutdown_seconds: float = Field(
        20, gt=0, le=600, description="Seconds from SIGTERM to the end; what is not finished then is cut off"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least level logged"
    )


def load(settings: type[S]) -> S:
    """The settings of this process. Raises BadSettings, which never shows a value."""
    try:
        return settings()
    except ValidationError as error:
        problems = [
            _problem(settings, details["loc"], details) for details in error.errors(include_url=False)
        ]
    except SettingsError as error:
        # Its message names the field; the value is in the cause, which is not shown.
        named = [name for name in settings.model_fields if f'"{name}"' in str(error)]
        problems = [f"{variable(settings, name)}: expected JSON" for name in named] or [str(error)]
    raise BadSettings("invalid settings:\n" + "\n".join(f"  {problem}" for problem in problems))


def describe(settings: type[BaseSettings]) -> str:
    """The table of settings: each variable with its default (or `required`) and what it means."""
    rows = [
        (variable(settings, name), _default(field), field.description or "")
        for name, field in settings.model_fields.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {meaning}" for name, value, meaning in rows)


def variable(settings: type[BaseSettings], field: str) -> str:
    """The environment variable of a field: `WARRANTY_HTTP_PORT`, or the one that its alias names."""
    described = settings.model_fields.get(field)
    if described is None:
        return field
    if isinstance(described.validation_alias, str):
        return described.validation_alias
    return (settings.model_config.get("env_prefix", "") + field).upper()


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=False)
    return "(a secret)" if isinstance(value, SecretStr) else str(value)


def _problem(settings: type[BaseSettings], location: Sequence[int | str], details: Any) -> str:
    if not location:
        return str(details["msg"]).removeprefix("Value error, ")
    name = variable(settings, str(location[0]))
    inner = "".join(f" > {part}" for part in location[1:])
    if details["type"] == "missing":
        field = settings.model_fields.get(str(location[0]))
        meaning = f": {field.description}" if field is not None and field.description else ""
        return f"{name}{inner} is missing{meaning}"
    message = str(details["msg"]).removeprefix("Value error, ")
    return f"{name}{inner}: {message[:1].lower()}{message[1:]}"
