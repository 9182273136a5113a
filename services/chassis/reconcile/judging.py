"""What heads say when they are laid side by side. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ciclo_schemas.envelope import service_of
from services.chassis.fold import writers_of
from services.chassis.heads import CloseHead, Head


@dataclass(frozen=True, slots=True)
class Service:
    """Who takes part: its name, its source in the present epoch, the services whose events it reads."""

    name: str
    source: str
    reads: frozenset[str]

    @staticmethod
    def of(name: str, source: str, topics: Iterable[str]) -> "Service":
        """The service that reads these topics."""
        return Service(name, source, frozenset(writers_of(topics)))


@dataclass(frozen=True, slots=True, order=True)
class Suspicion:
    """What a reader has perhaps not got: all after `applied`, up to `emitted`. Most of it is on its way."""

    subject: UUID
    source: str
    reader: str
    applied: int
    emitted: int


@dataclass(frozen=True, slots=True, order=True)
class Missing:
    """Published, read by `reader`, and not there: sequences from `first` to `last`."""

    subject: UUID
    source: str
    reader: str
    first: int
    last: int

    @property
    def events(self) -> int:
        """How many."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, order=True)
class Ahead:
    """A reader applied more than its source knows of: the source lost its newest events (G8)."""

    subject: UUID
    source: str
    reader: str
    applied: int
    emitted: int


def suspicions(
    subject: UUID, heads: Mapping[str, Head], services: Sequence[Service]
) -> Iterator[Suspicion | Ahead]:
    """What one subject's heads, by service, leave open."""
    for source in services:
        published = heads[source.name].emitted if source.name in heads else {}
        for reader in services:
            if source.name not in reader.reads or reader is source:
                continue
            applied = heads[reader.name].applied if reader.name in heads else {}
            for label, last in published.items():
                if applied.get(label, 0) < last:
                    yield Suspicion(subject, label, reader.name, applied.get(label, 0), last)
            # Of earlier epochs it is known, and was audited, that the source may have lost some.
            if applied.get(source.source, 0) > published.get(source.source, 0):
                label = source.source
                yield Ahead(subject, label, reader.name, applied[label], published.get(label, 0))


def still_missing(suspicion: Suspicion, head: CloseHead | None) -> list[Missing]:
    """What of a suspicion the reader lacks at a second look; what waits there is not missing."""
    applied = 0 if head is None else head.applied.get(suspicion.source, 0)
    waits = set() if head is None else {n for source, n in head.waiting if source == suspicion.source}
    lacking = [n for n in range(applied + 1, suspicion.emitted + 1) if n not in waits]
    return [
        Missing(suspicion.subject, suspicion.source, suspicion.reader, first, last)
        for first, last in _stretches(lacking)
    ]


def is_still_ahead(claim: Ahead, head: CloseHead | None) -> bool:
    """Whether the source, asked again, still does not know what its reader had applied before."""
    return claim.applied > (0 if head is None else head.emitted.get(claim.source, 0))


def is_unsent(suspicion: Suspicion, head: CloseHead | None) -> bool:
    """Whether something of it has yet to leave its source."""
    first = None if head is None else head.unsent.get(suspicion.source)
    return first is not None and first <= suspicion.emitted


def topics_of(source: str, topics: Collection[str]) -> set[str]:
    """Which of these topics the service behind a source writes."""
    return {topic for topic in topics if service_of(source) in set(writers_of([topic]))}


def _stretches(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    first: int | None = None
    for index, number in enumerate(numbers):
        first = number if first is None else first
        if index + 1 == len(numbers) or numbers[index + 1] != number + 1:
            yield first, number
            first = None
