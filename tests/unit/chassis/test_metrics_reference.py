import re

from deploy.metrics_reference import FILE, SERVICES, metrics_of, reference
from services.chassis.meters import Kind


def test_the_reference_of_the_metrics_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == reference(), "run `make metrics`"


def test_names_units_and_labels_are_as_prometheus_and_the_conventions_want_them() -> None:
    found = [metric for module in ("chassis", *SERVICES) for metric in metrics_of(module)]
    assert len({metric.name for metric in found}) == len(found)
    for metric in found:
        assert re.fullmatch(r"(ciclo|http_server|messaging|db_client)_[a-z_]+[a-z]", metric.name)
        assert metric.name.endswith("_total") is False
        if metric.kind is Kind.HISTOGRAM:
            assert metric.buckets == tuple(sorted(metric.buckets))
            assert metric.unit == "inputs" or metric.name.endswith("_seconds")
        for label in metric.labels:
            assert re.fullmatch(r"[a-z]+(_[a-z]+)*", label.name)
            assert bool(label.values) != bool(label.bound)
