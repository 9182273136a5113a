"""Asks one service's admin port: its heads page by page, a closer look, its progress, events once more."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from ciclo_schemas.envelope import service_of
from services.chassis.admin import Progress, Reemitted
from services.chassis.heads import MAX_SUBJECTS, CloseHead, CloseHeads, Head, Heads
from services.chassis.reconcile.judging import Missing, Service

M = TypeVar("M", bound=BaseModel)
TIMEOUT_S: Final = 20.0
EVENTS_AT_ONCE: Final = 1_000


class CannotAsk(Exception):
    """A service does not answer, or not as expected; the message names it."""


class Peer:
    """One service. Use it as `async with`; `service` and `topics` are known after `introduce`."""

    service: Service
    topics: frozenset[str]

    def __init__(self, url: str, page: int) -> None:
        self.url = url.rstrip("/")
        self._page = page
        self._client = httpx.AsyncClient(base_url=self.url, timeout=TIMEOUT_S)

    async def __aenter__(self) -> "Peer":
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self._client.aclose()

    async def introduce(self) -> None:
        """Learn who this is and what it reads. Raises CannotAsk."""
        page = await self._ask(Heads, "/heads", limit=1)
        self.topics = frozenset(page.reads)
        self.service = Service.of(page.service, page.source, page.reads)

    async def heads(self) -> AsyncIterator[Head]:
        """Every head, in the order of the subjects. Raises CannotAsk."""
        after: UUID | None = UUID(int=0)
        while after is not None:
            page = await self._ask(Heads, "/heads", after=str(after), limit=self._page)
            for head in page.heads:
                yield head
            after = page.next

    async def look_at(self, subjects: Iterable[UUID]) -> dict[UUID, CloseHead]:
        """The heads of these subjects, as far as they are known here. Raises CannotAsk."""
        wanted, found = sorted(set(subjects)), {}
        for start in range(0, len(wanted), MAX_SUBJECTS):
            names = [str(subject) for subject in wanted[start : start + MAX_SUBJECTS]]
            page = await self._ask(CloseHeads, "/heads/of", subject=names)
            found.update({head.subject: head for head in page.heads})
        return found

    async def progress(self) -> Progress:
        """What waits there. Raises CannotAsk."""
        return await self._ask(Progress, "/progress")

    async def reemit(self, missing: Sequence[Missing], key: str) -> int:
        """Ask for events of this source once more; how many it will send. Raises CannotAsk."""
        sent = 0
        for start in range(0, len(missing), EVENTS_AT_ONCE):
            asked = [_asked(one) for one in missing[start : start + EVENTS_AT_ONCE]]
            answer = await self._send(
                "POST", "/reemissions", json=asked, headers={"Authorization": f"Bearer {key}"}
            )
            sent += _read(Reemitted, answer, self.url).events
        return sent

    async def _ask(self, model: type[M], path: str, **asked: Any) -> M:
        return _read(model, await self._send("GET", path, params=asked), self.url)

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            raise CannotAsk(f"{self.url} does not answer ({type(error).__name__})") from error
        if answer.status_code != 200:
            raise CannotAsk(f"{self.url}{path} answers {answer.status_code}{_code(answer)}")
        return answer


async def side_by_side(peers: Sequence[Peer]) -> AsyncIterator[tuple[UUID, Mapping[str, Head]]]:
    """Every subject that some service knows, with its heads by service; one page of each in memory."""
    streams = {peer.service.name: peer.heads() for peer in peers}
    front = {name: head for name, stream in streams.items() if (head := await anext(stream, None))}
    while front:
        subject = min(head.subject for head in front.values())
        heads = {name: head for name, head in front.items() if head.subject == subject}
        yield subject, heads
        for name in heads:
            following = await anext(streams[name], None)
            if following is None:
                del front[name]
            else:
                front[name] = following


def by_source(missing: Iterable[Missing]) -> dict[str, list[Missing]]:
    """What to ask whom: each stretch once, whichever readers lack it; by the name of the service."""
    wanted: dict[str, dict[tuple[UUID, str, int, int], Missing]] = defaultdict(dict)
    for one in missing:
        wanted[service_of(one.source)][one.subject, one.source, one.first, one.last] = one
    return {service: list(stretches.values()) for service, stretches in wanted.items()}


def _asked(one: Missing) -> dict[str, Any]:
    epoch = int(one.source.partition("@")[2] or 1)
    return {"subject": str(one.subject), "epoch": epoch, "from": one.first, "to": one.last}


def _read(model: type[M], answer: httpx.Response, url: str) -> M:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        raise CannotAsk(f"{url} answers what is no {model.__name__}") from error


def _code(answer: httpx.Response) -> str:
    try:
        return f" {answer.json()['code']}"
    except (ValueError, KeyError, TypeError):
        return ""
