"""One look at all services: what is missing for certain, what cannot be told yet.

Two looks before anybody is accused. After the first, what was published must have left its source's outbox,
and each reader must have read its topics up to where they ended then; only what is not there even then, and
does not wait there either, is missing. So load and lag never look like loss.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from ciclo_schemas.envelope import service_of
from services.chassis.admin import Progress
from services.chassis.clock import seconds
from services.chassis.heads import CloseHead
from services.chassis.reconcile.asking import Peer, by_source, side_by_side
from services.chassis.reconcile.judging import (
    Ahead,
    Missing,
    Suspicion,
    is_still_ahead,
    is_unsent,
    still_missing,
    suspicions,
    topics_of,
)

PAGE: Final = 1_000
MAX_SUSPICIONS: Final = 20_000
"""How many are looked at again in one look; what is beyond them is for the next."""
AGAIN_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Findings:
    """What a look found. `undecided`: what was still on its way when patience ended, by where it waits."""

    services: tuple[str, ...]
    subjects: int
    missing: tuple[Missing, ...] = ()
    ahead: tuple[Ahead, ...] = ()
    undecided: Mapping[str, int] = field(default_factory=dict)
    progress: tuple[Progress, ...] = ()

    @property
    def events(self) -> int:
        """How many events are missing, each counted once for every reader that lacks it."""
        return sum(one.events for one in self.missing)

    @property
    def healthy(self) -> bool:
        """Nothing is missing, no source is behind its readers, and all could be told."""
        return not (self.missing or self.ahead or self.undecided)


@asynccontextmanager
async def peers_at(urls: Sequence[str], page: int = PAGE) -> AsyncIterator[list[Peer]]:
    """The services behind these admin URLs. Raises CannotAsk."""
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(Peer(url, page)) for url in urls]
        for peer in peers:
            await peer.introduce()
        yield peers


async def look(peers: Sequence[Peer], patience: float) -> Findings:
    """Compare all heads; look again at what differs for up to `patience` seconds. Raises CannotAsk."""
    services = [peer.service for peer in peers]
    subjects, suspected, claims = 0, list[Suspicion](), list[Ahead]()
    async for subject, heads in side_by_side(peers):
        subjects += 1
        for one in suspicions(subject, heads, services):
            if isinstance(one, Ahead):
                claims.append(one)
            elif len(suspected) < MAX_SUSPICIONS:
                suspected.append(one)
    second = _SecondLook(peers, seconds() + patience)
    missing, undecided = await second.at(suspected)
    return Findings(
        services=tuple(service.name for service in services),
        subjects=subjects,
        missing=tuple(sorted(missing)),
        ahead=tuple(sorted(await second.confirmed(claims))),
        undecided=undecided,
        progress=tuple([await peer.progress() for peer in peers]),
    )


async def heal(peers: Sequence[Peer], missing: Iterable[Missing], keys: Mapping[str, str]) -> dict[str, int]:
    """Ask the sources for what is missing; how many events each sends. Raises CannotAsk, KeyError."""
    by_name = {peer.service.name: peer for peer in peers}
    return {
        name: await by_name[name].reemit(stretches, keys[name])
        for name, stretches in by_source(missing).items()
    }


class _SecondLook:
    def __init__(self, peers: Sequence[Peer], until: float) -> None:
        self._peers = {peer.service.name: peer for peer in peers}
        self._until = until

    async def at(self, suspected: Sequence[Suspicion]) -> tuple[list[Missing], dict[str, int]]:
        """What is missing for certain, and how much cannot be told yet."""
        suspected = await self._still_suspect(suspected)
        if not suspected:
            return [], {}
        sent, undecided = await self._sent(suspected)
        read, unread = await self._read(sent)
        heads = await self._heads(read)
        return [
            one for s in read for one in still_missing(s, heads[s.reader].get(s.subject))
        ], undecided | unread

    async def confirmed(self, claims: Sequence[Ahead]) -> list[Ahead]:
        """The claims that the source does not refute."""
        found = []
        for name in {service_of(claim.source) for claim in claims}:
            of_source = [claim for claim in claims if service_of(claim.source) == name]
            heads = await self._peers[name].look_at(claim.subject for claim in of_source)
            found += [claim for claim in of_source if is_still_ahead(claim, heads.get(claim.subject))]
        return found

    async def _still_suspect(self, suspected: Sequence[Suspicion]) -> list[Suspicion]:
        """A moment later, most of what was on its way has arrived."""
        if suspected:
            await asyncio.sleep(AGAIN_S)
        heads = await self._heads(suspected)
        return [one for one in suspected if still_missing(one, heads[one.reader].get(one.subject))]

    async def _heads(self, suspected: Iterable[Suspicion]) -> dict[str, dict[UUID, CloseHead]]:
        subjects: dict[str, set[UUID]] = {}
        for one in suspected:
            subjects.setdefault(one.reader, set()).add(one.subject)
        return {name: await self._peers[name].look_at(these) for name, these in subjects.items()}

    async def _sent(self, suspected: Sequence[Suspicion]) -> tuple[list[Suspicion], dict[str, int]]:
        """Those of which nothing waits in the source's outbox; of the others, how many wait where."""
        sent: list[Suspicion] = []
        waiting = list(suspected)
        while True:
            unsent: list[Suspicion] = []
            for name in {service_of(one.source) for one in waiting}:
                of_source = [one for one in waiting if service_of(one.source) == name]
                heads = await self._peers[name].look_at(one.subject for one in of_source)
                for one in of_source:
                    (unsent if is_unsent(one, heads.get(one.subject)) else sent).append(one)
            waiting = unsent
            if not waiting or seconds() > self._until:
                return sent, _counted(f"{service_of(one.source)}: not sent yet" for one in waiting)
            await asyncio.sleep(AGAIN_S)

    async def _read(self, sent: Sequence[Suspicion]) -> tuple[list[Suspicion], dict[str, int]]:
        """Those whose reader has come to where its topics ended; of the others, how many wait for whom."""
        ends = {name: (await self._peers[name].progress()).records for name in {one.reader for one in sent}}
        read: list[Suspicion] = []
        waiting = list(sent)
        while True:
            late: list[Suspicion] = []
            for name in {one.reader for one in waiting}:
                now = (await self._peers[name].progress()).records
                for one in (one for one in waiting if one.reader == name):
                    topics = topics_of(one.source, self._peers[name].topics)
                    (read if _has_come_to(ends[name], now, topics) else late).append(one)
            waiting = late
            if not waiting or seconds() > self._until:
                return read, _counted(f"{one.reader}: not read yet" for one in waiting)
            await asyncio.sleep(AGAIN_S)


def _has_come_to(
    ends: Mapping[str, tuple[int, int]] | None, now: Mapping[str, tuple[int, int]] | None, topics: set[str]
) -> bool:
    """Whether all that these topics held when `ends` was asked for has been read."""
    if ends is None or now is None:
        return False
    places = [place for place in ends if place.rpartition("/")[0] in topics]
    return bool(places) and all(place in now and now[place][0] >= ends[place][1] for place in places)


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names))
