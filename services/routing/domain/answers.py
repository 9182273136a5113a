"""The customer's answer to "is it solved?": yes closes the case, no makes a person go on from here."""

from ciclo_schemas.cases import CaseObjectionRaised, CaseResolutionConfirmed, CaseResolutionDenied
from ciclo_schemas.routing import ClosedAs
from services.routing.domain import owners, promises, resolution, waits, words
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn


def resolution_confirmed(turn: Turn, confirmation: CaseResolutionConfirmed) -> None:
    """The customer says it is solved.

    Counts for the latest proposal only, and not while a remedy is under way: then it answers an old question.
    While a complaint is open it is remembered.
    """
    end = turn.state.ended or turn.state.ending
    if end is not None and end.closed_as is ClosedAs.CONFIRMED:
        return
    if turn.state.is_closed:
        resolution.reopen(turn, "late_confirmation")
    if confirmation.proposal_no == turn.state.proposals and turn.state.remedy is None:
        resolution.close(turn, ClosedAs.CONFIRMED, "customer_confirmed")


def resolution_denied(turn: Turn, denial: CaseResolutionDenied) -> None:
    """The customer says it is not solved: a person goes on from here, the second time the supervisor."""
    words.note(turn, denial.text_ref, denial.safety_flag)
    resolution.go_on(turn, "resolution_denied")
    if denial.proposal_no != turn.state.proposals or denial.proposal_no == turn.state.denied:
        return
    turn.change(denied=denial.proposal_no, denials=turn.state.denials + 1)
    waits.resume(turn, "resolution_denied")
    if turn.state.denials >= 2:
        owners.assign_supervisor(turn, "resolution_denied")
    else:
        owners.assign_person(turn, "resolution_denied")
    promises.owe_next_step(turn)


def objection_raised(turn: Turn, objection: CaseObjectionRaised) -> None:
    """The customer objects, to a rejection or to an answer: a person looks at it."""
    words.note(turn, objection.text_ref, objection.safety_flag)
    if turn.state.is_closed:
        resolution.reopen(turn, "objection_raised")
        return
    turn.change(ending=None)
    if turn.state.waits_for(Purpose.CONFIRMATION):
        waits.resume(turn, "objection_raised")
    owners.assign_person(turn, "objection_raised")
    promises.owe_next_step(turn)
