from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

from services.chassis.lag import Behind, Lag

ONE, OTHER = TopicPartition("ciclo.cases.v1", 0), TopicPartition("ciclo.cases.v1", 1)


def _record(offset: int, written: float) -> Any:
    nothing = (None, None, None, -1, -1, ())
    return ConsumerRecord(ONE.topic, ONE.partition, offset, int(written * 1000), 0, *nothing)


def test_records_in_hand_count_as_unread_and_their_age_is_that_of_the_oldest() -> None:
    lag = Lag()
    lag.took([_record(5, 100.0), _record(6, 130.0)])
    assert lag.behind({ONE: (7, 9)}, now=160.0) == {ONE: Behind(4, 60.0)}
    lag.let_go()
    assert lag.last_progress == 0.0
    lag.took([_record(5, 100.0), _record(6, 130.0)])
    lag.let_go(applied_at=170.0)
    assert lag.behind({ONE: (7, 7)}, now=180.0) == {ONE: Behind()}
    assert lag.last_progress == 170.0


def test_what_stays_unread_grows_older_until_something_is_read() -> None:
    lag = Lag()
    ages = [lag.behind({ONE: (3, 5), OTHER: (0, 0)}, now)[ONE].seconds for now in (10.0, 25.0)]
    assert ages == [0.0, 15.0]
    assert lag.behind({ONE: (4, 5)}, now=40.0)[ONE] == Behind(1, 0.0)
    assert lag.behind({ONE: (5, 5)}, now=41.0)[ONE] == Behind()


def test_a_partition_that_went_to_another_replica_is_not_told_of() -> None:
    lag = Lag()
    lag.behind({ONE: (3, 5)}, now=10.0)
    assert lag.behind({}, now=20.0) == {}
    assert lag.behind({ONE: (3, 5)}, now=30.0)[ONE] == Behind(2, 0.0)


def test_the_age_of_a_record_that_does_not_say_when_it_was_written_counts_from_when_it_was_seen() -> None:
    lag = Lag()
    lag.took([_record(5, -0.001)])
    assert [lag.behind({ONE: (6, 6)}, now)[ONE] for now in (10.0, 12.0)] == [Behind(1, 0.0), Behind(1, 2.0)]
