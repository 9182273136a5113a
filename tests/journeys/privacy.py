"""Nothing that a customer is or says leaves intake's vault: not to Kafka, not to a log."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import yaml

from demo.world import FILE, Plan
from tests.journeys.reader import Record
from tests.journeys.wire import TOPICS

# These words of the customers are also in codes of the house: reasons of its classifier and of its lawyers.
CODES = {
    *(
        "network",
        "broken",
        "sound",
        "screen",
        "connection",
        "over",
        "language",
        "phone",
        "leaks",
        "lost",
        "back",
    ),
    # a text that tries to talk like the house
    *("replacement", "coverage", "trial", "only", "does", "when", "again"),
}
# And these are in what libraries log when a server goes away.
LOGGED = {"connection", "lost", "over", "with", "there"}


def people() -> set[str]:
    """The customers' names and addresses, in words."""
    plan = Plan.model_validate(yaml.safe_load(FILE.read_text("utf-8")))
    return {
        word for person in plan.customers.values() for word in words_of(f"{person.name} {person.email}")
    } - {"example"}


def secret_words(texts: Iterable[str]) -> set[str]:
    """The customers' names, addresses and words, but for those that the house has among its codes."""
    return people() | (words_of(" ".join(texts)) - CODES)


def handed_over(records: Iterable[Record]) -> list[str]:
    """What other systems say on customers' behalf."""
    handed = (json.loads(record.value or b"{}") for record in records if _hands_over(record))
    return [said["text"] for said in handed if said.get("text")]


def leaks(records: Sequence[Record], texts: Iterable[str]) -> Iterator[str]:
    """Words of customers in keys, headers and values, but where they are handed over to intake."""
    secret = secret_words(texts)
    for record in records:
        if _hands_over(record):
            continue
        parts = [
            (record.key or b"").decode(),
            *(f"{name} {(raw or b'').decode()}" for name, raw in record.headers),
        ]
        parts.append(json.dumps(json.loads(record.value or b"null"), ensure_ascii=False))
        found = secret & words_of(" ".join(parts))
        if found or "@example" in " ".join(parts):
            yield f"{record.where}: {sorted(found)}"


def logged(logs: Path, texts: Iterable[str]) -> Iterator[str]:
    """Words of customers in the services' logs."""
    secret = people() | (words_of(" ".join(texts)) - LOGGED)
    for file in sorted(logs.glob("*.log")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            found = secret & words_of(line)
            if found:
                yield f"{file.name}:{number}: {sorted(found)} in {line[:300]}"


def _hands_over(record: Record) -> bool:
    return TOPICS[record.topic].personal_data != "none"


def words_of(text: str) -> set[str]:
    """The words of four letters and more, without accents, in lower case."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return set(re.findall(r"[a-z]{4,}", "".join(c for c in plain if not unicodedata.combining(c))))
