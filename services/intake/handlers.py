"""What intake hears and does: the whole of it on one screen."""

from collections.abc import Iterable
from typing import Any

from ciclo_schemas.routing import ResolutionProposed
from ciclo_schemas.warranty import CoverageAssessed
from services.chassis.decider import Decider, Lookup
from services.intake.domain.answers import (
    ChooseRemedy,
    Confirm,
    Deny,
    choose_remedy,
    confirm,
    coverage_assessed,
    deny,
    resolution_proposed,
)
from services.intake.domain.case import CaseState
from services.intake.domain.customer import CustomerState, RegisterCustomer, register_customer
from services.intake.domain.opening import OpenCase, open_case, opening_needs
from services.intake.domain.timeline import project
from services.intake.domain.words import Inform, KeepText, RequestHuman, inform, keep_text, request_human

READS = ("ciclo.routing.v1", "ciclo.warranty.v1", "ciclo.notifications.v1")
TIMELINE = project


def _needs(_state: CaseState | None, data: Any) -> Iterable[Lookup]:
    return opening_needs(data) if isinstance(data, OpenCase) else ()


CASES = Decider(
    kind="case",
    state=CaseState,
    on={
        # the customer's commands
        OpenCase: open_case,
        Inform: inform,
        ChooseRemedy: choose_remedy,
        Confirm: confirm,
        Deny: deny,
        RequestHuman: request_human,
        # a colleague's command
        KeepText: keep_text,
        # events of the other services
        CoverageAssessed: coverage_assessed,
        ResolutionProposed: resolution_proposed,
    },
    needs=_needs,
)

CUSTOMERS = Decider(kind="customer", state=CustomerState, on={RegisterCustomer: register_customer})
