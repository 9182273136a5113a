"""May an input be decided now? Duplicates, gaps, causality and queues, judged under the aggregate's lock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ciclo_schemas.envelope import service_of
from services.chassis.decider import KAFKA
from services.chassis.inputs import Input

Watermarks = dict[str, tuple[int, str]]
"""Last applied sequence and its event id, by source name (epoch included)."""


class Verdict(StrEnum):
    """What to do with an input; the values of the waiting ones are reasons for parking."""

    APPLY = "apply"
    DUPLICATE = "duplicate"
    FORK = "fork"
    GAP = "gap"
    CLOCK = "clock"
    BLOCKED = "blocked"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class Queue:
    """What already waits at an aggregate: sequences by source, a blocking dead letter, deferred inputs."""

    waiting: Collection[tuple[str, int]] = ()
    blocked: bool = False
    deferred: bool = False


def judge(arrived: Input, watermarks: Watermarks, queue: Queue, reads: Collection[str]) -> Verdict:
    """The verdict on an input. `reads` are the services whose events this one subscribes to.

    Only Kafka inputs queue: commands, timers, results and internal inputs are decided at once.
    """
    if arrived.origin not in KAFKA:
        return Verdict.APPLY
    if arrived.source is not None and arrived.sequence is not None:
        last, last_id = watermarks.get(arrived.source, (0, ""))
        if arrived.sequence <= last:
            forked = arrived.sequence == last and str(arrived.id) != last_id
            return Verdict.FORK if forked else Verdict.DUPLICATE
        if (arrived.source, arrived.sequence) in queue.waiting:
            return Verdict.DUPLICATE
        if arrived.sequence > last + 1:
            return Verdict.GAP
    if queue.blocked and arrived.blocked_by_dead:
        return Verdict.BLOCKED
    if queue.deferred:
        return Verdict.DEFERRED
    return Verdict.APPLY if dominates(watermarks, arrived.clock, reads) else Verdict.CLOCK


def dominates(watermarks: Watermarks, clock: Mapping[str, int], reads: Collection[str]) -> bool:
    """Whether all that the writer had applied is applied here too, as far as this service reads it."""
    return all(
        watermarks.get(source, (0, ""))[0] >= count
        for source, count in clock.items()
        if service_of(source) in reads
    )
