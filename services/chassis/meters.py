"""How metrics are declared: one `Metric` each, of which Prometheus' objects and docs/metrics.md are made.

Labels are bounded whatever happens: a value outside its closed set, and one set of values too many, is
counted under `_OTHER`. So nobody outside can make the number of series grow.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Any, Final, Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from services.chassis.telemetry.context import is_sampled, span_id, trace_id

OTHER: Final = "_OTHER"

REGISTRY: Final = CollectorRegistry()
"""What /metrics of this process shows."""

# When each series began is of no use here, and would be a third of them all.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Kind(StrEnum):
    """Prometheus' types."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Across(StrEnum):
    """How the numbers of several replicas become the service's: each has its own, or all show the same."""

    SUM = "sum"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class Label:
    """`values`: all there can be. Else `bound` names the code or configuration that limits them."""

    name: str
    values: tuple[str, ...] = ()
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `most`: how many sets of label values it may have, beside one that is all `_OTHER`."""

    name: str
    kind: Kind
    help: str
    unit: str
    labels: tuple[Label, ...] = ()
    most: int = 1
    buckets: tuple[float, ...] = ()
    across: Across = Across.SUM

    def __post_init__(self) -> None:
        if self.most < 1:
            raise TypeError(f"{self.name} has a label without a closed set: say `most`")

    @property
    def shown_as(self) -> str:
        """The name to ask Prometheus for."""
        return f"{self.name}_total" if self.kind is Kind.COUNTER else self.name

    @property
    def ceiling(self) -> int:
        """More series than these there cannot be, in one process."""
        sets = self.most if all(label.values for label in self.labels) else self.most + 1
        # A histogram's buckets, with +Inf; its count and sum.
        return sets * (len(self.buckets) + 3 if self.kind is Kind.HISTOGRAM else 1)


Made = TypeVar("Made", Counter, Gauge, Histogram)


class Meter(Generic[Made]):
    """A metric that counts."""

    def __init__(self, metric: Metric, made: Made) -> None:
        self.metric = metric
        self._made: Any = made
        self._held: dict[tuple[str, ...], Made] = {}

    def at(self, *values: str) -> Made:
        """The series of these label values, in the order of the declaration."""
        held = self._held.get(values)
        return self._bounded(values) if held is None else held

    def clear(self) -> None:
        """Forget every series, whose values are not known now; a gauge without labels shows NaN."""
        if self.metric.labels:
            self._made.clear()
            self._held.clear()
        elif isinstance(self._made, Gauge):
            self._made.set(math.nan)

    def _bounded(self, values: tuple[str, ...]) -> Made:
        labels = self.metric.labels
        if not labels:
            self._held[()] = self._made
            return self._held[()]
        pairs = zip(labels, values, strict=True)
        within = tuple(OTHER if one.values and value not in one.values else value for one, value in pairs)
        if within not in self._held:
            if len(self._held) >= self.metric.most:
                within = (OTHER,) * len(labels)
            self._held[within] = self._made.labels(*within)
        return self._held[within]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a gauge shows at one set of label values."""

    gauge: Meter[Gauge]
    values: tuple[str, ...]
    number: float


def show(gauges: Sequence[Meter[Gauge]], known: Sequence[Shown]) -> None:
    """Let these gauges show what is known and nothing else."""
    for gauge in gauges:
        gauge.clear()
    for one in known:
        one.gauge.at(*one.values).set(one.number)


def counter(
    name: str,
    meaning: str,
    *labels: Label,
    unit: str,
    most: int = 0,
    registry: CollectorRegistry = REGISTRY,
) -> Meter[Counter]:
    """Declare a counter; Prometheus adds `_total` to its name."""
    metric = Metric(name, Kind.COUNTER, meaning, unit, labels, most or _all(labels))
    meter = Meter(metric, Counter(name, meaning, [one.name for one in labels], registry=registry))
    if all(one.values for one in labels):
        # At 0 from the beginning: else Prometheus would not see the first of anything.
        for values in product(*(one.values for one in labels)):
            meter.at(*values)
    return meter


def gauge(
    name: str,
    meaning: str,
    *labels: Label,
    unit: str,
    most: int = 0,
    across: Across = Across.SUM,
    registry: CollectorRegistry = REGISTRY,
) -> Meter[Gauge]:
    """Declare a gauge."""
    metric = Metric(name, Kind.GAUGE, meaning, unit, labels, most or _all(labels), across=across)
    return Meter(metric, Gauge(name, meaning, [one.name for one in labels], registry=registry))


def histogram(
    name: str, meaning: str, *labels: Label, buckets: tuple[float, ...], unit: str = "seconds", most: int = 0
) -> Meter[Histogram]:
    """Declare a histogram with these upper bounds."""
    metric = Metric(name, Kind.HISTOGRAM, meaning, unit, labels, most or _all(labels), buckets)
    names = [one.name for one in labels]
    return Meter(metric, Histogram(name, meaning, names, buckets=buckets, registry=REGISTRY))


def exemplar(traceparent: str | None) -> dict[str, str] | None:
    """What leads from a number to a trace; None for a context that is not sampled."""
    if traceparent is None or not is_sampled(traceparent):
        return None
    return {"trace_id": trace_id(traceparent), "span_id": span_id(traceparent)}


def _all(labels: Sequence[Label]) -> int:
    """How many sets of values there are; 0 if not all labels have a closed set."""
    return math.prod(len(one.values) + 1 for one in labels) if all(one.values for one in labels) else 0
