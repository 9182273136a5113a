"""The way of a mail to the mail server."""

import asyncio

import aiosmtplib

from services.notifications.runners.mime import Mail
from services.notifications.settings import NotificationsSettings

GOODBYE_SECONDS = 1
KEPT_SECONDS = 5.0
"""How long an idle connection is kept: less than any mail server waits for the next mail."""


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


class MailServer:
    """One connection, opened when it is needed, kept for what comes within `KEPT_SECONDS`."""

    def __init__(self, settings: NotificationsSettings) -> None:
        self.settings = settings
        self._client: aiosmtplib.SMTP | None = None
        self._leaving: asyncio.Task[None] | None = None

    async def leave(self) -> None:
        """Say goodbye; a server that does not answer it is left."""
        self._stay()
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            try:
                await client.quit(timeout=GOODBYE_SECONDS)
            except (aiosmtplib.SMTPException, OSError):
                pass
            finally:
                client.close()

    def _stay(self) -> None:
        if self._leaving is not None and self._leaving is not asyncio.current_task():
            self._leaving.cancel()
        self._leaving = None

    async def _leave_soon(self) -> None:
        await asyncio.sleep(KEPT_SECONDS)
        await self.leave()

    async def send(self, mail: Mail) -> None:
        """Hand over one mail within `smtp_timeout_seconds`. Raises Refused or TryLater."""
        self._stay()
        try:
            async with asyncio.timeout(self.settings.smtp_timeout_seconds):
                await self._send(await self._connected(), mail)
        except TimeoutError as error:
            self._close()
            raise TryLater("mail_server_too_slow") from error
        finally:
            if self._client is not None and self._client.is_connected:
                self._leaving = asyncio.create_task(self._leave_soon(), name="leave the mail server")

    async def _send(self, client: aiosmtplib.SMTP, mail: Mail) -> None:
        try:
            await client.sendmail(mail.sender, [mail.recipient], mail.content)
        except aiosmtplib.SMTPRecipientsRefused as error:
            await self._forget_transaction(client)
            raise _verdict(error.recipients[0].code, "address_refused") from error
        except aiosmtplib.SMTPSenderRefused as error:
            await self._forget_transaction(client)
            raise TryLater(f"sender_refused_{error.code}") from error
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
