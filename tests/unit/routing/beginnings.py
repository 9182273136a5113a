"""Cases as far as the tests of their paths take them for granted."""

from ciclo_schemas.values import Category, Facts, RemedyKind, Window
from services.routing.domain.first_line import (
    Take,
)
from services.routing.domain.rows import CaseRow
from tests.support.deciders import CASE
from tests.unit.routing.world import (
    Case,
    assessed,
    chosen,
    opened,
    repair_authorized,
)

FAULT = Category.TECHNICAL_FAULT
ONLINE = Category.ONLINE_SUPPORT


def in_guarantee() -> Case:
    """A broken television within the guarantee; the customer is asked which remedy he wants."""
    case = Case(opened(Facts(product_unit="TV-0001", symptom_code="no_power")))
    case.is_found(FAULT)
    case.hears(assessed(Window.GUARANTEE))
    return case


def in_repair() -> Case:
    """The same, with a repair authorised."""
    case = in_guarantee()
    case.hears(chosen(RemedyKind.REPAIR))
    case.hears(repair_authorized())
    return case


def with_agent(category: Category = ONLINE) -> Case:
    """A case that an agent of the first line has taken."""
    case = Case()
    case.is_found(category, reasons=("no_connection",))
    case.is_told(Take(agent="agent-03"))
    return case


def row(case: Case) -> CaseRow:
    """What the queues show of a case."""
    found = case.facts.one(CaseRow, case_id=CASE)
    assert found is not None
    return found
