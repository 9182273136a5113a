"""The keyword classifier's data, and how its phrases are found in a text.

A phrase is words with spaces between: `no enciend*` (a stem), `no .. conect*` (up to three words between),
`{1-30} dias` (a number in a range). Texts and phrases are compared without case and accents.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ciclo_schemas.values import Category, Code

GAP = ".."
MAX_GAP = 3
STOP = "."
NEGATION_REACH = 3
SHORTEST_STEM, LONGEST_STEM = 2, 16
_APOSTROPHES = dict.fromkeys(map(ord, "'’`´"))
_range = re.compile(r"\{(\d+)-(\d+)\}")
_part = re.compile(r"[a-z0-9]+\*?|\.\.|\{\d+-\d+\}")
_token = re.compile(r"[a-z0-9]+|[.,;:!?\n]")


def fold(text: str) -> str:
    """Lower case without accents; an apostrophe joins (`can't` is `cant`)."""
    plain = text.casefold().translate(_APOSTROPHES)
    if plain.isascii():
        return plain
    return "".join(mark for mark in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(mark))


def tokens_of(text: str) -> list[str]:
    """The words of a text; punctuation that ends a clause is one `.`."""
    return [STOP if not token[0].isalnum() else token for token in _token.findall(fold(text))]


def _phrase(text: str) -> str:
    parts = fold(text).split()
    if not parts or not all(_part.fullmatch(part) for part in parts) or GAP in (parts[0], parts[-1]):
        raise ValueError("a phrase is words, stems*, {1-30} numbers and .. gaps between words")
    if any(part.endswith("*") and not SHORTEST_STEM < len(part) <= LONGEST_STEM + 1 for part in parts):
        raise ValueError(f"a stem has {SHORTEST_STEM} to {LONGEST_STEM} letters")
    return " ".join(parts)


Phrase = Annotated[str, AfterValidator(_phrase)]


class LexiconData(BaseModel):
    """Part of a keyword file: immutable, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(LexiconData):
    """Phrases that speak for a category with a weight; the code is the reason that is told."""

    code: Code
    category: Category
    weight: float = Field(gt=0, le=10)
    phrases: tuple[Phrase, ...] = Field(min_length=1)


class Signals(LexiconData):
    """Phrases that shift the boundary between categories, or the urgency."""

    early: tuple[Phrase, ...]
    """The product has just arrived or is a few weeks old at most."""
    hypothetical: tuple[Phrase, ...]
    """It is asked about, not reported."""
    urgent: tuple[Phrase, ...]
    greetings: tuple[Phrase, ...]
    """Words that say nothing of the matter."""


class Keywords(LexiconData):
    """One language's keyword file."""

    language: str
    marks: frozenset[str] = Field(min_length=10)
    """Small words that only this language uses: they tell which languages a text is written in."""
    negations: tuple[str, ...]
    copulas: tuple[str, ...]
    """After a negation these deny a thing itself: "no *es* el wifi", not "no abre Netflix"."""
    joints: tuple[str, ...]
    """Words that end the reach of a negation: `y`, `pero`; also "no *puedo* ...", which reports a trouble."""
    rules: tuple[Rule, ...]
    signals: Signals


class PhraseIndex:
    """Finds which of many phrases occur in a text, by their first word."""

    def __init__(self, named: Iterable[tuple[Sequence[str], str]]) -> None:
        self._words: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._stems: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._numbers: list[tuple[tuple[str, ...], str]] = []
        for phrases, name in named:
            for phrase in phrases:
                self._add(phrase, name)

    def _add(self, phrase: str, name: str) -> None:
        parts = tuple(phrase.split())
        first = parts[0]
        if first.startswith("{"):
            self._numbers.append((parts, name))
        elif first.endswith("*"):
            self._stems.setdefault(first[:-1], []).append((parts, name))
        else:
            self._words.setdefault(first, []).append((parts, name))

    def find(self, tokens: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Every occurrence: its name and where it begins.

        A phrase gives way to a longer one that continues it: `nao liga` to `nao liga a internet`.
        """
        for at, token in enumerate(tokens):
            here = [one for one in self._beginning_with(token) if _matches(one[0], tokens, at)]
            for parts, name in here:
                if not any(len(other) > len(parts) == _common(other, parts) for other, _ in here):
                    yield name, at

    def _beginning_with(self, token: str) -> Iterator[tuple[tuple[str, ...], str]]:
        if token in self._words:
            yield from self._words[token]
        for length in range(SHORTEST_STEM, min(len(token), LONGEST_STEM) + 1):
            if token[:length] in self._stems:
                yield from self._stems[token[:length]]
        if token.isdecimal():
            yield from self._numbers


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many parts two phrases have in common from the beginning."""
    return next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _matches(parts: Sequence[str], tokens: Sequence[str], at: int) -> bool:
    if not parts:
        return True
    if parts[0] == GAP:
        for skipped in range(MAX_GAP + 1):
            if _matches(parts[1:], tokens, at + skipped):
                return True
            if at + skipped >= len(tokens) or tokens[at + skipped] == STOP:
                return False
        return False
    return at < len(tokens) and _fits(parts[0], tokens[at]) and _matches(parts[1:], tokens, at + 1)


def _fits(part: str, token: str) -> bool:
    if part == token:
        return True
    if part.endswith("*"):
        return token.startswith(part[:-1])
    between = _range.fullmatch(part) if part.startswith("{") and token.isdecimal() else None
    return between is not None and int(between[1]) <= int(token) <= int(between[2])
