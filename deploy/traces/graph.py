"""What spans form together: a tree in each trace, a graph by links, legs of a case and the waits between."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from deploy.traces.spans import Link, Span, SpanKey


@dataclass(frozen=True, slots=True)
class Placed:
    """A span in the tree of its trace; roots, and spans whose parent is not here, have depth 0."""

    span: Span
    depth: int


@dataclass(frozen=True)
class Leg:
    """What one trigger caused: one trace. `number` counts from 1 by the time of the beginning."""

    number: int
    trace_id: str
    spans: tuple[Span, ...]
    gap_ns: int | None
    """How long nothing of the case happened before it; None when an earlier leg was not over yet."""

    @property
    def start_ns(self) -> int:
        """When its first span began."""
        return min(span.start_ns for span in self.spans)

    @property
    def end_ns(self) -> int:
        """When its last span ended."""
        return max(span.end_ns for span in self.spans)

    @property
    def first(self) -> Span:
        """The span that began it."""
        return self.tree[0].span

    @property
    def services(self) -> list[str]:
        """Who took part, in order of appearance."""
        return list(dict.fromkeys(placed.span.service for placed in self.tree))

    @cached_property
    def tree(self) -> list[Placed]:
        """Its spans, each under its parent, siblings by their beginnings."""
        return tree(self.spans)


def tree(spans: Iterable[Span]) -> list[Placed]:
    """Spans of one trace, each under its parent, siblings by their beginnings."""
    ordered = sorted(spans, key=lambda span: (span.start_ns, -span.end_ns, span.span_id))
    known = {span.span_id for span in ordered}
    children: dict[str, list[Span]] = {}
    for span in ordered:
        children.setdefault(span.parent_span_id if span.parent_span_id in known else "", []).append(span)
    placed: list[Placed] = []
    waiting = [Placed(span, 0) for span in reversed(children.pop("", ()))]
    while waiting:
        placed.append(waiting.pop())
        below = children.pop(placed[-1].span.span_id, ())
        waiting += [Placed(span, placed[-1].depth + 1) for span in reversed(below)]
    # Spans that are each other's parents: wrong, but shown.
    placed += [Placed(span, 0) for circle in children.values() for span in circle]
    return placed


def legs(spans: Iterable[Span]) -> list[Leg]:
    """The traces among these spans, in the order of their beginnings."""
    of_trace: dict[str, list[Span]] = {}
    for span in spans:
        of_trace.setdefault(span.trace_id, []).append(span)
    found: list[Leg] = []
    ended = 0
    for trace in sorted(of_trace.values(), key=lambda trace: min(span.start_ns for span in trace)):
        gap = min(span.start_ns for span in trace) - ended if found else None
        leg = Leg(len(found) + 1, trace[0].trace_id, tuple(trace), gap if gap and gap > 0 else None)
        found.append(leg)
        ended = max(ended, leg.end_ns)
    return found


def components(spans: Sequence[Span]) -> list[set[SpanKey]]:
    """The parts that parents and links hold together, the largest first."""
    part_of: dict[SpanKey, set[SpanKey]] = {span.key: {span.key} for span in spans}
    for span in spans:
        for other in span.references & part_of.keys():
            mine, theirs = part_of[span.key], part_of[other]
            if mine is theirs:
                continue
            small, large = sorted((mine, theirs), key=len)
            large |= small
            part_of |= dict.fromkeys(small, large)
    return sorted({id(part): part for part in part_of.values()}.values(), key=len, reverse=True)


def links_between(every: Sequence[Leg]) -> list[tuple[Leg, Leg, Link]]:
    """Links from one leg to another, once for each pair and reason."""
    home = {leg.trace_id: leg for leg in every}
    found = {
        (leg.trace_id, link.trace_id, link.reason): (leg, home[link.trace_id], link)
        for leg in every
        for span in leg.spans
        for link in span.links
        if link.trace_id != leg.trace_id and link.trace_id in home
    }
    return list(found.values())
