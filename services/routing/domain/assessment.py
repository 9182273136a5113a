"""What follows from warranty's assessment (evaluación de cobertura): a question, a person or an answer."""

from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Category, Code, RemedyKind, Window
from ciclo_schemas.warranty import CoverageAssessed, RemedyAlreadyInForce
from services.routing.domain import owners, promises, questions, resolution, waits
from services.routing.domain.case import ASSESSED, CaseState
from services.routing.domain.records import Assessed
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn

SYMPTOM = "symptom_code"
REMEDY = "remedy"
AT_ONCE = frozenset({RemedyKind.REPLACEMENT, RemedyKind.REFUND})
"""What warranty approves at once in the trial window, without a choice."""
CHOICES = frozenset({Window.GUARANTEE, Window.OUT})
"""The windows in which the customer chooses; out of guarantee a quote is what he may choose."""
FREE = frozenset({Window.TRIAL, Window.GUARANTEE})
"""The windows in which the customer pays nothing."""
KNOWN_BY = {"purchase": ("purchase_ref", "proof_ref")}
"""What warranty calls missing and which stated facts answer it, where the names differ."""


def coverage_assessed(turn: Turn, assessed: CoverageAssessed) -> None:
    """Warranty says which window the report falls into and what is missing."""
    state = turn.state
    latest = Assessed(
        no=assessed.assessment_no, window=assessed.window, remedies_allowed=assessed.remedies_allowed
    )
    turn.change(assessments=(*state.assessments, latest))
    if not _is_awaited(state, latest):
        return
    promises.keep(turn, "coverage.assessed", PromiseKind.FIRST_ANSWER)
    _drop_quote(turn, latest)
    if turn.state.cancelling:
        promises.keep(turn, "coverage.assessed", PromiseKind.DECISION)
    elif _says_more_at_once(turn.state, assessed):
        promises.ensure(turn)
    else:
        _act_on(turn, assessed, latest)


def remedy_already_in_force(turn: Turn, blocked: RemedyAlreadyInForce) -> None:
    """The same defect has a remedy already, here or in another case: a person explains why there is no other.

    In the same case that answers a choice; what is under way goes on.
    """
    is_answer = blocked.case != turn.case_id or turn.state.promised(PromiseKind.DECISION)
    if is_answer and not turn.state.is_closed:
        _to_person(turn, "remedy.already_in_force")


def _says_more_at_once(state: CaseState, assessed: CoverageAssessed) -> bool:
    """Whether warranty's next event, of the same decision, answers: a remedy, or the one in the way.

    Until it is here, the decision stays promised.
    """
    if "remedy_in_force" in assessed.reasons:
        return True
    decides = assessed.window is Window.TRIAL and AT_ONCE.intersection(assessed.remedies_allowed)
    return bool(decides) and not assessed.missing and not _is_question(state)


def _act_on(turn: Turn, assessed: CoverageAssessed, latest: Assessed) -> None:
    if assessed.missing == (SYMPTOM,) or (assessed.window is Window.TRIAL and SYMPTOM in assessed.missing):
        _to_person(turn, "symptom_needed")
    elif assessed.missing:
        _ask(turn, assessed)
    elif _is_question(turn.state):
        resolution.propose(turn, "warranty_answered", owners.ROUTING)
    elif assessed.window in CHOICES and assessed.remedies_allowed:
        _offer(turn, latest)
    else:
        _to_person(turn, f"window_{assessed.window.value}")


def _is_awaited(state: CaseState, latest: Assessed) -> bool:
    """Whether the assessment moves the case: not after its end, nor while a remedy or a proposal is out.

    A quote is given up only for what costs the customer nothing.
    """
    finding = state.finding
    if finding is None or finding.abstained or finding.category not in ASSESSED:
        return False
    if state.is_closed or state.ending is not None or state.remedy is not None:
        return False
    if state.waits_for(Purpose.ESTIMATE, Purpose.QUOTE):
        return latest.window in FREE
    return not state.waits_for(Purpose.CONFIRMATION, Purpose.LINKED_CASE)


def _is_question(state: CaseState) -> bool:
    return state.finding is not None and state.finding.category is Category.WARRANTY_QUERY


def _ask(turn: Turn, assessed: CoverageAssessed) -> None:
    """Ask the customer once for all that is missing; what was asked or told before goes to a person."""
    state = turn.state
    news = tuple(code for code in assessed.missing if code not in state.asked and not is_known(state, code))
    if not news:
        if not state.waits_for(Purpose.INFORMATION):
            _to_person(turn, "cannot_assess")
        return
    questions.ask(turn, news, Purpose.INFORMATION)


def _drop_quote(turn: Turn, latest: Assessed) -> None:
    """Nobody pays for what the trial or the guarantee covers after all."""
    if latest.window in FREE and turn.state.quote is not None:
        turn.change(quote=None)
        promises.keep(turn, "coverage.assessed", PromiseKind.QUOTE)
        if turn.state.waits_for(Purpose.ESTIMATE, Purpose.QUOTE):
            waits.resume(turn, "coverage.assessed")


def _offer(turn: Turn, latest: Assessed) -> None:
    """Let the customer choose among the remedies, unless he is choosing among the same ones already."""
    offered = next((one for one in turn.state.assessments if one.no == turn.state.offered), None)
    same = offered is not None and set(offered.remedies_allowed) == set(latest.remedies_allowed)
    turn.change(offered=latest.no)
    if not (same and turn.state.waits_for(Purpose.REMEDY)):
        questions.ask(turn, (REMEDY,), Purpose.REMEDY)


def _to_person(turn: Turn, reason: Code) -> None:
    """A person explains or finds out what is missing, and promises the next step."""
    if turn.state.remedy is None:
        waits.resume(turn, reason)
    owners.assign_person(turn, reason)
    promises.keep(turn, "case.assigned", PromiseKind.DECISION)
    promises.owe_next_step(turn)


def is_known(state: CaseState, code: Code) -> bool:
    """Whether the customer has stated what warranty, or a person, calls by this code."""
    return any(field in state.facts for field in KNOWN_BY.get(code, (code,)))
