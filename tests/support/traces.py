"""What spans tell of cases, and what is wrong with it: a small language for journeys.

told = Told.by(sink)
case = told.case(case_id)
case.legs, case.services
case.faults() == []          # one connected graph, nothing dangling, one trigger for each leg
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from deploy.traces import Sink, graph
from deploy.traces.spans import Link, Scope, Span, SpanEvent, SpanKey

TRIGGERS = ("SERVER", "CONSUMER")
"""Kinds of spans that begin a leg; and of INTERNAL ones those below."""
INNER_TRIGGERS = ("timer ", "decide ", "effect ")
LOST_SECONDS = 3.0
"""Of what a killed service did so shortly before, spans may be lost (the tests send them every 0.2 s)."""


@dataclass(frozen=True)
class Deaths:
    """Which services were killed, and when (Unix time in seconds): their last spans may be missing."""

    moments: Mapping[str, list[float]] = field(default_factory=dict)

    def excuse(self, service: str, at: float | None = None) -> bool:
        """Whether a span of this service may be missing; of one that ended at this moment, if it is known."""
        killed = self.moments.get(service, [])
        return bool(killed) if at is None else any(0 <= death - at + 0.5 <= LOST_SECONDS for death in killed)


NONE = Deaths()
"""Nobody was killed: nothing may be missing."""


@dataclass(frozen=True)
class Told:
    """Every span that a sink has."""

    spans: list[Span]

    @classmethod
    def by(cls, sink: Sink) -> "Told":
        """All that the sink has been sent so far."""
        return cls([span_of(data) for data in sink.spans()])

    @cached_property
    def at(self) -> dict[SpanKey, Span]:
        """The spans by their ids."""
        return {span.key: span for span in self.spans}

    @cached_property
    def naming(self) -> dict[SpanKey, list[Span]]:
        """By span: those whose parent it is, or that link to it."""
        found: dict[SpanKey, list[Span]] = {}
        for span in self.spans:
            for key in span.references:
                found.setdefault(key, []).append(span)
        return found

    @cached_property
    def _traces(self) -> dict[str, list[Span]]:
        found: dict[str, list[Span]] = {}
        for span in self.spans:
            found.setdefault(span.trace_id, []).append(span)
        return found

    @property
    def cases(self) -> list[str]:
        """The cases that any span names."""
        return list(dict.fromkeys(span.case_id for span in self.spans if span.case_id is not None))

    def case(self, case_id: str) -> "CaseGraph":
        """What is told of one case: its traces, and from traces of no case the spans that link to them."""
        traces = dict.fromkeys(span.trace_id for span in self.spans if span.case_id == case_id)
        own = [span for trace in traces for span in self._traces[trace]]
        shared = {
            span.key: span
            for one in own
            for span in self.naming.get(one.key, ())
            if span.trace_id not in traces and span.case_id is None
        }
        return CaseGraph(case_id, own, list(shared.values()), self)


@dataclass(frozen=True)
class CaseGraph:
    """One case: `own` are the spans of its legs, `shared` those that did something for several cases."""

    case_id: str
    own: list[Span]
    shared: list[Span]
    told: Told

    @cached_property
    def legs(self) -> list[graph.Leg]:
        """Its legs in the order of their beginnings."""
        return graph.legs(self.own)

    @property
    def spans(self) -> list[Span]:
        """All of them."""
        return [*self.own, *self.shared]

    @property
    def services(self) -> set[str]:
        """Who took part."""
        return {span.service for span in self.spans}

    def faults(self, deaths: Deaths = Deaths()) -> list[str]:
        """Everything that is wrong, in words; spans that died with their service are forgiven."""
        checks = (self._apart(deaths), self._dangling(deaths), self._unnamed(), self._beginnings(deaths))
        return [f"{self.case_id}: {fault}" for check in checks for fault in check]

    def _apart(self, deaths: Deaths) -> Iterator[str]:
        """Parents and links make one component; a span that died still connects those that name it."""
        parts = graph.components(self.spans)
        if deaths.moments:
            parts = _joined(parts, self.told.at)
        if len(parts) > 1:
            loose = [self.told.at[min(part)] for part in parts[1:]]
            yield f"falls into {len(parts)} parts: {[f'{span.service}: {span.name}' for span in loose]}"

    def _dangling(self, deaths: Deaths) -> Iterator[str]:
        """What a span names is there."""
        for span in self.spans:
            for key in span.references - self.told.at.keys():
                what = "parent" if key == span.parent else "link"
                if not any(deaths.excuse(service) for service in deaths.moments):
                    yield f"{span.service}: {span.name}: its {what} {key[1]} is not there"

    def _unnamed(self) -> Iterator[str]:
        """Every span of its legs says which case it is of."""
        for span in self.own:
            if span.case_id is None:
                yield f"{span.service}: {span.name}: does not name the case"

    def _beginnings(self, deaths: Deaths) -> Iterator[str]:
        """A leg has one beginning, and something that triggers one."""
        for leg in self.legs:
            roots = [span for span in leg.spans if span.parent is None]
            lost = {span.parent for span in leg.spans} - {None} - {span.key for span in leg.spans}
            if len(roots) + len(lost) != 1 and not deaths.moments:
                yield f"a leg with {len(roots) + len(lost)} beginnings: {[root.name for root in roots]}"
            for root in roots:
                if root.kind not in TRIGGERS and not root.name.startswith(INNER_TRIGGERS):
                    yield f"a leg begins with {root.name}"


def _joined(parts: list[set[SpanKey]], at: Mapping[SpanKey, Span]) -> list[set[SpanKey]]:
    """Parts put together that are of one trace, or name one span that is not there."""
    joined: list[tuple[set[SpanKey], set[Any]]] = []
    for part in parts:
        holds: set[Any] = {trace for trace, _ in part}
        holds |= {key for span in part for key in at[span].references if key not in at}
        whole = part
        for other in [one for one in joined if one[1] & holds]:
            joined.remove(other)
            whole, holds = whole | other[0], holds | other[1]
        joined.append((whole, holds))
    return [part for part, _ in joined]


def span_of(data: Mapping[str, Any]) -> Span:
    """A span from the JSON of the sink."""
    own = {name: value for name, value in data.items() if name not in ("scope", "links", "events")}
    return Span(
        **own,
        scope=Scope(**data["scope"]),
        links=tuple(Link(**link) for link in data["links"]),
        events=tuple(SpanEvent(**event) for event in data["events"]),
    )


def counts(graphs: Iterable[CaseGraph]) -> list[int]:
    """How many spans each case has, ascending."""
    return sorted(len(case.spans) for case in graphs)
