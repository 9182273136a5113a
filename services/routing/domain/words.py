"""What the customer says after the first word. Any word after the end reopens the case."""

from ciclo_schemas.cases import CaseHumanRequested, CaseInformationReceived, CaseRemedyChosen
from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Facts, TextRef, Window
from services.routing.domain import classification, owners, promises, resolution, waits
from services.routing.domain.case import ASSESSED
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn


def information_received(turn: Turn, received: CaseInformationReceived) -> None:
    """Words or facts: what waited for them goes on, and nobody who writes is left without an answer."""
    before = turn.state
    turn.change(attachments=(*before.attachments, *received.attachments))
    note(turn, received.text_ref, received.safety_flag, facts_of(received.facts))
    resolution.go_on(turn, "information_received")
    if before.waits_for(Purpose.INFORMATION, Purpose.CONFIRMATION):
        waits.resume(turn, "information_received")
        if (
            before.waits_for(Purpose.INFORMATION)
            and turn.state.facts != before.facts
            and _warranty_answers(turn)
        ):
            classification.await_warranty(turn)
        elif before.waits_for(Purpose.INFORMATION) and turn.state.classifying:
            promises.owe_next_step(turn)
        else:
            _have_it_read(turn)
            promises.ensure(turn)
    elif received.text_ref is not None and _nobody_reads(turn):
        _have_it_read(turn)
        promises.owe_next_step(turn)


def remedy_chosen(turn: Turn, chosen: CaseRemedyChosen) -> None:
    """The customer chose a remedy, perhaps instead of the one under way: warranty decides, by a date."""
    resolution.go_on(turn, "remedy_chosen")
    remedy = turn.state.remedy
    if turn.state.cancelling or (remedy is not None and remedy.kind is chosen.remedy):
        return
    if remedy is None:
        waits.resume_customer(turn, "remedy_chosen")
    classification.await_warranty(turn)


def human_requested(turn: Turn, requested: CaseHumanRequested) -> None:
    """The customer wants a person: he gets one by name, with a date."""
    note(turn, requested.text_ref, requested.safety_flag)
    if turn.state.is_closed:
        resolution.reopen(turn, "human_requested")
        return
    turn.change(ending=None)
    if turn.state.waits_for(Purpose.CONFIRMATION):
        waits.resume(turn, "human_requested")
    owners.assign_person(turn, "human_requested")
    promises.owe_next_step(turn)


def note(turn: Turn, text_ref: TextRef | None, safety: bool, facts: dict[str, str] | None = None) -> None:
    """Remember what was said and have news classified; a safety word makes the case urgent for good."""
    state = turn.state
    texts = state.texts if text_ref is None else (*state.texts, text_ref)
    known = {**state.facts, **(facts or {})}
    turn.change(safety=state.safety or safety)
    if texts != state.texts or known != state.facts:
        turn.change(texts=texts, facts=known, evidence_no=state.evidence_no + 1)
        classification.ask(turn)


def facts_of(facts: Facts) -> dict[str, str]:
    """The facts that were stated, by field name, as JSON writes them."""
    stated: dict[str, str] = facts.model_dump(mode="json", exclude_none=True)
    return stated


def _nobody_reads(turn: Turn) -> bool:
    """Whether neither the classifier nor a person who owes the customer a word will read what he wrote."""
    return not turn.state.classifying and not turn.state.promised(PromiseKind.NEXT_STEP)


def _have_it_read(turn: Turn) -> None:
    """The person who has the case hears of it; one who only repairs does not speak to the customer."""
    if turn.state.has_person and turn.state.remedy is None:
        owners.assign(turn, turn.state.owner, turn.state.queue, "information_received")
    else:
        owners.assign_person(turn, "information_received")


def _warranty_answers(turn: Turn) -> bool:
    """Whether warranty answers facts for sure: it could not assess the case yet."""
    state = turn.state
    settled = bool(state.assessments) and state.assessments[-1].window is not Window.UNKNOWN
    return state.finding is not None and state.finding.category in ASSESSED and not settled
