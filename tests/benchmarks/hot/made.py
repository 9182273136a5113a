"""Decisions that were made before anybody measures."""

from tests.benchmarks.hot.opened import record
from tests.benchmarks.hot.work import Row, deciding, read, row


def made(count: int) -> list[Row]:
    """Promises for so many new cases."""
    decide, rows = deciding(), []
    for _ in range(count):
        _, value, headers = record()
        opened = read(headers, value)
        rows.append(row(opened, decide(opened)))
    return rows
