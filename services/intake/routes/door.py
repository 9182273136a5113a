"""Who may come in: tracking keys for customers, idempotency keys for whoever repeats a request."""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from services.chassis.http import Problem, problem
from services.chassis.inputs import BusinessKey
from services.chassis.keys import SCHEME, identified
from services.chassis.visitors import recognise
from services.intake.routes.links import STORIES, Links
from services.intake.routes.scopes import Scope

_tracking_bearer = HTTPBearer(
    auto_error=False, scheme_name="TrackingKey", description="The tracking key that came with the case"
)
_TRACKING_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_API_KEY = "ck_"
_key_bearer = HTTPBearer(auto_error=False, scheme_name=SCHEME)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        description="A random value of yours (a UUID). The same key with the same body gives the same answer "
        "and does nothing twice; with another body it is refused (409 idempotency_key_reused).",
        examples=["0f6f1c2e-8f0c-4e6b-9f0e-6f3a5d9b7c11"],
    ),
]


@dataclass(frozen=True, slots=True)
class Door:
    """Derives keys from one secret, so that none is stored, not even in an answer kept for repeats."""

    secret: bytes = field(repr=False)
    public_url: str

    def tracking_key(self, case_id: UUID) -> str:
        """The tracking key of a case: 256 bits that only the holder of the secret can compute."""
        return urlsafe_b64encode(self._mac(b"tracking", case_id.bytes)).rstrip(b"=").decode()

    def opens(self, case_id: UUID, shown: str) -> bool:
        """Whether this is the case's key. Takes as long for a wrong key as for a case that does not exist."""
        return hmac.compare_digest(self.tracking_key(case_id).encode(), shown.encode())

    def tracking_url(self, case_id: UUID) -> str:
        """Where a case is read; the key is not part of the address, which logs and histories keep."""
        return f"{self.public_url}/v1/cases/{case_id}"

    @property
    def links(self) -> Links:
        """The signed links of cases, for their customers."""
        return Links(self.secret, self.public_url)

    @property
    def story_links(self) -> Links:
        """The signed links of the stories of cases, for staff."""
        return Links(self.secret, self.public_url, STORIES)

    def business_key(self, scope: str, key: str | None, body: BaseModel) -> BusinessKey | None:
        """An Idempotency-Key as the engine keeps it: neither the key nor the body can be read from it."""
        if key is None:
            return None
        fingerprint = self._mac(b"body", body.model_dump_json().encode()).hex()
        return BusinessKey(scope, self._mac(b"key", key.encode()).hex(), fingerprint)

    def _mac(self, purpose: bytes, message: bytes) -> bytes:
        return hmac.digest(self.secret, purpose + b":" + message, "sha256")


async def _door(request: Request) -> Door:
    door: Door = request.state.door
    return door


DoorDep = Annotated[Door, Depends(_door)]


async def tracked(
    case_id: UUID,
    request: Request,
    door: DoorDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_tracking_bearer)],
) -> None:
    """Let only the holder of the case's tracking key pass.

    Raises Problem 401 without anything that could be a tracking key; 404, the same for a wrong key and for an
    unknown case: nobody learns which cases exist.
    """
    shown = "" if credentials is None else credentials.credentials
    if not _TRACKING_KEY.fullmatch(shown):
        detail = "the case's tracking key is needed"
        raise Problem(401, "not_authorized", detail, headers={"WWW-Authenticate": "Bearer"})
    if not door.opens(case_id, shown):
        raise problem(404, "unknown_case", "there is no such case")
    recognise(request, f"case/{case_id}")


async def spoken_for(
    case_id: UUID,
    request: Request,
    door: DoorDep,
    tracking: Annotated[HTTPAuthorizationCredentials | None, Depends(_tracking_bearer)],
    key: Annotated[HTTPAuthorizationCredentials | None, Security(_key_bearer, scopes=[Scope.SPEAK])],
) -> None:
    """Let the customer pass, by his tracking key, and whoever may speak for customers, by an API key.

    Raises Problem as `tracked`; 401 and 403 for an API key that is not valid or may not speak.
    """
    if key is None or not key.credentials.startswith(_API_KEY):
        return await tracked(case_id, request, door, tracking)
    caller = await identified(request, key)
    caller.need(Scope.SPEAK)
    return None
