"""Where things stand on a time axis, in percent of its width: so a drawing fits every screen."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_LEAST = 0.4
_STEPS = tuple(
    timedelta(seconds=one)
    for one in (1, 5, 15, 60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600)
) + tuple(timedelta(days=one) for one in (28, 91, 182, 364, 728, 1820, 3640))
_MOST_TICKS = 6
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
"""A Monday, so that weeks begin on one."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of an axis that is filled; `kind` says with what."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A round moment on an axis."""

    x: float
    moment: datetime


@dataclass(frozen=True, slots=True)
class Axis:
    """The time from `start` to `end`, drawn to scale."""

    start: datetime
    end: datetime

    def place(self, moment: datetime) -> float:
        """Where a moment stands, from 0 to 100; what is outside stands at the edge."""
        whole = self.end - self.start
        return _round(100 * min(max((moment - self.start) / whole, 0.0), 1.0)) if whole else 0.0

    def bar(self, kind: str, start: datetime, end: datetime, least: float = _LEAST) -> Bar:
        """What lasts from `start` to `end`, as wide as `least` if it would not be seen otherwise."""
        left, right = self.place(start), self.place(end)
        width = max(right - left, least)
        return Bar(kind, _round(min(left, 100 - width)), _round(width))

    def ticks(self) -> list[Tick]:
        """A few round moments: of the day, of the week, whatever suits the length."""
        whole = self.end - self.start
        step = next((step for step in _STEPS if whole / step <= _MOST_TICKS), _STEPS[-1])
        first = self.start - (self.start - _EPOCH) % step
        moments = [first + number * step for number in range(1, int(whole / step) + 2)]
        return [Tick(self.place(moment), moment) for moment in moments if moment <= self.end]


def _round(percent: float) -> float:
    return round(percent, 2)
