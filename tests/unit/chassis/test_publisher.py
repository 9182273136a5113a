"""Which rows may be deleted after a batch that partly failed."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.chassis.publisher import acknowledged_prefix

KEYS = [UUID(int=n) for n in range(3)]
batches = st.lists(st.tuples(st.sampled_from(KEYS), st.booleans()), max_size=12)


@given(batches)
def test_of_each_aggregate_only_what_precedes_its_first_failure_counts_as_sent(
    batch: list[tuple[UUID, bool]],
) -> None:
    rows = [(key, number, good) for number, (key, good) in enumerate(batch)]
    done = acknowledged_prefix(rows)
    for key in KEYS:
        own = [(number, good) for k, number, good in rows if k == key]
        failures = [number for number, good in own if not good]
        expected = [number for number, _ in own if not failures or number < failures[0]]
        assert [number for number in done if number in dict(own)] == expected
