"""What routing hears and what it does about it, on one screen."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from ciclo_schemas import cases, notifications, warranty
from services.chassis.decider import Decider, Decision, Given, Handler, Origin, Refusal
from services.routing.domain import (
    answers,
    assessment,
    classification,
    deadlines,
    first_line,
    notices,
    opening,
    promises,
    remedies,
    waits,
    words,
)
from services.routing.domain.case import CaseState
from services.routing.domain.charter import House
from services.routing.domain.turn import Turn

READS = (cases.TOPIC, warranty.TOPIC, notifications.TOPIC)

Move = Callable[[Turn, Any], Refusal | None]
"""What one input does to a case."""

HEARD: Mapping[type[BaseModel], Move] = {
    # the customer, at intake
    cases.CaseInformationReceived: words.information_received,
    cases.CaseRemedyChosen: words.remedy_chosen,
    cases.CaseHumanRequested: words.human_requested,
    cases.CaseResolutionConfirmed: answers.resolution_confirmed,
    cases.CaseResolutionDenied: answers.resolution_denied,
    # warranty
    warranty.CoverageAssessed: assessment.coverage_assessed,
    warranty.RemedyAlreadyInForce: assessment.remedy_already_in_force,
    warranty.ReplacementApproved: remedies.replacement_approved,
    warranty.ReplacementDelivered: remedies.replacement_delivered,
    warranty.RepairAuthorized: remedies.repair_authorized,
    warranty.RepairCompleted: remedies.repair_completed,
    warranty.RepairFailed: remedies.repair_failed,
    # notifications
    notifications.NotificationFailed: notices.notification_failed,
    # the classifier
    classification.Classified: classification.classified,
    # time
    promises.PromiseDue: deadlines.promise_due,
    waits.WaitDue: deadlines.wait_due,
    waits.ConfirmationDue: deadlines.confirmation_due,
    # the people of the house
    first_line.Take: first_line.take,
    first_line.RecordStep: first_line.record_step,
    first_line.ProposeResolution: first_line.propose_resolution,
    first_line.ClassifyByAgent: first_line.classify,
    first_line.AcceptEscalation: first_line.accept_escalation,
}

NOT_SEEN_YET = Refusal("not_seen_yet", "this service has not heard of the case yet")


def decider(house: House) -> Decider[CaseState]:
    """The decider of cases for a house."""
    moves = {data: _handler(move, house) for data, move in HEARD.items()}
    return Decider("case", CaseState, on={cases.CaseOpened: _opening(house), **moves})


def _opening(house: House) -> Handler:
    def handle(state: CaseState | None, opened: cases.CaseOpened, given: Given) -> Decision[CaseState]:
        return Decision(state) if state else opening.case_opened(opened, given, house).decision(None)

    return handle


def _handler(move: Move, house: House) -> Handler:
    def handle(state: CaseState | None, data: Any, given: Given) -> Decision[CaseState]:
        is_command = given.origin is Origin.COMMAND
        if state is None:  # opened before this service was there, or not heard of yet
            return Decision(None, refusal=NOT_SEEN_YET if is_command else None)
        turn = Turn(state, given, house)
        deadlines.break_overdue(turn)
        refusal = move(turn, data)
        if refusal is not None:
            return Decision(state, refusal=refusal)
        reply = first_line.reply(given.subject, turn.state, house) if is_command else None
        return turn.decision(state, reply)

    return handle
