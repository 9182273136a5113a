"""What can be set from outside, by environment variables `NOTIFICATIONS_...`."""

from email.headerregistry import Address
from email.utils import parseaddr
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.chassis.settings import ApiKeySetting, ServiceSettings


def _sender(text: str) -> str:
    name, address = parseaddr(text)
    Address(display_name=name, addr_spec=address)
    if "@" not in address:
        raise ValueError("an address such as 'Customer care <care@example.com>' is expected")
    return text


def _web_address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("an address that starts with http:// or https:// is expected")
    return text.rstrip("/")


WebAddress = Annotated[str, AfterValidator(_web_address)]


class NotificationsSettings(ServiceSettings):
    """Where mail is handed over, where contact data is read, where customers are pointed to."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", frozen=True)

    smtp_host: str = Field("127.0.0.1", description="mail server that takes the messages")
    smtp_port: int = Field(25, ge=1, le=65535, description="its port")
    smtp_starttls: bool = Field(False, description="encrypt with STARTTLS; no mail is sent without")
    smtp_user: str = Field("", description="user name at the mail server; empty: no login")
    smtp_password: SecretStr = Field(SecretStr(""), description="password at the mail server")
    smtp_timeout_seconds: float = Field(
        8, gt=0, le=8, description="how long handing over one message may take, the connection included"
    )
    smtp_connections: int = Field(4, ge=1, le=32, description="connections to the mail server used at once")
    smtp_from: Annotated[str, AfterValidator(_sender)] = Field(
        "Ciclo <care@localhost.localdomain>", description="sender; its domain also names the messages' ids"
    )
    attempts: int = Field(
        300, ge=1, description="attempts after which a message counts as failed; 300 take about five hours"
    )
    intake_url: WebAddress = Field(
        "http://127.0.0.1:8001", description="intake, whose vault has the contacts"
    )
    intake_key: ApiKeySetting = Field(description="API key for intake, with the scope contacts:read")
