"""What the relay may skip: nothing that is committed, and nothing that may still be."""

from collections import defaultdict
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.chassis.relay import Floor

KEYS = 3


class Outbox:
    """PostgreSQL as far as the floor depends on it: locks, transaction numbers, ids, late commits."""

    def __init__(self) -> None:
        self.next_transaction, self.next_id, self.last_over = 1, 1, 0
        self.running: dict[int, tuple[int, list[int]]] = {}  # key -> transaction, ids drawn
        self.committed: dict[int, tuple[int, int]] = {}  # id -> key, sequence of the key
        self.written: dict[int, int] = defaultdict(int)

    def begin(self, key: int, events: int) -> None:
        """Lock an aggregate, get a transaction number, draw ids."""
        if key not in self.running:
            ids = list(range(self.next_id, self.next_id + events))
            self.running[key] = (self.next_transaction, ids)
            self.next_transaction += 1
            self.next_id += events

    def commit(self, key: int) -> None:
        if key in self.running:
            transaction, ids = self.running.pop(key)
            self.last_over = max(self.last_over, transaction)
            for id_ in ids:
                self.written[key] += 1
                self.committed[id_] = (key, self.written[key])

    def read(self, floor: Floor, limit: int) -> list[int]:
        ids = sorted(id_ for id_ in self.committed if id_ > floor.id)[:limit]
        # A snapshot counts as running what is older than the newest that is over (GetSnapshotData).
        numbers = [number for number, _ in self.running.values() if number <= self.last_over]
        floor.saw(ids[0] if ids else None, min(numbers, default=self.last_over + 1))
        if ids and not floor.marked:
            floor.mark(ids[-1], self.next_transaction)
            self.last_over = self.next_transaction
            self.next_transaction += 1
        return ids


steps = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.integers(0, KEYS - 1), st.integers(1, 3)),
        st.tuples(st.just("commit"), st.integers(0, KEYS - 1), st.just(0)),
        st.tuples(st.just("read"), st.integers(1, 4), st.integers(0, 4)),
    ),
    max_size=60,
)


@given(steps)
def test_every_event_is_read_in_the_order_of_its_aggregate_however_late_others_commit(
    history: Sequence[tuple[str, int, int]],
) -> None:
    outbox, floor = Outbox(), Floor()
    sent: dict[int, int] = defaultdict(int)

    def relay(limit: int, acknowledged: int) -> None:
        for id_ in outbox.read(floor, limit)[:acknowledged]:
            key, sequence = outbox.committed.pop(id_)
            assert sequence == sent[key] + 1
            sent[key] = sequence

    for action, first, second in history:
        if action == "begin":
            outbox.begin(first, second)
        elif action == "commit":
            outbox.commit(first)
        else:
            relay(first, second)
    for key in range(KEYS):
        outbox.commit(key)
    while outbox.committed:
        before = len(outbox.committed)
        relay(4, 4)
        assert len(outbox.committed) < before
    assert sent == outbox.written


def test_once_everything_that_had_begun_is_over_the_floor_rises_past_what_was_deleted() -> None:
    floor = Floor()
    floor.mark(9, transaction=101)
    floor.saw(12, oldest_running=100)
    assert floor.id == 0  # transaction 100 may still add a 4
    floor.saw(12, oldest_running=101)
    assert floor.id == 9
    floor.mark(12, transaction=105)
    floor.saw(None, oldest_running=106)
    assert floor.id == 12


def test_the_floor_stays_below_what_is_still_to_be_sent() -> None:
    floor = Floor()
    floor.mark(9, transaction=101)
    floor.saw(5, oldest_running=102)
    assert floor.id == 4
