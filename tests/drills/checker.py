"""Judges a history in Jepsen's words. Pure: records in, anomalies out.

lost: answered or recorded, and gone. unseen: published, and not applied by somebody who reads it.
duplicate: applied, answered or owed twice. nonmonotonic: in another order than it happened, or before its
causes. Beside them the law of conservation (every accepted case is in exactly one place) and the business's
invariants.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby

from tests.drills.records import Applied, Emitted, History, Owed, Place, Request, Seen

MAX_EXAMPLES = 5


class Anomaly(StrEnum):
    """The kinds."""

    LOST = "lost"
    UNSEEN = "unseen"
    DUPLICATE = "duplicate"
    NONMONOTONIC = "nonmonotonic"
    CONSERVATION = "conservation"
    INVARIANT = "invariant"


Found = Iterator[tuple[Anomaly, str]]
Heads = Mapping[tuple[str, str, str], int]


@dataclass(slots=True)
class Judgement:
    """How often each anomaly was found, with examples."""

    counts: Counter[Anomaly] = field(default_factory=Counter)
    examples: dict[Anomaly, list[str]] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.counts

    @property
    def may_pass(self) -> bool:
        """Whether time may still heal it: what is under way looks lost, unseen, or nowhere."""
        return set(self.counts) <= {Anomaly.LOST, Anomaly.UNSEEN, Anomaly.CONSERVATION}

    def add(self, anomaly: Anomaly, what: str) -> None:
        """Note one."""
        self.counts[anomaly] += 1
        examples = self.examples.setdefault(anomaly, [])
        if len(examples) < MAX_EXAMPLES:
            examples.append(what)


def check(history: History) -> Judgement:
    """The judgement on a history."""
    judgement = Judgement()
    for found in (
        _answered(history.requests, history.emitted),
        _recorded(history.emitted),
        _published(history.emitted, history.seen),
        _topics_in_order(history.seen),
        _watermarks(history.applied),
        _causes(history.applied, history.seen, history.readers),
        _unseen(history.emitted, history.applied, history.readers),
        _owed_once(history.owed),
        _as_planned(history.emitted, history.expected),
        _conserved(history.places),
        _mailed(history.arrived, history.told),
        _no_escalation_before_replacement(history.seen),
        ((Anomaly.INVARIANT, what) for what in history.broken),
    ):
        for anomaly, what in found:
            judgement.add(anomaly, what)
    return judgement


def _answered(requests: Sequence[Request], emitted: Sequence[Emitted]) -> Found:
    recorded = {one.subject for one in emitted}
    answers: dict[str, set[str]] = defaultdict(set)
    for request in requests:
        if request.subject:
            answers[request.key].add(request.subject)
            if request.subject not in recorded:
                yield (
                    Anomaly.LOST,
                    f"{request.what} was answered with {request.subject}, which is not recorded",
                )
    for key, subjects in answers.items():
        if len(subjects) > 1:
            yield Anomaly.DUPLICATE, f"the key {key} was answered with {sorted(subjects)}"


def _recorded(emitted: Sequence[Emitted]) -> Found:
    last: dict[tuple[str, str], int] = {}
    transactions: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for one in sorted(emitted, key=lambda e: e.order):
        at = (one.source, one.subject)
        if one.sequence != last.get(at, 0) + 1:
            what = f"{one.source} recorded {one.sequence} of {one.subject} after {last.get(at, 0)}"
            yield Anomaly.NONMONOTONIC, what
        last[at] = max(one.sequence, last.get(at, 0))
        if one.cause is not None:
            transactions[one.service, one.subject, one.cause].add(one.tx)
    for (service, subject, cause), found in transactions.items():
        if len(found) > 1:
            yield Anomaly.DUPLICATE, f"{service} applied {cause} to {subject} in {len(found)} transactions"


def _published(emitted: Sequence[Emitted], seen: Sequence[Seen]) -> Found:
    known = {one.event for one in seen}
    for one in emitted:
        if one.event not in known:
            yield Anomaly.LOST, f"{one.source}:{one.sequence} {one.name} of {one.subject} is on no topic"
    recorded = {one.event for one in emitted}
    for record in seen:
        if record.event not in recorded:
            what = f"{record.source}:{record.sequence} of {record.subject} is published, not recorded"
            yield Anomaly.LOST, what


def _topics_in_order(seen: Sequence[Seen]) -> Found:
    heads: dict[tuple[str, str], int] = {}
    places: dict[str, tuple[str, str, int]] = {}
    ids: dict[tuple[str, str, int], str] = {}
    for one in sorted(seen, key=lambda s: (s.topic, s.partition, s.offset)):
        place = (one.source, one.subject, one.sequence)
        if places.setdefault(one.event, place) != place:
            yield Anomaly.DUPLICATE, f"the id {one.event} stands for {place} and {places[one.event]}"
        if ids.setdefault(place, one.event) != one.event:
            yield Anomaly.DUPLICATE, f"two events are {place}"
        head = heads.get(place[:2], 0)
        if one.sequence > head + 1:
            yield (
                Anomaly.NONMONOTONIC,
                f"{one.source} of {one.subject}: {one.sequence} follows {head} on its topic",
            )
        heads[place[:2]] = max(head, one.sequence)


def _watermarks(applied: Sequence[Applied]) -> Found:
    heads: dict[tuple[str, str, str], int] = {}
    for one in sorted(applied, key=lambda a: a.order):
        at = (one.service, one.subject, one.source)
        head = heads.get(at, 0)
        told = (
            f"{one.service} went from {one.low} to {one.high} in {one.source} of {one.subject} after {head}"
        )
        if one.high <= head:
            yield Anomaly.DUPLICATE, told
        elif one.low != head or one.high <= one.low:
            yield Anomaly.NONMONOTONIC, told
        heads[at] = max(head, one.high)


def _causes(applied: Sequence[Applied], seen: Sequence[Seen], readers: Mapping[str, frozenset[str]]) -> Found:
    """Nobody applied an event before what its writer had applied, as far as he reads it."""
    clocks = {(one.source, one.subject, one.sequence): one.clock for one in seen if one.clock}
    reads = _sources_read(seen, readers)
    heads: dict[tuple[str, str, str], int] = {}

    def transaction(one: Applied) -> tuple[str, str, int]:
        return (one.service, one.subject, one.tx)

    for _, group in groupby(sorted(applied, key=lambda a: (a.service, a.subject, a.order)), key=transaction):
        steps = list(group)
        for step in steps:
            heads[step.service, step.subject, step.source] = step.high
        for step in steps:
            for sequence in range(step.low + 1, step.high + 1):
                clock = clocks.get((step.source, step.subject, sequence), {})
                for source, count in clock.items():
                    if step.service not in reads.get(source, ()):
                        continue
                    if heads.get((step.service, step.subject, source), 0) < count:
                        yield (
                            Anomaly.NONMONOTONIC,
                            f"{step.service} applied {step.source}:{sequence} of {step.subject} "
                            f"before {source}:{count}",
                        )


def _sources_read(
    seen: Sequence[Seen], readers: Mapping[str, frozenset[str]]
) -> Mapping[str, frozenset[str]]:
    return {one.source: readers[one.topic] for one in seen if one.topic in readers}


def _unseen(
    emitted: Sequence[Emitted], applied: Sequence[Applied], readers: Mapping[str, frozenset[str]]
) -> Found:
    heads: dict[tuple[str, str, str], int] = {}
    for step in applied:
        at = (step.service, step.subject, step.source)
        heads[at] = max(heads.get(at, 0), step.high)
    for one in emitted:
        for service in sorted(readers.get(one.topic, ())):
            if heads.get((service, one.subject, one.source), 0) < one.sequence:
                yield (
                    Anomaly.UNSEEN,
                    f"{service} has not applied {one.source}:{one.sequence} {one.name} of {one.subject}",
                )


def _owed_once(owed: Sequence[Owed]) -> Found:
    for one, times in Counter(owed).items():
        if times > 1:
            yield (
                Anomaly.DUPLICATE,
                f"{one.service} owed {one.kind} for {one.cause} of {one.subject} {times} times",
            )


def _as_planned(emitted: Sequence[Emitted], expected: Mapping[str, Mapping[str, int]]) -> Found:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in emitted:
        counts[one.subject][one.name] += 1
    for subject, wanted in expected.items():
        for name, times in wanted.items():
            got = counts[subject][name]
            if got != times:
                anomaly = Anomaly.DUPLICATE if got > times else Anomaly.LOST
                yield anomaly, f"{name} happened {got} times, not {times}, in {subject}"


def _conserved(places: Iterable[Place]) -> Found:
    for one in places:
        if one.is_held and one.is_terminal:
            yield Anomaly.CONSERVATION, f"{one.subject} has ended, and an input of it waits"
        elif not (one.is_held or one.is_terminal or one.is_waiting):
            yield Anomaly.CONSERVATION, f"{one.subject} is open, and nothing will ever move it"
        elif one.is_terminal and one.is_waiting:
            yield Anomaly.CONSERVATION, f"{one.subject} has ended, and a promise of it is live"


def _mailed(arrived: int, told: int) -> Found:
    if arrived < told:
        yield Anomaly.LOST, f"{told} messages were sent, {arrived} arrived"
    elif arrived > told:
        yield Anomaly.UNSEEN, f"{arrived} messages arrived, notifications knows of {told}"


def _no_escalation_before_replacement(seen: Sequence[Seen]) -> Found:
    """In the trial period a replacement is approved before any technician is called."""
    trials: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    approved: dict[str, int] = {}
    for one in seen:
        if one.name == "coverage.assessed":
            trials[one.subject].append((one.sequence, one.window == "trial"))
        elif one.name == "replacement.approved":
            approved[one.subject] = min(one.sequence, approved.get(one.subject, one.sequence))
    for one in seen:
        if one.name != "case.escalated":
            continue
        known = one.clock.get("warranty", 0)
        rests_on = max((at for at in trials[one.subject] if at[0] <= known), default=(0, False))
        if rests_on[1] and approved.get(one.subject, known + 1) > known:
            yield (
                Anomaly.INVARIANT,
                f"{one.subject} was escalated in the trial period, nothing was approved before",
            )
