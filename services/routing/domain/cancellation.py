"""Cancellation (anulación): the customer withdraws the case, and warranty says what can be taken back."""

from ciclo_schemas.cases import CaseCancellationRequested
from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.warranty import CancellationAssessed
from services.routing.domain import owners, promises, resolution, waits, words
from services.routing.domain.turn import Turn


def cancellation_requested(turn: Turn, requested: CaseCancellationRequested) -> None:
    """The customer withdraws the case: he is asked nothing more, and hears by a promised date."""
    words.note(turn, requested.text_ref, requested.safety_flag)
    resolution.go_on(turn, "cancellation_requested")
    waits.resume_customer(turn, "cancellation_requested")
    turn.change(cancelling=True)
    if not turn.state.promised(PromiseKind.CANCELLATION):
        promises.make(turn, PromiseKind.CANCELLATION, owners.WARRANTY)


def cancellation_assessed(turn: Turn, assessed: CancellationAssessed) -> None:
    """Warranty's answer: the case ends if nothing remains; else it goes on, and the customer is told why."""
    if not turn.state.cancelling:
        return
    if not assessed.cannot:
        turn.change(remedy=None, quote=None)
        resolution.cancel(turn, assessed.taken_back)
        return
    turn.change(cancelling=False)
    promises.keep(turn, "cancellation.assessed", PromiseKind.CANCELLATION)
    if turn.state.wait is None:
        owners.assign_person(turn, "cannot_be_cancelled")
        promises.owe_next_step(turn)
