"""Signed links (enlaces firmados): whoever holds one may see what it leads to, for a while.

The token is case id, end and HMAC-SHA256 (its first 128 bits), base64url: 48 characters that no client
breaks. Nothing is stored; another secret makes every link invalid. A link of one kind opens no other.
"""

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

GOOD_FOR = timedelta(days=90)
STORY_GOOD_FOR = timedelta(hours=8)
_DAY_SECONDS = 86_400

_BODY = struct.Struct(">16sI")
_MAC_BYTES = 16
_TOKEN_LENGTH = 48


class Stale(StrEnum):
    """Why a link opens nothing."""

    EXPIRED = "expired"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Kind:
    """What links of a kind lead to: how their path begins, what their MAC is for, how long they last.

    `whole_days`: to the end of the last day, in UTC.
    """

    path: str
    purpose: bytes
    good_for: timedelta
    whole_days: bool = False


CUSTOMERS = Kind("/c/", b"link:", GOOD_FOR, whole_days=True)
"""The customer's page: whoever holds the link is the customer of its case.

All links of a day are the same: a mail that is sent again after a crash is the mail that was sent before.
"""
STORIES = Kind("/story/", b"story:", STORY_GOOD_FOR)
"""The story of a case, for staff: it can be read for a shift, and nothing can be done there."""


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads links of a kind under one secret; `public_url` is where intake is reached."""

    secret: bytes = field(repr=False)
    public_url: str
    kind: Kind = CUSTOMERS

    def url(self, case_id: UUID, now: datetime) -> str:
        """The address of the case's page, good from now for as long as its kind."""
        return f"{self.public_url}{self.kind.path}{self.token(case_id, now)}"

    def token(self, case_id: UUID, now: datetime) -> str:
        """The secret part of a link."""
        end = int((now + self.kind.good_for).timestamp())
        if self.kind.whole_days:
            end += _DAY_SECONDS - end % _DAY_SECONDS
        body = _BODY.pack(case_id.bytes, end)
        return urlsafe_b64encode(body + self._mac(body)).decode()

    def read(self, token: str, now: datetime) -> UUID | Stale:
        """The case that a token opens. One that we did not sign is invalid, whatever its end says."""
        if len(token) != _TOKEN_LENGTH:
            return Stale.INVALID
        try:
            raw = urlsafe_b64decode(token.encode("ascii"))
        except (Error, UnicodeEncodeError):
            return Stale.INVALID
        body, shown = raw[: _BODY.size], raw[_BODY.size :]
        # Decoding forgives foreign characters, so that several spellings could mean one token.
        if not hmac.compare_digest(self._mac(body), shown) or urlsafe_b64encode(raw).decode() != token:
            return Stale.INVALID
        case_id, end = _BODY.unpack(body)
        return UUID(bytes=case_id) if now < datetime.fromtimestamp(end, UTC) else Stale.EXPIRED

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self.secret, self.kind.purpose + body, "sha256")[:_MAC_BYTES]
