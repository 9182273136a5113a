"""How rows of a service's own tables are declared: one frozen dataclass, one table."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows decisions write and, as facts, read.

    The fields of `model` (a frozen dataclass) are the columns; `types` gives each its PostgreSQL type. Rows
    are replaced by `key`. `locked` rows are locked when a decision reads them, so that what it consumes
    cannot change before the commit.
    """

    name: str
    model: type
    key: tuple[str, ...]
    types: dict[str, str]
    locked: bool = False

    def __post_init__(self) -> None:
        columns = [f.name for f in fields(self.model)]
        if columns != list(self.types):
            raise TypeError(f"table {self.name}: columns {columns} do not equal types {list(self.types)}")
        if not set(self.key) <= set(columns):
            raise TypeError(f"table {self.name}: key {self.key} is not among its columns")

    def key_of(self, row: Any) -> tuple[Any, ...]:
        """The key of one row."""
        return tuple(getattr(row, column) for column in self.key)
