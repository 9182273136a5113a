"""What holds for every journey, whatever its flow: no case forgotten, nobody's words anywhere, no fault."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.journeys import rules
from tests.journeys.owed import never_forgotten
from tests.journeys.reader import Record
from tests.journeys.wire import Wire

ENDS = ("case.closed", "case.cancelled", "case.rejected")
OF_NAMES = ("quijote", "zebenzui")
ALLOWED_AFTER_END = ("case.reopened", "complaint.answered")


def wrong(wire: Wire, cases: Iterable[str]) -> list[str]:
    """Every rule that a case breaks, and everything that is wrong with a record."""
    judges = (
        never_forgotten,
        trial_before_workshop,
        rules.counted_once,
        rules.told_once,
        asked_once,
        silent_after_the_end,
    )
    found = [
        f"{case}: {judge.__name__}: {fault}"
        for case in cases
        for judge in judges
        for fault in judge(wire.of(case))
    ]
    return [*wire.faults(), *found, *rules.one_remedy_in_force(wire.events)]


def trial_before_workshop(events: list[Record]) -> Iterator[str]:
    """Nothing rests on a trial assessment before a replacement was approved."""
    windows: dict[int, str] = {}
    replaced = False
    for event in events:
        data = rules._data(event)
        if event.name == "coverage.assessed":
            windows[data["assessment_no"]] = data["window"]
        replaced = replaced or event.name == "replacement.approved"
        rests = event.name in ("case.escalated", "repair.authorized")
        if rests and windows.get(data["assessment_no"]) == "trial" and not replaced:
            yield event.where


def asked_once(events: list[Record]) -> Iterator[str]:
    """Nobody is asked twice for the same; a choice may be asked again after a new assessment."""
    asked: set[str] = set()
    for event in events:
        if event.name == "information.requested":
            missing = set(rules._data(event)["missing"]) - {"remedy", "quote"}
            yield from (f"{code} again: {event.where}" for code in missing & asked)
            asked |= missing


def silent_after_the_end(events: list[Record]) -> Iterator[str]:
    """After an end routing says nothing but that the case is open again."""
    ended = False
    own = sorted((event for event in events if event.source == "routing"), key=lambda event: event.sequence)
    for event in own:
        if ended and event.name not in ALLOWED_AFTER_END:
            yield event.where
        ended = event.name in ENDS or (ended and event.name != "case.reopened")


def leaks(records: Iterable[Record], texts: Iterable[str], names: Iterable[str]) -> Iterator[str]:
    """Three words of a customer in a row, or a name or address, in anything that Ciclo wrote."""
    secret = _secrets(texts, names)
    for record in records:
        if record.is_inbound:
            continue
        parts = [(record.key or b"").decode(), (record.value or b"").decode()]
        parts += [(raw or b"").decode() for _, raw in record.headers]
        found = _shingles("\n".join(parts)) & secret
        if found:
            yield f"{record.where}: {found}"


def logged(logs: Path, texts: Iterable[str], names: Iterable[str]) -> Iterator[str]:
    """The same in the services' logs."""
    secret = _secrets(texts, names)
    for file in sorted(logs.glob("*.log")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if found := _shingles(line) & secret:
                yield f"{file.name}:{number}: {found}"


def _secrets(texts: Iterable[str], names: Iterable[str]) -> set[str]:
    three = {shingle for text in texts for shingle in _shingles(text) if " " in shingle}
    words = {word for name in names for word in _words(name)}
    return three | {word for word in words if word.startswith(OF_NAMES)}


def _shingles(text: str) -> set[str]:
    words = _words(text)
    return {" ".join(words[at : at + 3]) for at in range(len(words) - 2)} | set(words)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[a-z]+", "".join(c for c in plain if not unicodedata.combining(c)))
