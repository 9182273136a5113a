"""What we ask the customer, once; and once more where no answer came."""

from typing import Any

from ciclo_schemas.routing import CaseHeld, CustomerReminded, InformationRequested, ResolutionProposed
from ciclo_schemas.values import WaitName, Window
from services.chassis.decider import Decision, Given
from services.notifications.domain.conversation import Asked, Conversation, Question
from services.notifications.domain.coverage import ANSWERS, answer_of, template_of
from services.notifications.domain.handovers import waits_for_other_case
from services.notifications.domain.message import Template, Told, Topic
from services.notifications.domain.telling import Telling, ask, of_known_case, tell

SOMETHING = "something"
"""Missing, without a name."""


@of_known_case
def information_requested(state: Conversation, event: InformationRequested, given: Given) -> Telling:
    """Ask once, for everything; a choice comes with the decision that it rests on.

    A quote asks by itself (`quote_issued`), and may be answered before routing knows of it.
    """
    if event.missing == ("quote",):
        return Decision(_with_deadline(state, event))
    coverage = state.coverage
    owner = event.asked_by or state.owner
    told = Told(
        owner=owner,
        missing=event.missing or (SOMETHING,),
        product_unit=state.product_unit,
        has_words=event.text_ref is not None,
    )
    template, topic = Template.INFORMATION, Topic.INFORMATION
    if "remedy" in event.missing and coverage is not None and coverage.remedies:
        template = Template.OUT_OF_GUARANTEE if coverage.window is Window.OUT else Template.REMEDY_CHOICE
        missing = tuple(code for code in event.missing if code != "remedy")
        told, topic = coverage.told(owner).model_copy(update={"missing": missing}), Topic.REMEDY
    told = told.model_copy(update={"deadline": event.deadline})
    return ask(state, given, template, told, topic)


def _with_deadline(state: Conversation, event: InformationRequested) -> Conversation:
    asked = state.asked
    if asked is None or asked.topic is not Topic.QUOTE:
        return state
    told = asked.told.model_copy(update={"deadline": event.deadline})
    return state.model_copy(update={"asked": Asked(topic=asked.topic, told=told)})


@of_known_case
def resolution_proposed(state: Conversation, event: ResolutionProposed, given: Given) -> Telling:
    """Is it solved? Only the customer can say. Asked as soon as routing says until when it waits."""
    template, cause = Template.SOLVED, given.cause
    told = Told(owner=event.proposed_by, reasons=(event.reason,), again=state.proposals > 0)
    if event.reason in ANSWERS and state.coverage is not None:
        template, told = template_of(state.coverage), answer_of(state.coverage, state)
    if event.reason == "complaint.answered" and state.answer is not None:
        template, told, cause = Template.COMPLAINT_ANSWERED, state.answer.told, state.answer.cause
    told = told.model_copy(update=_done_with(state, event) | {"product_unit": state.product_unit})
    if event.text_ref is not None:
        told = told.model_copy(update={"has_words": True})
    question = Question(cause=cause, template=template, told=told)
    changes = {"proposals": state.proposals + 1, "denied": False, "question": question}
    changes |= {"done": None, "answer": None}
    return Decision(state.model_copy(update=changes))


def _done_with(state: Conversation, event: ResolutionProposed) -> dict[str, Any]:
    done = state.done
    if done is None or done.reason != event.reason:
        return {}
    return {"work": done.work, "until": done.until, "price": done.price, "reference": done.reference}


@of_known_case
def case_held(state: Conversation, event: CaseHeld, given: Given) -> Telling:
    """A wait for the customer completes the question with its deadline; one for another case is told."""
    if event.wait is WaitName.LINKED_CASE:
        return waits_for_other_case(state, event, given)
    question = state.question
    if event.wait is not WaitName.CUSTOMER:
        return Decision(state.model_copy(update={"linked": False}))
    if question is None:
        return Decision(state)
    told = question.told.model_copy(update={"deadline": event.deadline, "owner": event.owner})
    asked = state.model_copy(update={"question": None})
    return ask(asked, given, question.template, told, Topic.SOLVED, about=question.cause)


@of_known_case
def customer_reminded(state: Conversation, event: CustomerReminded, given: Given) -> Telling:
    """The same question once more, with the days that are left."""
    asked = state.asked
    told = Told(about=Topic.INFORMATION) if asked is None else asked.told
    more = {"owner": state.owner, "deadline": event.deadline, "reminder": event.n}
    return tell(state, given, Template.REMINDER, told.model_copy(update=more))
