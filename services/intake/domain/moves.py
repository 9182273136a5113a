"""What the others do with the case, as far as it changes which words of the customer are new."""

from ciclo_schemas.events import Event
from services.chassis.decider import Decision, Given
from services.intake.domain.case import Answer, CaseState
from services.intake.domain.words import CANCELLATION


def moved(state: CaseState | None, _event: Event, _given: Given) -> Decision[CaseState]:
    """The customer was heard: what he asks from now on is a new request."""
    return Decision(None if state is None else state.model_copy(update={"said": ()}))


def ended(state: CaseState | None, _event: Event, _given: Given) -> Decision[CaseState]:
    """The case is at its end; the last question may be answered again, whatever was said before."""
    return Decision(None if state is None else _ended(state, ()))


def cancelled(state: CaseState | None, _event: Event, _given: Given) -> Decision[CaseState]:
    """The case is at its end as the customer asked: his asking again is no new request."""
    return Decision(None if state is None else _ended(state, (CANCELLATION,)))


def _ended(state: CaseState, said: tuple[str, ...]) -> CaseState:
    answer = None if state.answer is Answer.DENIED else state.answer
    return state.model_copy(update={"said": said, "answer": answer})
