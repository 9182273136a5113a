"""The call that classification owes: the words of many cases in one request to intake, then the classifier.

Words are read, classified and forgotten: never stored, never logged.
"""

import asyncio
from collections.abc import Mapping, Sequence

import httpx
import structlog
from pydantic import BaseModel, SecretStr

from services.chassis.decider import Message
from services.chassis.definition import EffectCall, Retry
from services.routing.domain.classification import Classified, Classifier, Classify

TEXTS_AT_ONCE = 100

log = structlog.get_logger()


class Texts(BaseModel):
    """Intake's answer: the texts by reference; one that was erased is not in it."""

    texts: dict[str, str]


class IntakeVault:
    """Reads customers' words in intake's vault. `timeout`: seconds that one request may take.

    Connections are kept for a few seconds, so that one serves many batches.
    """

    def __init__(self, url: str, token: SecretStr, timeout: float) -> None:
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        self._client = httpx.AsyncClient(base_url=url, headers=headers, timeout=timeout)

    async def read(self, refs: Sequence[str]) -> dict[str, str]:
        """The texts of these references, in as many requests as it takes.

        Raises httpx.HTTPError, and pydantic.ValidationError for an answer of another form.
        """
        texts: dict[str, str] = {}
        for at in range(0, len(refs), TEXTS_AT_ONCE):
            asked = {"refs": list(refs[at : at + TEXTS_AT_ONCE])}
            answer = await self._client.post("/v1/vault/texts:read", json=asked)
            answer.raise_for_status()
            texts |= Texts.model_validate_json(answer.content).texts
        return texts

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class ClassifyRunner:
    """Runs `Classify`. While intake is down only classification waits: it is tried until it succeeds."""

    data: type[Message] = Classify
    batch = 50
    attempts: int | None = None

    def __init__(self, vault: IntakeVault, classifier: Classifier) -> None:
        self._vault = vault
        self._classifier = classifier

    async def run(self, calls: Sequence[EffectCall]) -> Sequence[Message | Retry]:
        """Classify many cases with the words of one reading."""
        refs = list(dict.fromkeys(ref for call in calls for ref in call.data.texts))
        try:
            texts = await self._vault.read(refs)
        except httpx.HTTPStatusError as error:
            log.warning("vault_refused", status=error.response.status_code)
            return [Retry(f"intake_{error.response.status_code}")] * len(calls)
        except httpx.HTTPError as error:
            log.warning("vault_unreachable", error=type(error).__name__)
            return [Retry("intake_unreachable")] * len(calls)
        return await asyncio.to_thread(self._classify_all, calls, texts)

    def give_up(self, call: EffectCall, reason: str) -> Message:
        """What is known without the words: nothing, so a person looks."""
        return self._classify(call.data, {})

    async def close(self) -> None:
        """Leave the vault."""
        await self._vault.close()

    def _classify_all(self, calls: Sequence[EffectCall], texts: Mapping[str, str]) -> list[Classified]:
        return [self._classify(call.data, texts) for call in calls]

    def _classify(self, call: Classify, texts: Mapping[str, str]) -> Classified:
        words = [texts[ref] for ref in call.texts if ref in texts]
        found = self._classifier.classify(words, call.stated, call.language)
        return Classified(
            category=found.category,
            facets=found.facets,
            urgency=found.urgency,
            confidence=found.confidence,
            reasons=found.reasons,
            classified_by=self._classifier.by,
            abstained=found.abstained,
            texts_read=len(words),
            evidence_no=call.evidence_no,
        )
