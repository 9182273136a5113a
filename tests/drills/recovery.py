"""How it goes after a fault, compared with before: pure arithmetic on what was applied when."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

SMOOTH_S = 3
ENOUGH = 0.95

Steps = Sequence[tuple[float, int]]
"""When inputs were applied (seconds of the wall clock), and how many."""


@dataclass(frozen=True, slots=True)
class Round:
    """One control window and, after a fault, one just as long: the moments in which they begin."""

    control: float
    after: float
    length: float


@dataclass(frozen=True, slots=True)
class Recovery:
    """The medians of the rounds; `seconds` is None when in most of them the old rate was not reached."""

    ratio: float
    seconds: float | None
    control_per_s: float
    rounds: int
    ratios: tuple[float, ...] = ()
    """Of each round."""

    def told(self) -> str:
        """In words."""
        time = "never" if self.seconds is None else f"after {self.seconds:.1f} s"
        each = ", ".join(f"{ratio:.2f}" for ratio in self.ratios)
        return f"recovery {self.ratio:.2f} ({each}), {time}; {self.control_per_s:.0f} inputs/s before"


def recovery(steps: Steps, rounds: Sequence[Round]) -> Recovery | None:
    """Throughput after the fault / before it, and how long it took to reach the old rate again.

    None when nothing happened in the control windows.
    """
    measured = [(rate(steps, one.control, one.length), one) for one in rounds]
    measured = [(before, one) for before, one in measured if before > 0]
    if not measured:
        return None
    ratios = [rate(steps, one.after, one.length) / before for before, one in measured]
    times = [_time_to(ENOUGH * before, steps, one) for before, one in measured]
    never = float("inf")
    time = median(never if each is None else each for each in times)
    return Recovery(
        round(median(ratios), 3),
        None if time == never else round(time, 1),
        round(median(before for before, _ in measured), 1),
        len(measured),
        tuple(round(ratio, 3) for ratio in ratios),
    )


def rate(steps: Steps, begin: float, length: float) -> float:
    """Inputs applied a second in a window."""
    return sum(count for at, count in steps if begin <= at < begin + length) / length


def _time_to(wanted: float, steps: Steps, one: Round) -> float | None:
    """Seconds from the end of the fault until as much is applied, in seconds on end, as before."""
    begin = 0.0
    while begin + SMOOTH_S <= one.length:
        if rate(steps, one.after + begin, SMOOTH_S) >= wanted:
            return begin
        begin += 0.5
    return None
