"""Scenarios about what services are sent, and about releases and backups, each on a ground of its own."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.drills.report import Result
from tests.drills.servers import OwnServers, Say


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scenario takes place."""

    servers: OwnServers
    directory: Path
    seed: int
    say: Say
    quick: bool


@dataclass(frozen=True, slots=True)
class Content:
    """One scenario: `play` fills the result and raises `Wrong` (or any AssertionError) if a law is broken."""

    name: str
    about: str
    play: Callable[[Place, Result], Awaitable[None]]


class Wrong(AssertionError):
    """What should be, and what is."""


def expect(what: str, expected: object, found: object) -> None:
    """Raise Wrong unless both are the same."""
    if expected != found:
        raise Wrong(f"{what}: expected {expected!r}, found {found!r}")


async def play(content: Content, place: Place) -> Result:
    """Play a scenario to its verdict."""
    result = Result(content.name, content.about)
    try:
        await content.play(place, result)
    except AssertionError as error:
        text = str(error) or type(error).__name__
        result.counts, result.examples = {"invariant": 1}, {"invariant": [text[:2000]]}
        result.verdict = "WRONG"
    else:
        result.verdict = "ok"
    return result
