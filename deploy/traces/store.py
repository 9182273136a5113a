"""The last spans, in memory: bounded by their number and their size, the oldest dropped first."""

from collections import deque
from collections.abc import Iterable

from deploy.traces.otlp import Received
from deploy.traces.spans import Span, SpanKey

BYTES_A_SPAN = 4096
"""What spans may take on the wire, on average."""


class Store:
    """Keeps the last `max_spans` spans, or fewer when they are larger than 4 KiB on average."""

    def __init__(self, max_spans: int) -> None:
        self.dropped = 0
        """How many had to make room for later ones."""
        self._max_spans = max_spans
        self._max_bytes = max_spans * BYTES_A_SPAN
        self._bytes = 0
        self._order: deque[tuple[SpanKey, int]] = deque()
        self._traces: dict[str, dict[str, Span]] = {}
        self._of_case: dict[str, dict[str, int]] = {}
        """By case: its traces, and how many of its spans each of them holds."""
        self._linking: dict[SpanKey, set[SpanKey]] = {}
        """By span: those that link to it."""

    def __len__(self) -> int:
        return len(self._order)

    def add(self, spans: Iterable[Received]) -> None:
        """Keep these. A span that is here already was sent again: the first stays."""
        for received in spans:
            self._add(received.span, received.size)
            while len(self._order) > self._max_spans or self._bytes > self._max_bytes:
                self._drop_oldest()

    def everything(self) -> list[Span]:
        """Every span, in order of arrival."""
        return [self._traces[trace_id][span_id] for (trace_id, span_id), _ in self._order]

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of a trace."""
        return list(self._traces.get(trace_id, {}).values())

    def case(self, case_id: str) -> list[Span]:
        """The spans of every trace that has one of this case, and spans of no case that link to them."""
        traces = self._of_case.get(case_id, ())
        found = {span.key: span for trace_id in traces for span in self.trace(trace_id)}
        for key in [key for linked in found for key in self._linking.get(linked, ())]:
            span = self._traces[key[0]][key[1]]
            if span.case_id is None:
                found[key] = span
        return list(found.values())

    def cases(self) -> list[str]:
        """The cases that have spans here, the one that was heard of first first."""
        return list(self._of_case)

    def traces(self) -> list[str]:
        """The traces that have spans here, in the same order."""
        return list(self._traces)

    def _add(self, span: Span, size: int) -> None:
        trace = self._traces.setdefault(span.trace_id, {})
        if span.span_id in trace:
            return
        trace[span.span_id] = span
        self._order.append((span.key, size))
        self._bytes += size
        if span.case_id is not None:
            traces = self._of_case.setdefault(span.case_id, {})
            traces[span.trace_id] = traces.get(span.trace_id, 0) + 1
        for link in span.links:
            self._linking.setdefault(link.target, set()).add(span.key)

    def _drop_oldest(self) -> None:
        (trace_id, span_id), size = self._order.popleft()
        trace = self._traces[trace_id]
        span = trace.pop(span_id)
        if not trace:
            del self._traces[trace_id]
        self._bytes -= size
        self.dropped += 1
        if span.case_id is not None:
            self._forget_case(span.case_id, trace_id)
        for target in {link.target for link in span.links}:
            linking = self._linking[target]
            linking.discard(span.key)
            if not linking:
                del self._linking[target]

    def _forget_case(self, case_id: str, trace_id: str) -> None:
        traces = self._of_case[case_id]
        traces[trace_id] -= 1
        if not traces[trace_id]:
            del traces[trace_id]
        if not traces:
            del self._of_case[case_id]
