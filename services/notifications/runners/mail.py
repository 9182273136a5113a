"""One letter as a mail, and its way to the mail server."""

import asyncio
import re
from dataclasses import dataclass, field
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from functools import cache
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import aiosmtplib

from services.chassis.clock import utc_now
from services.notifications.runners.letters import Letter
from services.notifications.settings import NotificationsSettings

GOODBYE_SECONDS = 1
_ADDRESS = re.compile(r"[^\s@<>,;:\"\\]{1,64}@[^\s@<>,;:\"\\]{1,255}")


class _Headers(HeaderRegistry):
    """The standard registry makes a new class for every header of every mail: half the cost of composing."""

    @cache  # noqa: B019 - one registry, and a handful of names
    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)


_POLICY = SMTP_POLICY.clone(header_factory=_Headers())


class BadAddress(ValueError):
    """The customer's e-mail address cannot be one."""


class Refused(Exception):
    """The mail server refuses this message for good; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TryLater(Exception):
    """The message was not taken this time; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2]


def compose(
    letter: Letter, name: str | None, email: str, *, message_id: UUID, case: UUID, sender: str
) -> EmailMessage:
    """The mail. Its id is the same at every attempt, so that a repeated message is recognised.

    All mails of a case refer to one id, so that they form one thread.

    Header fields cannot be injected: the policy refuses line ends in values. Raises BadAddress.
    """
    if not _ADDRESS.fullmatch(email):
        raise BadAddress
    try:
        to = Address(display_name=name or "", addr_spec=email)
    except (ValueError, IndexError) as error:
        raise BadAddress from error
    sender_name, sender_address = parseaddr(sender)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(display_name=sender_name, addr_spec=sender_address)
    mail["To"] = to
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(utc_now())
    mail["Message-ID"] = f"<{message_id}@{_domain(sender)}>"
    mail["References"] = f"<{case}@{_domain(sender)}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to us
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    mail["Content-Language"] = letter.language.value
    return mail


@dataclass
class MailServer:
    """One connection, opened for the first message and again after it was lost."""

    settings: NotificationsSettings
    _client: aiosmtplib.SMTP | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say goodbye; a server that does not answer it is left."""
        if self._client is not None and self._client.is_connected:
            try:
                await self._client.quit(timeout=GOODBYE_SECONDS)
            except (aiosmtplib.SMTPException, OSError):
                self._close()

    async def send(self, mail: EmailMessage) -> None:
        """Hand over one mail within `smtp_timeout_seconds`. Raises Refused or TryLater."""
        try:
            async with asyncio.timeout(self.settings.smtp_timeout_seconds):
                await self._send(await self._connected(), mail)
        except TimeoutError as error:
            self._close()
            raise TryLater("mail_server_too_slow") from error

    async def _send(self, client: aiosmtplib.SMTP, mail: EmailMessage) -> None:
        try:
            await client.send_message(mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            await self._forget_transaction(client)
            raise _verdict(error.recipients[0].code, "address_refused") from error
        except aiosmtplib.SMTPSenderRefused as error:
            await self._forget_transaction(client)
            raise TryLater(f"sender_refused_{error.code}") from error
        except aiosmtplib.SMTPNotSupported as error:
            raise Refused("address_not_supported") from error
        except aiosmtplib.SMTPResponseException as error:
            await self._forget_transaction(client)
            raise _verdict(error.code, "message_refused") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise TryLater("connection_lost") from error

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        settings = self.settings
        self._client = aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            timeout=settings.smtp_timeout_seconds,
            start_tls=settings.smtp_starttls,
            username=settings.smtp_user or None,
            password=settings.smtp_password.get_secret_value() or None,
        )
        try:
            await self._client.connect()
        except aiosmtplib.SMTPAuthenticationError as error:
            self._client.close()
            raise TryLater("login_refused") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            raise TryLater("mail_server_unreachable") from error
        return self._client

    def _close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    @staticmethod
    async def _forget_transaction(client: aiosmtplib.SMTP) -> None:
        try:
            await client.rset()
        except (aiosmtplib.SMTPException, OSError):
            client.close()


def _verdict(code: int, reason: str) -> Refused | TryLater:
    permanent = 500 <= code < 600
    return Refused(reason) if permanent else TryLater(f"{reason}_{code}")
