"""What a case is about (clasificación): what a classifier answers, and what routing makes of it.

A classification rests on the customer's words and on what he stated in structured form. It decides who looks
at the case, never about goods or money. A person's classification is never overwritten, and one that rests
on less than is known by now is asked for again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import Field

from ciclo_schemas.routing import CaseClassified, PromiseKind
from ciclo_schemas.values import (
    Category,
    Code,
    DecidedBy,
    Identifier,
    Language,
    RemedyKind,
    TextRef,
    Urgency,
)
from services.chassis.decider import Message
from services.routing.domain import complaints, owners, promises, spam, training, unknown, waits
from services.routing.domain.case import ASSESSED
from services.routing.domain.records import Finding
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn


class Stated(Message):
    """What the customer stated in structured form, as far as it tells what the case is about."""

    symptom_code: Code | None = None
    asked_for: RemedyKind | None = None


@dataclass(frozen=True, slots=True)
class Classification:
    """What a classifier thinks; `abstained` says that it is not sure enough and only guesses."""

    category: Category
    facets: tuple[Code, ...]
    urgency: Urgency
    confidence: float
    reasons: tuple[Code, ...]
    abstained: bool


class Classifier(Protocol):
    """Tells what a case is about. The keyword classifier is one; a trained model can be another."""

    by: DecidedBy

    def classify(self, texts: Sequence[str], stated: Stated, language: Language) -> Classification:
        """Classify all words of a customer so far together."""
        ...


class Classify(Message):
    """The call: read these texts in intake's vault and classify them. Carries references, never words."""

    texts: tuple[TextRef, ...]
    stated: Stated
    language: Language
    evidence_no: int


class Classified(Message):
    """The result of the call, and the evidence it rests on."""

    category: Category
    facets: tuple[Code, ...] = ()
    urgency: Urgency
    confidence: float = Field(ge=0, le=1)
    reasons: tuple[Code, ...]
    classified_by: DecidedBy
    abstained: bool
    texts_read: int = Field(ge=0)
    evidence_no: int


def ask(turn: Turn) -> None:
    """Have all evidence so far classified, unless a person or a sure result has settled it already.

    One call at a time: a result that comes back too old asks again.
    """
    state = turn.state
    if (
        state.survivor is not None
        or state.classifying
        or (state.finding is not None and state.finding.is_settled)
    ):
        return
    turn.change(classifying=True)
    _call(turn)


def classified(turn: Turn, result: Classified) -> None:
    """The classifier answers."""
    state = turn.state
    settled = state.finding is not None and state.finding.is_settled
    if state.is_closed or settled:
        turn.change(classifying=False)
    elif result.evidence_no < state.evidence_no:
        _call(turn)
    else:
        turn.change(classifying=False)
        _take_over(turn, result)


def by_agent(turn: Turn, category: Category, symptom_code: Code | None) -> None:
    """A person says what the case is about; the symptom code is the declaration that warranty acts on."""
    reasons = ("agent.said",)
    urgency = turn.state.urgency
    turn.change(
        finding=Finding(
            category=category,
            urgency=urgency,
            reasons=reasons,
            classified_by=DecidedBy.AGENT,
            abstained=False,
        )
    )
    if symptom_code is not None:
        turn.change(facts={**turn.state.facts, "symptom_code": symptom_code})
    turn.say(
        CaseClassified(
            category=category,
            urgency=urgency,
            confidence=1.0,
            reasons=reasons,
            classified_by=DecidedBy.AGENT,
            abstained=False,
            symptom_code=symptom_code,
            texts_read=len(turn.state.texts),
        )
    )
    turn.change(playbook=_playbook(turn, category, reasons))
    waits.resume(turn, "case.classified")
    unknown.resolve(turn, "case.classified")
    promises.keep(turn, "case.classified", PromiseKind.NEXT_STEP, PromiseKind.TRAINING)
    if category in ASSESSED:
        await_warranty(turn)
        return
    promises.keep(turn, "case.classified", PromiseKind.DECISION)
    if category is Category.TRAINING:
        training.divert(turn)
    elif category is Category.COMPLAINT:
        complaints.register(turn, reasons)
        complaints.take_up(turn)
    elif category is Category.SPAM_OR_UNCLEAR and spam.may_be_rejected(turn.state):
        spam.reject(turn)
        return
    promises.ensure(turn)


def await_warranty(turn: Turn) -> None:
    """Promise warranty's decision, unless it is promised already."""
    if not turn.state.promised(PromiseKind.DECISION):
        promises.make(turn, PromiseKind.DECISION, owners.WARRANTY)


def _call(turn: Turn) -> None:
    state = turn.state
    stated = Stated(symptom_code=state.facts.get("symptom_code"), asked_for=state.asked_for)
    turn.call(
        Classify(texts=state.texts, stated=stated, language=state.language, evidence_no=state.evidence_no)
    )


def _take_over(turn: Turn, result: Classified) -> None:
    urgency = Urgency.HIGH if turn.state.safety else result.urgency
    finding = Finding(
        category=result.category,
        urgency=urgency,
        reasons=result.reasons,
        classified_by=result.classified_by,
        abstained=result.abstained,
    )
    if finding != turn.state.finding:
        _say(turn, finding, result)
    elif result.abstained:
        return  # the customer knows already that we do not know
    if complaints.FACET in result.facets:
        complaints.register(turn, result.reasons)
    if turn.state.cancelling:
        return  # who withdraws is asked nothing; if not all can be taken back, a person goes on
    if turn.state.waits_for(Purpose.CONFIRMATION):
        return  # what was said before the proposal was answered by it; the customer has the word
    if result.abstained:
        unknown.abstained(turn)
    else:
        unknown.resolve(turn, "case.classified")
        _go_on(turn, result)


def _go_on(turn: Turn, result: Classified) -> None:
    """What a sure classification leads to."""
    if result.category in ASSESSED:
        if not turn.state.has_person:
            promises.keep(turn, "case.classified", PromiseKind.NEXT_STEP)
        await_warranty(turn)
    elif result.category is Category.TRAINING:
        training.divert(turn)
    elif result.category is Category.COMPLAINT:
        complaints.register(turn, result.reasons)
        complaints.take_up(turn)
    elif result.category is Category.SPAM_OR_UNCLEAR:
        spam.take_up(turn, result.reasons)
    else:
        turn.change(playbook=_playbook(turn, result.category, result.reasons))
        owners.assign_first_line(turn, "classified")
        promises.ensure(turn)


def _say(turn: Turn, finding: Finding, result: Classified) -> None:
    turn.change(finding=finding)
    turn.say(
        CaseClassified(
            category=result.category,
            facets=result.facets,
            urgency=finding.urgency,
            confidence=result.confidence,
            reasons=result.reasons,
            classified_by=result.classified_by,
            abstained=result.abstained,
            texts_read=result.texts_read,
        )
    )


def _playbook(turn: Turn, category: Category, reasons: Sequence[Code]) -> Identifier | None:
    playbook = turn.playbooks.choose(category, reasons)
    return None if playbook is None else playbook.id
