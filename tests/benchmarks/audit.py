"""Every record of every topic, read once more after the run by a reader without a group, and judged."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from ciclo_schemas.envelope import BadEnvelope, Envelope, from_record, schema_uri
from ciclo_schemas.topics import load_topics
from tests.benchmarks.expected import expected_events
from tests.benchmarks.ledger import Case
from tests.benchmarks.plans import CANARIES

INBOUND = "ciclo.inbound."
MAX_EXAMPLES = 3
MAX_TYPES = 128
REQUIRED = {
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_subject",
    "ce_time",
    "ce_dataschema",
    "ce_partitionkey",
    "ce_sequence",
    "ce_correlationid",
    "traceparent",
    "content-type",
}


@dataclass
class Audit:
    """What was read, and what is wrong with it."""

    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    """Records by topic."""
    events: Counter[str] = field(default_factory=Counter)
    """Different events by source name."""
    redelivered: int = 0
    _ids: set[bytes] = field(default_factory=set)
    _heads: dict[tuple[str, str], int] = field(default_factory=dict)
    _claims: dict[tuple[str, str], int] = field(default_factory=dict)
    _names: dict[str, int] = field(default_factory=dict)
    _cases: dict[str, bytearray] = field(default_factory=dict)
    _not_confirmed: set[str] = field(default_factory=set)

    async def read(self, kafka: str) -> None:
        """Read all topics of Ciclo from their beginnings to what are their ends now."""
        topics = [topic for topic in load_topics() if not topic.startswith(INBOUND)]
        async with AIOKafkaConsumer(
            *topics,
            bootstrap_servers=kafka,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=5_000,
        ) as consumer:
            ends = await consumer.end_offsets(consumer.assignment())
            starts = await consumer.beginning_offsets(consumer.assignment())
            left = {partition for partition, end in ends.items() if end > starts[partition]}
            while left:
                for partition, records in (await consumer.getmany(timeout_ms=1_000)).items():
                    for record in records:
                        self.take(record)
                    if records[-1].offset >= ends[partition] - 1:
                        left.discard(partition)

    def take(self, record: ConsumerRecord) -> None:
        """Judge one record."""
        self.records[record.topic] += 1
        place = f"{record.topic}/{record.partition}/{record.offset}"
        headers = [(name, bytes(value)) for name, value in record.headers]
        try:
            envelope, data = from_record(headers, record.value)
        except BadEnvelope as error:
            self._fault(f"envelope {error}", place)
            return
        self._judge(envelope, record.key or b"", {name for name, _ in headers}, place)
        if any(canary in record.value or any(canary in value for _, value in headers) for canary in CANARIES):
            self._fault("personal data on a topic", place)
        if envelope.sequence is not None and self._is_new(envelope, envelope.sequence, place):
            self._note(envelope, data)

    def _judge(self, envelope: Envelope, key: bytes, names: set[str], place: str) -> None:
        if not names >= REQUIRED:
            self._fault(f"headers missing: {', '.join(sorted(REQUIRED - names))}", place)
        if key.decode() != envelope.subject:
            self._fault("the key is not the subject", place)
        if envelope.schema != schema_uri(envelope.type):
            self._fault("the schema is not that of the type", place)

    def _is_new(self, envelope: Envelope, sequence: int, place: str) -> bool:
        """Whether this event was not read before; the same one may come again (at least once)."""
        at = (envelope.source_name, envelope.subject)
        head, name = self._heads.get(at, 0), UUID(envelope.id).bytes
        if sequence <= head and name in self._ids:
            self.redelivered += 1
            return False
        if sequence != head + 1:
            self._fault(
                "a sequence is not contiguous" if sequence > head else "two events share a sequence", place
            )
        elif name in self._ids:
            self._fault("two events share an id", place)
        self._ids.add(name)
        self._heads[at] = max(head, sequence)
        for source, number in envelope.clock.items():
            claim = (source, envelope.subject)
            self._claims[claim] = max(self._claims.get(claim, 0), number)
        self.events[envelope.source_name] += 1
        return True

    def _note(self, envelope: Envelope, data: bytes) -> None:
        name = envelope.type.removeprefix("ciclo.").rpartition(".")[0]
        number = self._names.setdefault(name, len(self._names))
        counts = self._cases.setdefault(envelope.subject, bytearray(MAX_TYPES))
        counts[number] += 1
        if name == "case.closed" and json.loads(data)["closed_as"] != "confirmed":
            self._not_confirmed.add(envelope.subject)

    def conclude(self, cases: Iterable[Case]) -> None:
        """Judge what only the whole can tell: clocks rest on published events, cases went as planned."""
        for (source, subject), number in self._claims.items():
            if self._heads.get((source, subject), 0) < number:
                self._fault(f"a clock names an event of {source} that was never published", subject)
        nothing = bytearray(MAX_TYPES)
        known = set()
        for case in cases:
            known.add(case.case_id)
            counts = self._cases.get(case.case_id, nothing)
            self._compare(case, counts)
        for subject in self._cases.keys() - known:
            self._fault("events about something that is no case of this run", subject)

    def total(self, name: str) -> int:
        """How often an event happened in all."""
        number = self._names.get(name)
        return 0 if number is None else sum(counts[number] for counts in self._cases.values())

    def _compare(self, case: Case, counts: bytearray) -> None:
        for name, wanted in expected_events(case.plan).items():
            number = self._names.get(name)
            got = 0 if number is None else counts[number]
            if got != wanted:
                self._fault(f"{case.plan.path}: {name} {got} times, not {wanted}", case.case_id)
        if case.case_id in self._not_confirmed:
            self._fault(f"{case.plan.path}: not closed as confirmed", case.case_id)

    def _fault(self, what: str, where: str) -> None:
        self.faults[what] += 1
        examples = self.examples.setdefault(what, [])
        if len(examples) < MAX_EXAMPLES:
            examples.append(where)
