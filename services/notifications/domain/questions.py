"""What we ask the customer, and the end."""

from ciclo_schemas.routing import (
    CaseClosed,
    CaseHeld,
    ClosedAs,
    InformationRequested,
    ResolutionProposed,
)
from ciclo_schemas.values import WaitName
from services.chassis.decider import Decision, Given
from services.notifications.domain.conversation import Conversation, Question
from services.notifications.domain.message import Template, Told
from services.notifications.domain.telling import Telling, of_known_case, tell


@of_known_case
def information_requested(state: Conversation, event: InformationRequested, given: Given) -> Telling:
    """Ask once, for everything; a choice of remedy comes with the decision that it rests on."""
    coverage = state.coverage
    told = Told(
        owner=state.owner,
        deadline=event.deadline,
        missing=tuple(code for code in event.missing if code != "remedy"),
        until=None if coverage is None else coverage.until,
        reasons=() if coverage is None else coverage.reasons,
        window=None if coverage is None else coverage.window,
        remedies=() if coverage is None else coverage.remedies,
        withheld=() if coverage is None else coverage.withheld,
        product_unit=state.product_unit,
    )
    choice = "remedy" in event.missing and coverage is not None
    return tell(state, given, Template.REMEDY_CHOICE if choice else Template.INFORMATION, told)


@of_known_case
def resolution_proposed(state: Conversation, event: ResolutionProposed, given: Given) -> Telling:
    """Is it solved? Only the customer can say. Asked as soon as routing says until when it waits."""
    told = Told(
        owner=event.proposed_by,
        reasons=(event.reason,),
        product_unit=state.product_unit,
        again=state.proposals > 0,
    )
    question = Question(cause=given.cause, told=told)
    changes = {"proposals": state.proposals + 1, "denied": False, "question": question}
    return Decision(state.model_copy(update=changes))


@of_known_case
def case_held(state: Conversation, event: CaseHeld, given: Given) -> Telling:
    """A wait for the customer completes the question that the customer shall answer with its deadline."""
    question = state.question
    if question is None or event.wait is not WaitName.CUSTOMER:
        return Decision(state)
    told = question.told.model_copy(update={"deadline": event.deadline, "owner": event.owner})
    asked = state.model_copy(update={"question": None})
    return tell(asked, given, Template.SOLVED, told, about=question.cause)


@of_known_case
def case_closed(state: Conversation, event: CaseClosed, given: Given) -> Telling:
    """Thanks; silence is never told as solved."""
    confirmed = event.closed_as is ClosedAs.CONFIRMED
    template = Template.CLOSED if confirmed else Template.CLOSED_UNCONFIRMED
    return tell(state, given, template, Told(owner=state.owner, reasons=(event.reason,)))
