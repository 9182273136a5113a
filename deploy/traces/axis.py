"""A time axis on which nothing-happened takes little room."""

from collections.abc import Iterable
from dataclasses import dataclass

QUIET_SHARE = 0.04
"""What a long wait takes of the axis."""
LONG_WAIT = 1.0
"""A wait is long when it is longer than this many times all in which something happened."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of time, and where it lies on an axis from 0 to 1."""

    start_ns: int
    end_ns: int
    left: float
    right: float
    is_wait: bool


class Axis:
    """Maps moments to the place between 0 and 1; long waits are cut short."""

    def __init__(self, busy: Iterable[tuple[int, int]]) -> None:
        pieces = _joined(sorted(busy))
        total = sum(end - start for start, end in pieces) or 1
        whole = _joined(pieces, longest_wait=int(total * LONG_WAIT))
        length = sum(end - start for start, end in whole) or 1
        room = 1 - QUIET_SHARE * (len(whole) - 1)
        shown = max(0.5, room)
        quiet = (1 - shown) / max(1, len(whole) - 1)
        self.pieces: list[Piece] = []
        left = 0.0
        for start, end in whole:
            if self.pieces:
                before = self.pieces[-1]
                self.pieces.append(Piece(before.end_ns, start, left, left + quiet, is_wait=True))
                left += quiet
            right = left + shown * (end - start) / length
            self.pieces.append(Piece(start, end, left, right, is_wait=False))
            left = right

    def at(self, moment_ns: int) -> float:
        """Where this moment lies."""
        for piece in self.pieces:
            if moment_ns <= piece.end_ns:
                long = piece.end_ns - piece.start_ns
                share = (moment_ns - piece.start_ns) / long if long else 0
                return piece.left + max(0.0, share) * (piece.right - piece.left)
        return 1.0


def _joined(spans: Iterable[tuple[int, int]], longest_wait: int = 0) -> list[tuple[int, int]]:
    """Ordered spans of time, those no further apart than this put together."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start - joined[-1][1] <= longest_wait:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
