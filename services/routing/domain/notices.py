"""News that need a person: a message that did not reach the customer, a model or lot that is held back."""

from ciclo_schemas.notifications import NotificationFailed
from ciclo_schemas.warranty import ContainmentNotified
from services.routing.domain import owners, promises, waits
from services.routing.domain.turn import Turn


def notification_failed(turn: Turn, _failed: NotificationFailed) -> None:
    """The customer may not have been asked: nobody waits for his answer any longer, a person calls."""
    if turn.state.is_closed:
        return
    waits.resume_customer(turn, "notification_failed")
    owners.assign_person(turn, "notification_failed")
    promises.ensure(turn)


def containment_notified(turn: Turn, _notified: ContainmentNotified) -> None:
    """The model or lot is held back (contención): the case is urgent from now on, and a person has it.

    What it waits for goes on: a repair or a replacement may be just what helps.
    """
    if turn.state.is_closed:
        return
    turn.change(contained=True)
    owners.assign_person(turn, "containment.notified")
    promises.ensure(turn)
