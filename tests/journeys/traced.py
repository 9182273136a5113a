"""What spans tell, held against what happened: Kafka's records and intake's timeline."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import asyncpg

from ciclo_schemas.events import Event
from demo.processes import NAMES
from deploy.embedded import Servers
from deploy.traces import Sink
from deploy.traces.spans import Span, SpanKey
from tests.contract.services import definition
from tests.journeys.reader import Record
from tests.journeys.wire import Wire
from tests.support.conventions import departures
from tests.support.databases import in_database
from tests.support.traces import NONE, CaseGraph, Deaths, Told

TYPES = "ciclo.created.types"
SLOW = {"db.system.name", "ciclo.batch.size"}
"""What only spans of slow statements and their batches say."""
SETTLING_SECONDS = 1.5
"""When for so long no span came, there are no more."""
SPANS_A_CASE, SPANS_AN_EVENT = 10, 2.25
"""What a case may cost: so many, and for each event so many more, for its sending and what others do about
it. Slow statements of the database, and batches that are told for their sake, do not count: the machine
decides how many there are."""


@dataclass(frozen=True)
class Traced:
    """What is told about the cases, and what there is to tell."""

    told: Told
    wire: Wire
    timeline: Mapping[str, str]
    """Intake's timeline: the trace context by the id of the event."""
    deaths: Deaths = NONE

    def faults(self, cases: Sequence[str]) -> list[str]:
        """Everything that is wrong with the spans of these cases, and with spans at all."""
        found = departures(self.told.spans)
        for case_id in cases:
            case = self.told.case(case_id)
            events = self.wire.of(case_id)
            found += case.faults(self.deaths)
            for check in (self._told_of, self._happened, self._went, self._within):
                found += [f"{case_id}: {check.__name__}: {fault}" for fault in check(case, events)]
        return found

    def _told_of(self, _case: CaseGraph, events: Sequence[Record]) -> Iterator[str]:
        """Every event has its span, and stands in intake's timeline under it."""
        for event in events:
            if self.timeline.get(event["ce_id"]) != event["traceparent"]:
                yield f"{event.where}: its context in the timeline is {self.timeline.get(event['ce_id'])}"
            creating = self.told.at.get(_key(event))
            if creating is None:
                if not self._died(event):
                    yield f"{event.where}: no span has its context"
                continue
            said = dict(zip(_created(creating), creating.attributes.get(TYPES, ()), strict=True))
            if creating.service != event.source or said.get(event["ce_id"]) != event["ce_type"]:
                yield f"{event.where}: told by {creating.service}: {creating.name} {said}"

    def _happened(self, case: CaseGraph, _events: Sequence[Record]) -> Iterator[str]:
        """Every creation that is told lies in Kafka, once; rejections of what was about the case, too."""
        there = {event["ce_id"] for event in self.wire.events if event["ce_correlationid"] == case.case_id}
        own = [span for span in case.own if span.case_id == case.case_id]
        ids = Counter(id_ for span in own for id_ in _created(span))
        yield from (
            f"{span.name} created {id_}, which is not in Kafka"
            for span in own
            for id_ in _created(span)
            if id_ not in there
        )
        yield from (f"{id_} is created {times} times" for id_, times in ids.items() if times > 1)

    def _went(self, _case: CaseGraph, events: Sequence[Record]) -> Iterator[str]:
        """From each creation an edge leads to its sending, and to whoever decides on it: to each once."""
        for event in events:
            naming = self.told.naming.get(_key(event), [])
            if not any(span.name == f"send {event.topic}" for span in naming) and not self._died(event):
                yield f"{event.where}: nobody tells that it was sent"
            for service in NAMES:
                told = sum(span.service == service and _processes(span, event) for span in naming)
                wanted = int(event["ce_type"] in decided_by(service))
                if told > wanted or (told < wanted and not self.deaths.excuse(service)):
                    yield f"{event.where}: {service} tells {told} times that it decided on it, not {wanted}"

    def _within(self, case: CaseGraph, events: Sequence[Record]) -> Iterator[str]:
        """A case costs a bounded number of spans."""
        spans = [span for span in case.spans if not SLOW & span.attributes.keys()]
        if len(spans) > SPANS_A_CASE + SPANS_AN_EVENT * len(events):
            yield f"{len(spans)} spans for {len(events)} events"

    def _died(self, event: Record) -> bool:
        at = datetime.fromisoformat(event["ce_time"]).timestamp()
        return self.deaths.excuse(event.source, at)


@cache
def decided_by(service: str) -> frozenset[str]:
    """The types of the others' events that a service decides on."""
    return frozenset(
        model.event_type
        for decider in definition(service).deciders
        for model in decider.on
        if issubclass(model, Event)
    )


async def look(servers: Servers, sink: Sink, wire: Wire, deaths: Deaths = NONE) -> Traced:
    """What is told, once no more spans come."""
    told, before = await asyncio.to_thread(Told.by, sink), -1
    while len(told.spans) != before:
        await asyncio.sleep(SETTLING_SECONDS)
        told, before = await asyncio.to_thread(Told.by, sink), len(told.spans)
    return Traced(told, wire, await _timeline(servers), deaths)


async def _timeline(servers: Servers) -> dict[str, str]:
    """Intake's timeline: the trace contexts by the ids of the events."""
    connection = await asyncpg.connect(in_database(servers.postgres, "ciclo_intake"), timeout=10)
    try:
        rows = await connection.fetch("SELECT event_id, traceparent FROM timeline")
    finally:
        await connection.close(timeout=10)
    return {str(row["event_id"]): str(row["traceparent"]) for row in rows}


def _created(span: Span) -> list[str]:
    """The ids of the events that it created."""
    return list(span.attributes.get("ciclo.created.ids", ()))


def _processes(span: Span, event: Record) -> bool:
    """Whether it decided on the event, alone or with others: what became a dead letter is not decided on."""
    if span.attributes.get("ciclo.outcome") == "dead" or span.name != f"process {event.topic}":
        return False
    named = [span.attributes, *(link.attributes for link in span.links if link.target == _key(event))]
    return [said.get("messaging.message.id") for said in named].count(event["ce_id"]) == 1


def _key(event: Record) -> SpanKey:
    _, trace_id, span_id, _ = event["traceparent"].split("-")
    return trace_id, span_id
