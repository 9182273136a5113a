"""What must turn up in no span, metric or log: customers' words, what opens a door, what somebody bought."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.traces.spans import Span
from tests.journeys.privacy import words_of
from tests.journeys.reader import Record

OURS = {"previous", "problem", "system"}
"""Words of customers that are also names of topics, routes, tables, commands or metrics."""
IDS = re.compile(r"[0-9a-f-]{16,}")


@dataclass(frozen=True)
class Canaries:
    """What was shown at doors and sent in letters (`keys`), and the numbers of things and purchases."""

    keys: frozenset[str] = field(repr=False)
    serials: frozenset[str]

    def seen(self, secret: set[str], spans: Iterable[Span], metrics: Mapping[str, str]) -> Iterator[str]:
        """Where spans and metrics say one of them, or a secret word."""
        words = secret - OURS
        for span in spans:
            found = self._found("\n".join(_values(asdict(span))), words)
            if found:
                yield f"{span.service}: {span.name}: {found}"
        for service, exposition in metrics.items():
            for line in exposition.splitlines():
                if not line.startswith("# HELP ") and (found := self._found(line, words)):
                    yield f"{service}: {found} in {line[:300]}"

    def repeated(self, logs: Path, records: Iterable[Record]) -> Iterator[str]:
        """Where logs say one of them, or a record says a key; what is bought is part of events."""
        for file in sorted(logs.glob("*.log")):
            text = file.read_text("utf-8")
            yield from (f"{file.name}: {one[:12]}" for one in self.keys | self.serials if one in text)
        for record in records:
            parts = [record.key or b"", record.value or b"", *(raw or b"" for _, raw in record.headers)]
            said = b" ".join(parts).decode()
            yield from (f"{record.where}: {key[:12]}" for key in self.keys if key in said)

    def _found(self, said: str, words: set[str]) -> list[str]:
        found = words & words_of(IDS.sub("", said)) | {
            one[:12] for one in self.keys | self.serials if one in said
        }
        return sorted(found | ({"@example"} if "@example" in said else set()))


def _values(said: Any) -> Iterator[str]:
    """Every text in there, but for the names of attributes, which the conventions' judge knows."""
    match said:
        case dict():
            said = said.values()
        case list() | tuple():
            pass
        case _:
            yield str(said)
            return
    for each in said:
        yield from _values(each)
