"""A mail as bytes (RFC 5322, MIME: RFC 2045 to 2047).

Written directly: the standard library's message objects cost several times more than all the rest of a mail.
"""

import re
import textwrap
from base64 import b64encode, encodebytes
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import format_datetime, parseaddr
from uuid import UUID

from services.chassis.clock import utc_now
from services.notifications.runners.letters import Letter

_ADDRESS = re.compile(r"[^\s@<>,;:\"\\]{1,64}@[^\s@<>,;:\"\\]{1,255}")
_LINE = 66
_WORD_BYTES = 36
"""So many bytes make an encoded word of 60 characters: with the field's name it stays below RFC 2047's 76."""


class BadAddress(ValueError):
    """The customer's e-mail address cannot be one."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail and its envelope."""

    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    content: bytes = field(repr=False)


def compose(
    letter: Letter, name: str | None, email: str, *, message_id: UUID, case: UUID, sender: str
) -> Mail:
    """The mail. Its id is the same at every attempt, so that a repeated message is recognised.

    All mails of a case refer to one id, so that they form one thread. Raises BadAddress, also for an address
    that is not ASCII; ValueError for a line end in a header field, so that none can be injected.
    """
    if not _ADDRESS.fullmatch(email):
        raise BadAddress
    try:
        Address(addr_spec=email)
    except (ValueError, IndexError) as error:
        raise BadAddress from error
    sender_name, sender_address = parseaddr(sender)
    domain = sender_address.rpartition("@")[2]
    boundary = f"=_{message_id.hex}"  # what base64 never holds (RFC 2045, 6.7)
    head = {
        "From": _mailbox(sender_name, sender_address),
        "To": _mailbox(name or "", email),
        "Subject": _text(letter.subject),
        "Date": format_datetime(utc_now()),
        "Message-ID": f"<{message_id}@{domain}>",
        "References": f"<{case}@{domain}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers to us
        "Content-Language": letter.language.value,
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative;\r\n boundary="{boundary}"',
    }
    fields = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    parts = _part("plain", letter.text, boundary) + _part("html", letter.html, boundary)
    return Mail(sender_address, email, f"{fields}\r\n{parts}--{boundary}--\r\n".encode())


def _mailbox(name: str, address: str) -> str:
    if not name:
        return _one_line(address)
    escaped = name.replace("\\", r"\\").replace('"', r"\"")
    phrase = f'"{_one_line(escaped)}"' if name.isascii() else _text(name)
    return f"{phrase}\r\n <{_one_line(address)}>"


def _text(text: str) -> str:
    """Unstructured text, folded; as encoded words (RFC 2047) where it is not plain ASCII."""
    _one_line(text)
    if text.isascii():
        return "\r\n ".join(textwrap.wrap(text, _LINE, break_long_words=False, break_on_hyphens=False))
    words = (b64encode(chunk).decode() for chunk in _chunks(text))
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in words)


def _chunks(text: str) -> Iterator[bytes]:
    """The text in pieces that each hold whole characters."""
    chunk = b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > _WORD_BYTES:
            yield chunk
            chunk = b""
        chunk += encoded
    yield chunk


def _one_line(text: str) -> str:
    if len(text.splitlines()) > 1:
        raise ValueError("a header field is one line")
    return text


def _part(subtype: str, text: str, boundary: str) -> str:
    lines = "\r\n".join(text.splitlines()) + "\r\n"  # the line ends of MIME texts, whatever the encoding
    body = encodebytes(lines.encode()).decode().replace("\n", "\r\n")
    return (
        f'--{boundary}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{body}"
    )
