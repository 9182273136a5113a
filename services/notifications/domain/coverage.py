"""What warranty found: told with the question that follows from it, so that the customer hears it once."""

from ciclo_schemas.values import Window
from ciclo_schemas.warranty import CoverageAssessed
from services.chassis.decider import Decision, Given
from services.notifications.domain.conversation import Conversation, Coverage
from services.notifications.domain.message import Template, Told, Topic
from services.notifications.domain.telling import Telling, ask, of_known_case

CHOICES = frozenset({"remedy"})
ANSWERS = frozenset({"coverage.assessed", "warranty_answered"})
"""The reasons of a proposed resolution that consists in the assessment itself."""


@of_known_case
def coverage_assessed(state: Conversation, event: CoverageAssessed, given: Given) -> Telling:
    """Remember it: what routing or warranty makes of it comes next and tells it, with an owner and a date.

    Trial: a new unit or the money. Guarantee and out of guarantee: routing asks for the choice. A question
    about the guarantee: routing proposes the assessment as the answer. Unknown: routing asks for what is
    missing. An answer that was given already and changes is told at once.
    """
    coverage = Coverage.of(event)
    unit = event.product_unit or state.product_unit
    before, asked = state.coverage, state.asked
    state = state.model_copy(update={"coverage": coverage, "product_unit": unit})
    if asked is None or asked.told.window is None or asked.topic is not Topic.SOLVED:
        return Decision(state)
    if coverage == before or coverage.window is Window.UNKNOWN:
        return Decision(state)
    told = answer_of(coverage, state).model_copy(update={"deadline": asked.told.deadline})
    return ask(state, given, template_of(coverage), told, Topic.SOLVED)


def template_of(coverage: Coverage) -> Template:
    """Which message an assessment is told with, when it is the answer."""
    return Template.OUT_OF_GUARANTEE if coverage.window is Window.OUT else Template.COVERAGE


def answer_of(coverage: Coverage, state: Conversation) -> Told:
    """What is told about it to a customer who asked."""
    return coverage.told(state.owner)
