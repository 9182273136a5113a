"""What notifications hears and does: each event, and the decision whether and what to tell the customer."""

from collections.abc import Iterable

from pydantic import BaseModel

from ciclo_schemas import cases, routing, warranty
from services.chassis.decider import Decider, Lookup
from services.notifications.domain import (
    coverage,
    customer,
    ends,
    handovers,
    outcome,
    promises,
    questions,
    quotes,
    redress,
    remedies,
)
from services.notifications.domain.conversation import Conversation
from services.notifications.domain.message import (
    CustomerMessage,
    MessageFailed,
    MessageSent,
    MessageSuppressed,
    ReportDelivery,
)

READS = (cases.TOPIC, routing.TOPIC, warranty.TOPIC)


def _needs(_state: Conversation | None, data: BaseModel) -> Iterable[Lookup]:
    if isinstance(data, ReportDelivery):
        yield Lookup.of(CustomerMessage, message_id=data.message_id)


CONVERSATIONS = Decider(
    kind="conversation",
    state=Conversation,
    needs=_needs,
    on={
        # what the customer said: a safety word is answered at once
        cases.CaseOpened: customer.case_opened,
        cases.CaseInformationReceived: customer.information_received,
        cases.CaseResolutionDenied: customer.resolution_denied,
        cases.CaseHumanRequested: customer.word_heard,
        cases.CaseCancellationRequested: customer.word_heard,
        cases.CaseObjectionRaised: customer.word_heard,
        warranty.ContainmentNotified: customer.containment_notified,
        # who has the case and until when: receipt, progress, apology, another date
        routing.CaseClassified: promises.case_classified,
        routing.CaseAssigned: promises.case_assigned,
        routing.CaseEscalated: promises.case_escalated,
        routing.PromiseMade: promises.promise_made,
        routing.PromiseKept: promises.promise_kept,
        routing.PromiseBroken: promises.promise_broken,
        routing.PromiseAtRisk: promises.promise_at_risk,
        routing.PromiseRevised: promises.promise_revised,
        # the case changes hands or waits elsewhere
        routing.CaseUnknownDeclared: handovers.unknown_declared,
        routing.CaseUnknownResolved: handovers.unknown_resolved,
        routing.CaseDivertedToTraining: handovers.diverted_to_training,
        routing.CaseHandedOff: handovers.handed_off,
        routing.CaseLinked: handovers.linked,
        routing.CaseReopened: handovers.reopened,
        # what was decided, and what became of it
        warranty.CoverageAssessed: coverage.coverage_assessed,
        warranty.ReplacementApproved: remedies.replacement_approved,
        warranty.ReplacementShipped: remedies.replacement_shipped,
        warranty.ReplacementLost: remedies.replacement_lost,
        warranty.ReplacementWithdrawn: remedies.replacement_withdrawn,
        warranty.RepairAuthorized: remedies.repair_authorized,
        warranty.RepairRescheduled: remedies.repair_rescheduled,
        warranty.RepairRefused: remedies.repair_refused,
        warranty.RepairFailed: remedies.repair_failed,
        warranty.RepairCancelled: remedies.repair_cancelled,
        warranty.RepairCompleted: remedies.repair_completed,
        warranty.RefundApproved: remedies.refund_approved,
        warranty.RefundPaid: remedies.refund_paid,
        warranty.QuoteRequested: quotes.quote_requested,
        warranty.QuoteIssued: quotes.quote_issued,
        warranty.QuoteRefused: quotes.quote_refused,
        # complaints and compensation
        routing.ComplaintRegistered: redress.complaint_registered,
        routing.ComplaintAnswered: redress.complaint_answered,
        warranty.CompensationGranted: redress.compensation_granted,
        warranty.CompensationDeclined: redress.compensation_declined,
        # what we ask
        routing.InformationRequested: questions.information_requested,
        routing.ResolutionProposed: questions.resolution_proposed,
        routing.CaseHeld: questions.case_held,
        routing.CustomerReminded: questions.customer_reminded,
        # the end
        routing.CaseClosed: ends.case_closed,
        routing.CaseRejected: ends.case_rejected,
        routing.CaseCancelled: ends.case_cancelled,
        warranty.CancellationAssessed: ends.cancellation_assessed,
        # what became of a message
        MessageSent: outcome.message_sent,
        MessageFailed: outcome.message_failed,
        MessageSuppressed: outcome.message_suppressed,
        ReportDelivery: outcome.delivery_reported,
    },
)
