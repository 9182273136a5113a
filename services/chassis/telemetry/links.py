"""Links of a span to others, and why they are there."""

from collections.abc import Mapping
from functools import lru_cache

from services.chassis.telemetry import semconv
from services.chassis.telemetry.context import is_sampled
from services.chassis.telemetry.spans import Links, Value


def linked(*links: tuple[str, semconv.Reason]) -> Links:
    """Links with nothing but their reason; contexts of which no spans are recorded are left out."""
    return tuple((context, _because(reason)) for context, reason in links if is_sampled(context))


@lru_cache
def _because(reason: semconv.Reason) -> Mapping[str, Value]:
    return {semconv.LINK_REASON: reason.value}
