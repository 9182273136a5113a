"""The facts of one batch: rows as loaded, overlaid with what earlier decisions of the batch changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from services.chassis.decider import Delete, Lookup
from services.chassis.tables import Table

T = TypeVar("T")
Key = tuple[Any, ...]


class MissingFact(Exception):
    """A decision asked for rows that were not loaded yet; load them and decide again."""

    def __init__(self, lookup: Lookup) -> None:
        super().__init__(f"{lookup.model.__name__} by {', '.join(name for name, _ in lookup.by)}")
        self.lookup = lookup


class _Rows:
    """The rows of one table: by key, and by every set of columns that somebody asked for."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.by_key: dict[Key, Any] = {}
        self.changed: dict[Key, Any] = {}
        self.indexes: dict[tuple[str, ...], dict[Key, set[Key]]] = {}

    def put(self, key: Key, row: Any) -> None:
        """Make `row` (None: no row) the one of this key."""
        old = self.by_key.pop(key, None)
        if row is not None:
            self.by_key[key] = row
        for columns, index in self.indexes.items():
            if old is not None:
                index[_values(old, columns)].discard(key)
            if row is not None:
                index[_values(row, columns)].add(key)

    def index(self, columns: tuple[str, ...]) -> dict[Key, set[Key]]:
        """The index over these columns, made at the first question."""
        if columns not in self.indexes:
            index: dict[Key, set[Key]] = defaultdict(set)
            for key, row in self.by_key.items():
                index[_values(row, columns)].add(key)
            self.indexes[columns] = index
        return self.indexes[columns]


def _values(row: Any, columns: tuple[str, ...]) -> Key:
    return tuple(getattr(row, column) for column in columns)


class FactStore:
    """Implements `decider.Facts` for a batch; remembers what changed."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._rows = {table.model: _Rows(table) for table in tables}
        self._known: set[Lookup] = set()

    def knows(self, lookup: Lookup) -> bool:
        """Whether this lookup was loaded."""
        return lookup in self._known

    def loaded(self, lookups: Iterable[Lookup], model: type, rows: Iterable[Any]) -> None:
        """Take rows as the answer to these lookups; what the batch changed meanwhile stays changed."""
        of_model = self._of(model)
        for row in rows:
            key = of_model.table.key_of(row)
            if key not in of_model.changed:
                of_model.put(key, row)
        self._known.update(lookups)

    def find(self, model: type[T], **by: Any) -> tuple[T, ...]:
        """Every row with these values, in key order. Raises MissingFact when they were not loaded."""
        lookup = Lookup.of(model, **by)
        if lookup not in self._known:
            raise MissingFact(lookup)
        rows = self._of(model)
        columns = tuple(name for name, _ in lookup.by)
        keys = rows.index(columns).get(tuple(value for _, value in lookup.by), set())
        return tuple(rows.by_key[key] for key in sorted(keys))

    def one(self, model: type[T], **by: Any) -> T | None:
        """The first such row, or None."""
        rows = self.find(model, **by)
        return rows[0] if rows else None

    def change(self, change: Any) -> None:
        """A decision's row (inserted or replaced by its key) or Delete."""
        if isinstance(change, Delete):
            rows, key, row = self._of(change.model), change.key, None
        else:
            rows = self._of(type(change))
            key, row = rows.table.key_of(change), change
        rows.put(key, row)
        rows.changed[key] = row

    def changes(self) -> Iterator[tuple[Table, list[Any], list[Key]]]:
        """For each table with changes: the rows to write and the keys to delete, both in key order."""
        for rows in self._rows.values():
            if rows.changed:
                kept = [rows.changed[key] for key in sorted(rows.changed) if rows.changed[key] is not None]
                gone = [key for key in sorted(rows.changed) if rows.changed[key] is None]
                yield rows.table, kept, gone

    def table(self, model: type) -> Table:
        """The table of a model. Raises TypeError for a model that the service did not declare."""
        return self._of(model).table

    def _of(self, model: type) -> _Rows:
        if model not in self._rows:
            raise TypeError(f"{model.__name__} is not among the service's tables")
        return self._rows[model]
