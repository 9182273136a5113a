"""The effect runner: what is owed to customers, handed to the mail server."""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import timedelta

import structlog
from jinja2 import TemplateError

from ciclo_schemas.values import Language
from services.chassis.clock import seconds, utc_now
from services.chassis.decider import Message
from services.chassis.definition import EffectCall, Retry
from services.chassis.telemetry.outside import about_server, outside_call
from services.notifications.domain.message import (
    URGENT,
    MessageFailed,
    MessageSent,
    MessageSuppressed,
    SendMessage,
)
from services.notifications.runners.letters import LANGUAGES, Letters
from services.notifications.runners.mail import MailServer, Refused, TryLater
from services.notifications.runners.mime import BadAddress, compose
from services.notifications.runners.vault import Contact, Contacts, Vault, VaultUnavailable
from services.notifications.settings import NotificationsSettings

log = structlog.get_logger()
Result = Message | Retry

BATCH_SECONDS = 20
"""After so long no message is begun: the chassis waits 30 s for a batch, then forgets its results."""
NO_TIME_LEFT = Retry("no_time_left", after=timedelta(0))


class MessageSender:
    """Sends up to `batch` messages with one read of the vault and a few connections that are kept."""

    data: type[Message] = SendMessage
    batch = 100

    def __init__(self, settings: NotificationsSettings, letters: Letters) -> None:
        self.attempts: int | None = settings.attempts
        self._settings = settings
        self._letters = letters
        self._vault = Vault(settings)
        self._connections = [MailServer(settings) for _ in range(settings.smtp_connections)]
        # What a span says of a sending: never to whom.
        self._mail_server = about_server(settings.smtp_host, settings.smtp_port, "smtp")

    async def run(self, calls: Sequence[EffectCall]) -> Sequence[Result]:
        """Each message has its own result; one that fails does not hold up the others."""
        until = seconds() + BATCH_SECONDS
        try:
            known = await self._vault.read(
                (call.data.customer_ref for call in calls), (call.subject for call in calls)
            )
        except VaultUnavailable as error:
            return [Retry(error.code)] * len(calls)
        results: dict[str, Result] = {call.key: NO_TIME_LEFT for call in calls}
        owed = deque(sorted(calls, key=lambda call: call.data.template not in URGENT))
        await asyncio.gather(
            *(self._work_off(server, owed, known, results, until) for server in self._connections)
        )
        return [results[call.key] for call in calls]

    def give_up(self, call: EffectCall, reason: str) -> Message:
        """After the last attempt."""
        return _failed(call, _language(call.data, None), reason)

    async def close(self) -> None:
        """Leave the mail server and the vault."""
        await asyncio.gather(*(server.leave() for server in self._connections))
        await self._vault.close()

    async def _work_off(
        self,
        server: MailServer,
        owed: deque[EffectCall],
        known: Contacts,
        results: dict[str, Result],
        until: float,
    ) -> None:
        while owed and seconds() < until:
            call = owed.popleft()
            results[call.key] = await self._send(server, call, known)

    async def _send(self, server: MailServer, call: EffectCall, known: Contacts) -> Result:
        contact = known.contacts.get(call.data.customer_ref)
        page = known.links.get(call.subject)
        language = _language(call.data, contact)
        if call.data.customer_ref in known.erased:
            return MessageSuppressed(
                template=call.data.template, cause=call.data.cause, language=language, reason="erased"
            )
        if contact is None or not contact.email:
            return _failed(call, language, "no_address")
        if page is None:
            return Retry("no_link")
        try:
            letter = self._letters.write(call.data, contact.greeting_name, language, page)
            mail = compose(
                letter,
                contact.greeting_name,
                contact.email,
                message_id=call.data.message_id,
                case=call.subject,
                sender=self._settings.smtp_from,
            )
            with outside_call(call.traceparent, self._mail_server):
                await server.send(mail)
        except BadAddress:
            return _failed(call, language, "bad_address")
        except Refused as refused:
            return _failed(call, language, refused.code)
        except TryLater as later:
            return Retry(later.code)
        except TemplateError as error:
            # A release with better words may send it yet.
            log.error(  # noqa: TRY400 - a trace could show the values of the letter
                "letter_not_written", template=call.data.template, language=language, error=error.message
            )
            return Retry("letter_not_written")
        except Exception as error:  # noqa: BLE001 - else the others of the batch would be sent again
            log.error("message_not_sent", template=call.data.template, error=type(error).__name__)  # noqa: TRY400
            return Retry("unexpected")
        return MessageSent(
            template=call.data.template, cause=call.data.cause, language=language, sent_at=utc_now()
        )


def _language(send: SendMessage, contact: Contact | None) -> Language:
    wished = (contact.language if contact is not None else None, send.language)
    return next((language for language in wished if language in LANGUAGES), Language.EN)


def _failed(call: EffectCall, language: Language, reason: str) -> MessageFailed:
    return MessageFailed(
        template=call.data.template,
        cause=call.data.cause,
        language=language,
        reason=reason,
        attempts=call.attempts + 1,
    )
