"""Contact data, read from intake's vault when a message is sent; never stored, never logged."""

import re
from collections.abc import Iterable
from uuid import UUID

import httpx
from pydantic import BaseModel, Field, ValidationError

from ciclo_schemas.values import Language
from services.notifications.settings import NotificationsSettings

# A greeting is no place for advertising: letters, hyphens, apostrophes, and full stops that end a word.
_NAME = re.compile(r"(?:[^\W\d_]|[-'’ ]|\.(?= |$)){1,80}")


class VaultUnavailable(Exception):
    """Intake did not answer with contact data; `code` says in which way."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Contact(BaseModel):
    """How a customer is reached."""

    name: str = Field("", repr=False)
    email: str | None = Field(None, repr=False)
    language: Language | None = None

    @property
    def greeting_name(self) -> str | None:
        """The name if it can be one, else None: whoever opens a case writes it."""
        name = " ".join(self.name.split())
        return name if _NAME.fullmatch(name) else None


class Contacts(BaseModel):
    """What the vault answers: contacts by reference, the signed links of cases, and who was erased.

    A reference that it does not know is in neither list.
    """

    contacts: dict[str, Contact | None]
    links: dict[UUID, str] = Field(repr=False)
    erased: frozenset[str] = frozenset()


class Vault:
    """Intake's vault. Connections are kept for a few seconds, so that one serves many batches."""

    def __init__(self, settings: NotificationsSettings) -> None:
        key = settings.intake_key.get_secret_value()
        self._client = httpx.AsyncClient(
            base_url=settings.intake_url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(10, connect=3),
        )

    async def read(self, customer_refs: Iterable[str], cases: Iterable[UUID]) -> Contacts:
        """Contact data and links of these customers and cases, in one call. Raises VaultUnavailable."""
        wanted = {"customer_refs": sorted(set(customer_refs)), "cases": sorted({str(case) for case in cases})}
        try:
            answer = await self._client.post("/v1/vault/contacts:read", json=wanted)
            if answer.status_code != 200:
                raise VaultUnavailable(f"vault_answered_{answer.status_code}")
            return Contacts.model_validate_json(answer.content)
        except httpx.HTTPError as error:
            raise VaultUnavailable("vault_unreachable") from error
        except ValidationError:
            raise VaultUnavailable("vault_answer_malformed") from None  # the error would quote the data

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
