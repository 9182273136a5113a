"""What routing hears and what it does about it, on one screen."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from ciclo_schemas import cases, notifications, warranty
from services.chassis.decider import Decider, Decision, Given, Handler, Origin, Refusal
from services.routing.domain import (
    answers,
    assessment,
    cancellation,
    classification,
    deadlines,
    desk,
    first_line,
    linked,
    mirrored,
    notices,
    opening,
    promises,
    quotes,
    redress,
    remedies,
    repairs,
    silence,
    training,
    unknown,
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
    cases.CaseObjectionRaised: answers.objection_raised,
    cases.CaseQuoteAnswered: quotes.quote_answered,
    cases.CaseCancellationRequested: cancellation.cancellation_requested,
    # warranty
    warranty.CoverageAssessed: assessment.coverage_assessed,
    warranty.RemedyAlreadyInForce: linked.remedy_in_force,
    warranty.ReplacementApproved: remedies.replacement_approved,
    warranty.ReplacementLost: remedies.replacement_lost,
    warranty.ReplacementWithdrawn: remedies.replacement_withdrawn,
    warranty.ReplacementDelivered: remedies.replacement_delivered,
    warranty.RefundApproved: remedies.refund_approved,
    warranty.RefundPaid: remedies.refund_paid,
    warranty.RepairAuthorized: repairs.repair_authorized,
    warranty.RepairRescheduled: repairs.repair_rescheduled,
    warranty.RepairCompleted: repairs.repair_completed,
    warranty.RepairFailed: repairs.repair_failed,
    warranty.RepairRefused: repairs.repair_refused,
    warranty.RepairCancelled: repairs.repair_cancelled,
    warranty.QuoteRequested: quotes.quote_requested,
    warranty.QuoteIssued: quotes.quote_issued,
    warranty.QuoteRefused: quotes.quote_refused,
    warranty.QuoteExpired: quotes.quote_expired,
    warranty.CancellationAssessed: cancellation.cancellation_assessed,
    warranty.CompensationGranted: redress.compensation_decided,
    warranty.CompensationDeclined: redress.compensation_decided,
    warranty.ContainmentNotified: notices.containment_notified,
    # notifications
    notifications.NotificationFailed: notices.notification_failed,
    # the classifier
    classification.Classified: classification.classified,
    # other cases of the same matter
    linked.Joined: mirrored.joined,
    linked.LookAgain: linked.look_again,
    linked.Freed: linked.freed,
    mirrored.SurvivorProposed: mirrored.survivor_proposed,
    mirrored.SurvivorWentOn: mirrored.survivor_went_on,
    mirrored.SurvivorClosed: mirrored.survivor_closed,
    # time
    promises.PromiseDue: deadlines.promise_due,
    promises.RiskDue: deadlines.risk_due,
    waits.ReminderDue: silence.reminder_due,
    waits.WaitDue: silence.wait_due,
    # the people of the house
    first_line.Take: first_line.take,
    first_line.RecordStep: first_line.record_step,
    first_line.ProposeResolution: first_line.propose_resolution,
    first_line.ClassifyByAgent: first_line.classify,
    first_line.AcceptEscalation: first_line.accept_escalation,
    desk.AskInformation: desk.ask_information,
    desk.HandOff: desk.hand_off,
    unknown.DeclareUnknown: unknown.declare_by_person,
    unknown.ResolveUnknown: unknown.resolve_by_person,
    training.ConfirmTraining: training.confirm,
    redress.AnswerComplaint: redress.answer_complaint,
    redress.ProposeCompensation: redress.propose_compensation,
}

OF_EVERY_CASE = (redress.AnswerComplaint, redress.ProposeCompensation)
"""What people do about a case even while it waits for the one that survives."""

NOT_SEEN_YET = Refusal("not_seen_yet", "this service has not heard of the case yet")


def decider(house: House) -> Decider[CaseState]:
    """The decider of cases for a house."""
    heard: dict[type[BaseModel], Move] = {**HEARD, mirrored.WordOfLinked: _word_of_linked}
    moves = {data: _handler(move, house) for data, move in heard.items()}
    return Decider("case", CaseState, on={cases.CaseOpened: _opening(house), **moves}, needs=linked.needs)


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
        refusal = mirrored.refuses(turn) if is_command and not isinstance(data, OF_EVERY_CASE) else None
        refusal = refusal or _hear(turn, data, move)
        if refusal is not None:
            return Decision(state, refusal=refusal)
        linked.settle(turn, state, data)
        mirrored.tell(turn, state)
        reply = first_line.reply(given.subject, turn.state, house) if is_command else None
        return turn.decision(state, reply)

    return handle


def _hear(turn: Turn, data: Any, move: Move) -> Refusal | None:
    """Let an input move the case, unless it is for the case that this one waits for."""
    return None if mirrored.forward(turn, data) else move(turn, data)


def _word_of_linked(turn: Turn, message: mirrored.WordOfLinked) -> Refusal | None:
    """What the customer said about a linked case is heard as if it had been said here."""
    event = mirrored.word_in(message)
    move = HEARD.get(type(event))
    return None if move is None else _hear(turn, event, move)
