"""The case changes hands or waits elsewhere: education, another case, somebody who has to find out."""

from ciclo_schemas.routing import (
    CaseDivertedToTraining,
    CaseHandedOff,
    CaseHeld,
    CaseLinked,
    CaseReopened,
    CaseUnknownDeclared,
    CaseUnknownResolved,
)
from services.chassis.decider import Decision, Given
from services.notifications.domain.conversation import Conversation, Link
from services.notifications.domain.message import Template, Told
from services.notifications.domain.telling import Telling, of_known_case, tell, with_news


@of_known_case
def unknown_declared(state: Conversation, event: CaseUnknownDeclared, given: Given) -> Telling:
    """We do not know yet, and say so: who finds out, and when the customer hears again.

    Said again because that date passed, it begins with our apology: no other message repeats it.
    """
    told = Told(
        owner=event.owner,
        due=event.next_update_at,
        was_due=None if state.broken is None else state.broken.due,
        reasons=(event.reason,),
        again=event.unknown_no > 1,
    )
    changes = {"owner": event.owner, "owner_reason": event.reason, "broken": None, "denied": False}
    changes["progress_told"] = (event.owner, event.reason)
    return tell(state.model_copy(update=changes), given, Template.UNKNOWN, told)


@of_known_case
def unknown_resolved(state: Conversation, _event: CaseUnknownResolved, _given: Given) -> Telling:
    """The message about what comes next begins with it."""
    return with_news(state, "unknown_resolved")


@of_known_case
def diverted_to_training(state: Conversation, event: CaseDivertedToTraining, given: Given) -> Telling:
    """The education area is asked to take over; until when it answers, and who has the case meanwhile."""
    told = Told(owner=state.owner, due=event.due, product_unit=state.product_unit)
    return tell(state, given, Template.TRAINING, told)


@of_known_case
def handed_off(state: Conversation, event: CaseHandedOff, _given: Given) -> Telling:
    """Somebody else has the case, and why: the message about the next promise says it."""
    return Decision(state.model_copy(update={"owner": event.to, "owner_reason": event.reason}))


@of_known_case
def linked(state: Conversation, event: CaseLinked, given: Given) -> Telling:
    """The same matter was reported before: told as soon as routing says until when this case waits."""
    link = Link(cause=given.cause, reason=event.reason)
    return Decision(state.model_copy(update={"linked": True, "link": link}))


def waits_for_other_case(state: Conversation, event: CaseHeld, given: Given) -> Telling:
    """The wait for the case that goes on: from now on that one speaks for both."""
    link = state.link
    if link is None:
        return Decision(state)
    told = Told(
        owner=event.owner, deadline=event.deadline, reasons=(link.reason,), product_unit=state.product_unit
    )
    return tell(state.model_copy(update={"link": None}), given, Template.LINKED, told, about=link.cause)


QUIET = frozenset({"late_confirmation", "cancellation_requested"})
"""Words after the end whose own answer is all the customer needs to hear."""


@of_known_case
def reopened(state: Conversation, event: CaseReopened, _given: Given) -> Telling:
    """A word after the end: the message about the next promise says who goes on.

    A late "it is solved" or "cancel it" ends the case again at once: then only that is told.
    """
    changes = {
        "owner": event.owner,
        "owner_reason": event.reason,
        "ended": False,
        "linked": False,
        "reopened": event.reason not in QUIET,
        "progress_told": (event.owner, event.reason),
    }
    return Decision(state.model_copy(update=changes))
