"""What notifications hears and does: each event, and the decision whether and what to tell the customer."""

from ciclo_schemas import cases, routing, warranty
from services.chassis.decider import Decider
from services.notifications.domain import customer, decisions, outcome, promises, questions
from services.notifications.domain.conversation import Conversation
from services.notifications.domain.message import MessageFailed, MessageSent

READS = (cases.TOPIC, routing.TOPIC, warranty.TOPIC)

CONVERSATIONS = Decider(
    kind="conversation",
    state=Conversation,
    on={
        # what the customer said: a safety word is answered at once
        cases.CaseOpened: customer.case_opened,
        cases.CaseInformationReceived: customer.information_received,
        cases.CaseHumanRequested: customer.human_requested,
        cases.CaseResolutionDenied: customer.resolution_denied,
        # who has the case and until when: receipt, progress, apology
        routing.CaseClassified: promises.case_classified,
        routing.CaseAssigned: promises.case_assigned,
        routing.CaseEscalated: promises.case_escalated,
        routing.CaseReopened: promises.case_reopened,
        routing.PromiseMade: promises.promise_made,
        routing.PromiseKept: promises.promise_kept,
        routing.PromiseBroken: promises.promise_broken,
        # what was decided
        warranty.CoverageAssessed: decisions.coverage_assessed,
        warranty.ReplacementApproved: decisions.replacement_approved,
        warranty.ReplacementShipped: decisions.replacement_shipped,
        warranty.RepairAuthorized: decisions.repair_authorized,
        # what we ask, and the end
        routing.InformationRequested: questions.information_requested,
        routing.ResolutionProposed: questions.resolution_proposed,
        routing.CaseHeld: questions.case_held,
        routing.CaseClosed: questions.case_closed,
        # what became of a message
        MessageSent: outcome.message_sent,
        MessageFailed: outcome.message_failed,
    },
)
