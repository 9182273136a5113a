"""Moments and durations as people read them."""

import re
from datetime import UTC, datetime

from deploy.traces.spans import Span

MICRO, MILLI, SECOND = 1_000, 1_000_000, 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
HEARD, CREATED = "ciclo.event.type", "ciclo.created.types"


def duration(ns: int) -> str:
    """`850 µs`, `12.3 ms`, `4.20 s`, `5 min 3 s`, `2 h 5 min`, `21 d 3 h`."""
    if ns < MILLI:
        return f"{ns / MICRO:.0f} µs"
    if ns < SECOND:
        return f"{ns / MILLI:.1f} ms"
    if ns < MINUTE:
        return f"{ns / SECOND:.2f} s"
    for unit, name, part, part_name in ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min")):
        if ns >= unit:
            return f"{ns // unit} {name} {ns % unit // part} {part_name}"
    return f"{ns // MINUTE} min {ns % MINUTE // SECOND} s"


def moment(ns: int) -> str:
    """`2026-11-22 04:09:31.123 UTC`."""
    return datetime.fromtimestamp(ns / SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"


def events(span: Span) -> str:
    """Which events a span processed, and which it created: `case.opened → promise.made`; may be empty."""
    heard = (said.get(HEARD) for said in (span.attributes, *(link.attributes for link in span.links)))
    created = span.attributes.get(CREATED, ())
    sides = [", ".join(dict.fromkeys(map(_short, filter(None, types)))) for types in (heard, created)]
    return " → ".join(sides) if sides[1] else sides[0]


def _short(event_type: object) -> str:
    return re.sub(r"^ciclo\.|\.v\d+$", "", str(event_type))
