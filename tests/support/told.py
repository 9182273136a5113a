"""What a service tells of itself, kept in memory: its spans, by name."""

import asyncio
from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan

from services.chassis.telemetry import semconv
from services.chassis.telemetry.exporting import Tracing, resource_of
from services.chassis.telemetry.spans import Span
from tests.support.readable import readable


class Told:
    """A tracing whose spans can be asked for."""

    def __init__(self, service: str = "warranty") -> None:
        self._resource = resource_of(service, "test")
        self._kept: list[Span] = []
        self.tracing = Tracing(self)

    def export(self, spans: Sequence[Span]) -> bool:
        """Keep them."""
        self._kept += spans
        return True

    def shutdown(self) -> None:
        """Nothing."""

    def spans(self) -> Sequence[ReadableSpan]:
        """Every span so far, in the order in which they were told."""
        assert self.tracing.flush()
        return [readable(span, self._resource) for span in self._kept]

    async def work(self) -> list[ReadableSpan]:
        """The spans of what was decided, without those of statements, which only tell that one was slow.

        What a transaction tells, it tells in the next turn of the loop.
        """
        await asyncio.sleep(0)
        spans = [span for span in self.spans() if semconv.DB_SUMMARY not in (span.attributes or {})]
        return sorted(spans, key=lambda span: span.start_time or 0)

    async def forget(self) -> None:
        """Begin anew."""
        await self.work()
        self._kept.clear()

    def names(self) -> list[str]:
        """The names of the spans."""
        return [span.name for span in self.spans()]

    def named(self, name: str) -> list[ReadableSpan]:
        """The spans of this name."""
        return [span for span in self.spans() if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        """The only span of this name."""
        [span] = self.named(name)
        return span


def traceparent(span: ReadableSpan) -> str:
    """The context of a span, as text."""
    context = span.get_span_context()
    assert context is not None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"


def parent(span: ReadableSpan) -> str | None:
    """The context of its parent, as text."""
    given = span.parent
    return None if given is None else f"00-{given.trace_id:032x}-{given.span_id:016x}-01"


def links(span: ReadableSpan) -> dict[str, str]:
    """The contexts that a span is linked to, by the reason."""
    return {
        str((link.attributes or {})[semconv.LINK_REASON]): (
            f"00-{link.context.trace_id:032x}-{link.context.span_id:016x}-01"
        )
        for link in span.links
    }


def about(span: ReadableSpan) -> dict[str, object]:
    """The attributes of a span."""
    return dict(span.attributes or {})
