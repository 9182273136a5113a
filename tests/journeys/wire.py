"""What must be true of everything that lies in Kafka, whatever the case; functions tell what is wrong."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from uuid import UUID

from pydantic import ValidationError

from ciclo_schemas.registry import EVENTS
from ciclo_schemas.topics import load_topics
from tests.journeys.reader import Record

TOPICS = load_topics()
HEADERS = {
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_subject",
    "ce_time",
    "ce_dataschema",
    "ce_partitionkey",
    "ce_sequence",
    "ce_caseclock",
    "ce_correlationid",
    "ce_causationid",
    "traceparent",
    "content-type",
}
SHAPES = {
    "ce_specversion": r"1\.0",
    "ce_source": r"/ciclo/(intake|routing|warranty|notifications)",
    "ce_time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
    "ce_sequence": r"\d{12}",
    "ce_caseclock": r"([a-z]+:[1-9]\d*(,[a-z]+:[1-9]\d*)*)?",
    "traceparent": r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]",
    "content-type": r"application/json; charset=utf-8",
}
Place = tuple[str, str, int]
"""Source, subject, sequence."""


def reads(service: str) -> set[str]:
    """The services whose events this one subscribes to, as the topic files say."""
    own = (topic for topic in TOPICS.values() if service in topic.consumers)
    return {producer for topic in own for producer in topic.producers} - {"external"}


class Wire:
    """Everything that lies in Kafka, sorted out."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self.deliveries = [record for record in records if not record.is_inbound]
        """What Ciclo wrote, repeated deliveries included."""

    @cached_property
    def events(self) -> list[Record]:
        """What Ciclo wrote, each event once, in the order of its first delivery within its topic."""
        first: dict[str, Record] = {}
        for record in self.deliveries:
            first.setdefault(record["ce_id"], record)
        return list(first.values())

    @cached_property
    def at(self) -> dict[Place, Record]:
        """Events by source, subject and sequence."""
        return {(event.source, event.subject, event.sequence): event for event in self.events}

    @cached_property
    def said(self) -> dict[tuple[str, str], list[Record]]:
        """What each source said about each subject, in the order in which it arrived."""
        found: dict[tuple[str, str], list[Record]] = {}
        for event in self.events:
            found.setdefault((event.source, event.subject), []).append(event)
        return found

    @cached_property
    def causes(self) -> dict[str, Record]:
        """Whatever may have caused an event and lies in Kafka, by id."""
        return {record["ce_id"]: record for record in self.records}

    def of(self, case: str) -> list[Record]:
        """The events of a case, in the order of their times."""
        found = (event for event in self.events if event.subject == case)
        return sorted(found, key=lambda event: (event["ce_time"], event.source, event.sequence))

    def faults(self) -> list[str]:
        """All that is wrong, each with the place where it lies."""
        checks = (envelopes, values, redeliveries, sequences, clocks, causation)
        return [f"{check.__name__}: {fault}" for check in checks for fault in check(self)]


def envelopes(wire: Wire) -> Iterator[str]:
    """Every header is there, once, in its shape; the key is the subject; the writer may write there."""
    for event in wire.deliveries:
        names = Counter(name for name, _ in event.headers)
        missing = HEADERS - set(names) - ({"ce_correlationid"} if event.name == "input.rejected" else set())
        strange = set(names) - HEADERS - {"tracestate"}
        repeated = [name for name, count in names.items() if count > 1]
        if missing or strange or repeated:
            yield f"{event.where}: missing {missing}, strange {strange}, repeated {repeated}"
        for name, shape in SHAPES.items():
            if not re.fullmatch(shape, event[name]):
                yield f"{event.where}: {name} is {event[name]!r}"
        if UUID(event["ce_id"]).version != 7:
            yield f"{event.where}: ce_id is no UUIDv7"
        if not (event.key or b"").decode() == event.subject == event["ce_partitionkey"] != "":
            yield f"{event.where}: key, subject and partition key differ"
        if not _is_of_its_case(wire, event):
            yield f"{event.where}: the correlation is not the case"
        if event["ce_dataschema"] != f"urn:ciclo:schema:{event['ce_type']}":
            yield f"{event.where}: ce_dataschema is {event['ce_dataschema']!r}"
        topic = TOPICS[event.topic]
        if event.source not in topic.producers or event["ce_type"] not in topic.events:
            yield f"{event.where}: does not belong in this topic"


def _is_of_its_case(wire: Wire, event: Record) -> bool:
    """The correlation is the case; a rejection may have none, for what was about no case that there is."""
    case = event["ce_correlationid"]
    if event.name == "input.rejected":
        return not case or ("intake", case) in wire.said
    return case == event.subject


def values(wire: Wire) -> Iterator[str]:
    """Every value is exactly what its model writes: no field more, no guessed type, no reader's fallback."""
    for event in wire.deliveries:
        model = EVENTS[event["ce_type"]]
        try:
            read = model.model_validate_json(event.value or b"", strict=True)
            if json.loads(read.write()) != json.loads(event.value or b""):
                yield f"{event.where}: would not be written like this"
        except (ValidationError, ValueError) as error:
            yield f"{event.where}: {error}"


def redeliveries(wire: Wire) -> Iterator[str]:
    """An id belongs to one event: what comes again is the same to the byte."""
    first: dict[str, Record] = {}
    for again in wire.deliveries:
        before = first.setdefault(again["ce_id"], again)
        if (before.topic, before.key, before.value, before.headers) != (
            again.topic,
            again.key,
            again.value,
            again.headers,
        ):
            yield f"{again.where}: another record than {before.where}, under the same id"


def sequences(wire: Wire) -> Iterator[str]:
    """What a source says about a subject is counted 1, 2, 3, and arrives in this order."""
    for (source, subject), events in wire.said.items():
        counted = [event.sequence for event in events]
        if counted != list(range(1, len(events) + 1)):
            yield f"{source} counts {counted} about {subject}"


def clocks(wire: Wire) -> Iterator[str]:
    """Clocks never run backwards, name only what exists, and nobody knows what comes after his own word."""
    pasts: dict[Place, dict[str, int]] = {}
    for (source, subject), events in wire.said.items():
        before: dict[str, int] = {}
        for event in events:
            clock = event.clock
            if source in clock or any(clock.get(name, 0) < number for name, number in before.items()):
                yield f"{event.where}: after {before} its clock says {clock}"
            before = clock
            for name, number in clock.items():
                seen = wire.at.get((name, subject, number))
                if seen is None:
                    yield f"{event.where}: rests on {name}:{number}, which does not exist"
                    continue
                skipped = {
                    other: count
                    for other, count in seen.clock.items()
                    if other in reads(source) and clock.get(other, 0) < count
                }
                if skipped:
                    yield f"{event.where}: had seen {name}:{number}, but not {skipped} before it"
            if _past(wire, pasts, (source, subject, event.sequence)).get(source, 0) >= event.sequence:
                yield f"{event.where}: rests on what came after it"


def _past(wire: Wire, pasts: dict[Place, dict[str, int]], place: Place) -> dict[str, int]:
    """All that came before an event by anybody's clock: the highest sequence of each source.

    An event that leads back to itself while it is looked at finds itself in its own past.
    """
    if place in pasts:
        return pasts[place]
    source, subject, sequence = place
    past = pasts[place] = {source: sequence}
    event = wire.at.get(place)
    found = Counter[str]()
    if event is not None:
        for name, number in [*event.clock.items(), (source, sequence - 1)]:
            if number:
                found |= Counter(_past(wire, pasts, (name, subject, number)) | {name: number})
    past.clear()
    past.update(found)
    return past


def causation(wire: Wire) -> Iterator[str]:
    """Every event names what caused it; one cause has its consequences at a source once, in one go."""
    for (source, subject), events in wire.said.items():
        blocks = [cause for cause, _ in groupby(events, key=lambda event: event["ce_causationid"])]
        yield from (
            f"{source} applied {cause} {times} times to {subject}"
            for cause, times in Counter(blocks).items()
            if times > 1
        )
        for event in events:
            cause = wire.causes.get(event["ce_causationid"])
            if cause is None:
                # Commands, timers and results of effects are nobody else's, so they do not lie in Kafka.
                if UUID(event["ce_causationid"]).version not in (5, 7):
                    yield f"{event.where}: caused by {event['ce_causationid']}, which does not exist"
            elif not cause.is_inbound and event.clock.get(cause.source, 0) < cause.sequence:
                yield f"{event.where}: caused by {cause.where}, which its writer had not seen"
