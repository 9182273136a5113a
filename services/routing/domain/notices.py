"""A message that did not reach the customer: a person reaches him another way."""

from ciclo_schemas.notifications import NotificationFailed
from ciclo_schemas.values import WaitName
from services.routing.domain import owners, promises, waits
from services.routing.domain.turn import Turn


def notification_failed(turn: Turn, _failed: NotificationFailed) -> None:
    """The customer may not have been asked: nobody waits for his answer any longer, a person calls."""
    wait = turn.state.wait
    if turn.state.is_closed:
        return
    if wait is not None and wait.name is WaitName.CUSTOMER:
        waits.resume(turn, "notification_failed")
    owners.assign_person(turn, "notification_failed")
    promises.ensure(turn)
