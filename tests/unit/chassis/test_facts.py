"""Facts are what the database holds, overlaid with what the batch has changed so far."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.decider import Delete, Lookup
from services.chassis.facts import FactStore, MissingFact
from services.chassis.tables import Table


@dataclass(frozen=True, slots=True)
class Unit:
    """A row."""

    number: int
    shelf: int
    colour: str | None


@dataclass(frozen=True, slots=True)
class Other:
    """A row of a table that nobody declared."""

    number: int


UNITS = Table("units", Unit, ("number",), {"number": "integer", "shelf": "integer", "colour": "text"})
numbers, shelves, colours = st.integers(1, 5), st.integers(1, 3), st.sampled_from(["red", "blue", None])
units = st.builds(Unit, numbers, shelves, colours)
lookups = st.one_of(
    st.builds(lambda n: Lookup.of(Unit, number=n), numbers),
    st.builds(lambda n: Lookup.of(Unit, shelf=n), shelves),
    st.builds(lambda n, c: Lookup.of(Unit, shelf=n, colour=c), shelves, colours),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("load"), lookups),
        st.tuples(st.just("change"), units),
        st.tuples(st.just("change"), st.builds(lambda n: Delete(Unit, (n,)), numbers)),
    ),
    max_size=25,
)


def matching(rows: Iterable[Unit], lookup: Lookup) -> list[Unit]:
    return sorted(
        (row for row in rows if all(getattr(row, name) == value for name, value in lookup.by)),
        key=lambda row: row.number,
    )


@given(stored=st.lists(units, unique_by=lambda unit: unit.number), steps=steps, asked=st.lists(lookups))
def test_a_decision_sees_the_database_as_the_batch_has_left_it(
    stored: list[Unit], steps: list[tuple[str, Any]], asked: list[Lookup]
) -> None:
    store, database, now, loaded = FactStore([UNITS]), list(stored), {u.number: u for u in stored}, set()
    changed: dict[int, Unit | None] = {}
    for step, what in steps:
        if step == "load":
            store.loaded([what], Unit, matching(database, what))
            loaded.add(what)
            continue
        store.change(what)
        number = what.key[0] if isinstance(what, Delete) else what.number
        changed[number] = None if isinstance(what, Delete) else what
        now.pop(number, None)
        if not isinstance(what, Delete):
            now[number] = what
        for lookup in loaded:
            assert list(store.find(Unit, **dict(lookup.by))) == matching(now.values(), lookup)
    for lookup in [*asked, *loaded]:
        assert store.knows(lookup) == (lookup in loaded)
        if lookup not in loaded:
            with pytest.raises(MissingFact):
                store.find(Unit, **dict(lookup.by))
            continue
        found = matching(now.values(), lookup)
        assert list(store.find(Unit, **dict(lookup.by))) == found
        assert store.one(Unit, **dict(lookup.by)) == (found[0] if found else None)
    kept = [unit for _, unit in sorted(changed.items()) if unit is not None]
    gone = [(number,) for number, unit in sorted(changed.items()) if unit is None]
    assert list(store.changes()) == ([(UNITS, kept, gone)] if changed else [])


def test_a_missing_fact_names_what_was_asked_for_and_no_value() -> None:
    with pytest.raises(MissingFact, match=r"^Unit by colour, shelf$") as missing:
        FactStore([UNITS]).find(Unit, shelf=1, colour="red")
    assert missing.value.lookup == Lookup.of(Unit, colour="red", shelf=1)


def test_a_row_of_a_table_that_was_not_declared_is_refused() -> None:
    with pytest.raises(TypeError, match="Other is not among the service's tables"):
        FactStore([UNITS]).change(Other(1))
