"""What an API key can open at warranty's doors."""

from enum import StrEnum


class Scope(StrEnum):
    """A scope; keys get theirs by `python -m services.warranty keys create`."""

    WRITE_UNITS = "units:write"
    READ_UNITS = "units:read"
    WRITE_SERVICE_POINTS = "service_points:write"
    READ_CASES = "cases:read"
    ASSESS_CASES = "cases:assess"
    REPORT_REFUNDS = "refunds:report"
    WRITE_CONTAINMENTS = "containment:write"
