"""What operators' commands print: lines and tables, on standard output."""

import sys
from collections.abc import Sequence
from typing import Any


def table(titles: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str = "none") -> None:
    """Print rows under their titles, or `empty`."""
    if not rows:
        say(empty)
        return
    texts = [list(titles), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(titles))]
    for row in texts:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
