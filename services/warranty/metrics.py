"""What warranty counts: which window reports fall into, and what is done about them."""

from typing import Final

from ciclo_schemas.values import Window
from ciclo_schemas.warranty import (
    CoverageAssessed,
    RefundApproved,
    RepairAuthorized,
    ReplacementApproved,
)
from services.chassis.definition import Measures
from services.chassis.meters import Label, counter

ASSESSED = counter(
    "ciclo_coverage_assessed",
    "Assessments by the window the report falls into (periodo de prueba, garantía, fuera de garantía)",
    Label("window", tuple(window.value for window in Window.written())),
    unit="assessments",
)
GRANTED = counter(
    "ciclo_remedies_granted",
    "Remedies that warranty granted",
    Label("remedy", ("replacement", "repair", "refund")),
    unit="remedies",
)

MEASURES: Final = Measures(
    counts={
        CoverageAssessed: lambda event: ASSESSED.at(event.window.value).inc(),
        ReplacementApproved: lambda _: GRANTED.at("replacement").inc(),
        RepairAuthorized: lambda _: GRANTED.at("repair").inc(),
        RefundApproved: lambda _: GRANTED.at("refund").inc(),
    }
)
