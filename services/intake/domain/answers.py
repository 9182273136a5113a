"""What the customer answers: which remedy he chooses, and whether it is solved."""

from ciclo_schemas.cases import (
    CaseRemedyChosen,
    CaseResolutionConfirmed,
    CaseResolutionDenied,
)
from ciclo_schemas.routing import ResolutionProposed
from ciclo_schemas.values import Channel, Code, Facts, RemedyKind
from ciclo_schemas.warranty import CoverageAssessed
from services.chassis.decider import Decision, Given, Message
from services.intake.domain.case import Answer, CaseState, Heard, Offer, refused, unknown_case
from services.intake.domain.words import Inform, Words, inform, kept, unsafe


class ChooseRemedy(Message):
    """The customer chooses among the remedies of one assessment (elección de la medida)."""

    remedy: RemedyKind
    assessment_no: int
    channel: Channel = Channel.WEB


class Confirm(Message):
    """The customer says that it is solved."""

    proposal_no: int
    channel: Channel = Channel.WEB


class Deny(Message):
    """The customer says that it is not solved, and why."""

    proposal_no: int
    reason: Code
    words: Words | None
    channel: Channel = Channel.WEB


def coverage_assessed(
    state: CaseState | None, assessed: CoverageAssessed, _given: Given
) -> Decision[CaseState]:
    """Remember what the customer may choose; a new assessment asks anew."""
    if state is None:
        return Decision(None)
    remedies = tuple(kind for kind in assessed.remedies_allowed if kind is not RemedyKind.UNKNOWN)
    offer = Offer(assessment_no=assessed.assessment_no, remedies=remedies)
    return Decision(state.model_copy(update={"offer": offer, "chosen": None}))


def resolution_proposed(
    state: CaseState | None, proposed: ResolutionProposed, _given: Given
) -> Decision[CaseState]:
    """Remember the question that is open now."""
    if state is None:
        return Decision(None)
    asked = {"proposal_no": proposed.proposal_no, "answer": None, "said": ()}
    return Decision(state.model_copy(update=asked))


def choose_remedy(state: CaseState | None, choice: ChooseRemedy, given: Given) -> Decision[CaseState]:
    """Publish case.remedy_chosen; the same choice again changes nothing.

    Refused: `not_seen_yet` for an assessment that intake has not heard of, `stale_assessment` with what is
    allowed now, `remedy_not_offered`.
    """
    if state is None:
        return unknown_case()
    offer = state.offer
    if offer is None or choice.assessment_no > offer.assessment_no:
        return refused(state, "not_seen_yet", "this assessment is not known here yet", "assessment_no")
    allowed = ", ".join(offer.remedies) or "nothing to choose from"
    if choice.assessment_no < offer.assessment_no:
        detail = f"the case was assessed again: assessment {offer.assessment_no} allows {allowed}"
        return refused(state, "stale_assessment", detail, "assessment_no")
    if choice.remedy not in offer.remedies:
        detail = f"assessment {offer.assessment_no} allows {allowed}"
        return refused(state, "remedy_not_offered", detail, "remedy")
    reply = Heard(case_id=given.subject)
    if state.chosen == choice.remedy:
        return Decision(state, reply=reply)
    chosen = CaseRemedyChosen(
        channel=choice.channel,
        reported_at=given.now,
        remedy=choice.remedy,
        assessment_no=choice.assessment_no,
    )
    return Decision(state.model_copy(update={"chosen": choice.remedy}), events=(chosen,), reply=reply)


def confirm(state: CaseState | None, word: Confirm, given: Given) -> Decision[CaseState]:
    """Publish case.resolution_confirmed; the same confirmation again changes nothing.

    Refused: see `_not_open`; `already_denied` for a proposal that the customer denied.
    """
    if state is None:
        return unknown_case()
    if (refusal := _not_open(state, word.proposal_no)) is not None:
        return refusal
    if state.answer is Answer.DENIED:
        return refused(state, "already_denied", "you said that it is not solved; we are on it", "proposal_no")
    reply = Heard(case_id=given.subject)
    if state.answer is Answer.CONFIRMED:
        return Decision(state, reply=reply)
    confirmed = CaseResolutionConfirmed(
        channel=word.channel, reported_at=given.now, proposal_no=word.proposal_no
    )
    return Decision(_answered(state, Answer.CONFIRMED), events=(confirmed,), reply=reply)


def deny(state: CaseState | None, word: Deny, given: Given) -> Decision[CaseState]:
    """Publish case.resolution_denied, its words kept in the vault, also by a customer who had confirmed.

    Denied again, nothing changes, but new words are still heard: they become case.information_received.
    Refused: see `_not_open`.
    """
    if state is None:
        return unknown_case()
    if (refusal := _not_open(state, word.proposal_no)) is not None:
        return refusal
    text_ref, rows = kept(word.words, given)
    reply = Heard(case_id=given.subject, text_ref=text_ref)
    if state.answer is Answer.DENIED:
        if word.words is None:
            return Decision(state, reply=reply)
        return inform(state, Inform(facts=Facts(), words=word.words, channel=word.channel), given)
    denied = CaseResolutionDenied(
        channel=word.channel,
        reported_at=given.now,
        proposal_no=word.proposal_no,
        reason=word.reason,
        safety_flag=unsafe(word.words),
        text_ref=text_ref,
    )
    return Decision(_answered(state, Answer.DENIED), events=(denied,), rows=rows, reply=reply)


def _not_open(state: CaseState, proposal_no: int) -> Decision[CaseState] | None:
    """`not_seen_yet` for a proposal that intake has not heard of, `stale_proposal` for an earlier one."""
    if proposal_no > state.proposal_no:
        return refused(state, "not_seen_yet", "this proposal is not known here yet", "proposal_no")
    if proposal_no < state.proposal_no:
        detail = f"a newer proposal, {state.proposal_no}, took its place"
        return refused(state, "stale_proposal", detail, "proposal_no")
    return None


def _answered(state: CaseState, answer: Answer) -> CaseState:
    return state.model_copy(update={"answer": answer})
