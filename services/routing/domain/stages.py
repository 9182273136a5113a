"""Where a case stands (etapa), and what it can wait for (espera), with their words elsewhere."""

from enum import StrEnum

from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import WaitName


class Stage(StrEnum):
    """Where a case stands (etapa)."""

    ACKNOWLEDGED = "acknowledged"
    IN_FIRST_LINE = "in_first_line"
    IN_ASSESSMENT = "in_assessment"
    IN_TRAINING = "in_training"
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    WAITING_FOR_QUOTE = "waiting_for_quote"
    IN_REPAIR = "in_repair"
    WAITING_FOR_PART = "waiting_for_part"
    REPLACEMENT_UNDER_WAY = "replacement_under_way"
    REFUND_UNDER_WAY = "refund_under_way"
    RESOLUTION_PROPOSED = "resolution_proposed"
    IN_COMPLAINT = "in_complaint"
    """The customer is done with the matter itself; the answer to his complaint is still owed."""
    IN_CANCELLATION = "in_cancellation"
    LINKED = "linked"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


TMF_STATUS = {
    Stage.ACKNOWLEDGED: "acknowledged",
    Stage.IN_FIRST_LINE: "inProgress",
    Stage.IN_ASSESSMENT: "inProgress",
    Stage.IN_TRAINING: "held",
    Stage.WAITING_FOR_CUSTOMER: "pending",
    Stage.WAITING_FOR_QUOTE: "held",
    Stage.IN_REPAIR: "held",
    Stage.WAITING_FOR_PART: "held",
    Stage.REPLACEMENT_UNDER_WAY: "held",
    Stage.REFUND_UNDER_WAY: "held",
    Stage.RESOLUTION_PROPOSED: "resolved",
    Stage.IN_COMPLAINT: "inProgress",
    Stage.IN_CANCELLATION: "inProgress",
    Stage.LINKED: "held",
    Stage.CLOSED: "closed",
    Stage.CANCELLED: "cancelled",
    Stage.REJECTED: "rejected",
}
"""The status words of TMF621 (trouble ticket) for our stages."""

ENDS = (Stage.CLOSED, Stage.CANCELLED, Stage.REJECTED)
"""The stages of a case that is over until the customer speaks again."""


class Purpose(StrEnum):
    """What a wait is for."""

    INFORMATION = "information"
    REMEDY = "remedy"
    QUOTE = "quote"
    """The customer decides about an offer."""
    CONFIRMATION = "confirmation"
    ESTIMATE = "estimate"
    """The workshop works out an offer."""
    LOGISTICS = "logistics"
    WORKSHOP = "workshop"
    PART = "part"
    REFUND = "refund"
    EDUCATION = "education"
    LINKED_CASE = "linked_case"


WAIT_NAMES = {
    Purpose.INFORMATION: WaitName.CUSTOMER,
    Purpose.REMEDY: WaitName.CUSTOMER,
    Purpose.QUOTE: WaitName.CUSTOMER,
    Purpose.CONFIRMATION: WaitName.CUSTOMER,
    Purpose.ESTIMATE: WaitName.WORKSHOP,
    Purpose.LOGISTICS: WaitName.LOGISTICS,
    Purpose.WORKSHOP: WaitName.WORKSHOP,
    Purpose.PART: WaitName.PART,
    Purpose.REFUND: WaitName.REFUND,
    Purpose.EDUCATION: WaitName.EDUCATION,
    Purpose.LINKED_CASE: WaitName.LINKED_CASE,
}
"""The names of waits in events."""

STAGE_OF_WAIT = {
    Purpose.INFORMATION: Stage.WAITING_FOR_CUSTOMER,
    Purpose.REMEDY: Stage.WAITING_FOR_CUSTOMER,
    Purpose.QUOTE: Stage.WAITING_FOR_CUSTOMER,
    Purpose.CONFIRMATION: Stage.RESOLUTION_PROPOSED,
    Purpose.ESTIMATE: Stage.WAITING_FOR_QUOTE,
    Purpose.LOGISTICS: Stage.REPLACEMENT_UNDER_WAY,
    Purpose.WORKSHOP: Stage.IN_REPAIR,
    Purpose.PART: Stage.WAITING_FOR_PART,
    Purpose.REFUND: Stage.REFUND_UNDER_WAY,
    Purpose.EDUCATION: Stage.IN_TRAINING,
    Purpose.LINKED_CASE: Stage.LINKED,
}

PROMISE_BEHIND = {
    Purpose.ESTIMATE: PromiseKind.QUOTE,
    Purpose.LOGISTICS: PromiseKind.REPLACEMENT,
    Purpose.WORKSHOP: PromiseKind.REPAIR,
    Purpose.PART: PromiseKind.REPAIR,
    Purpose.REFUND: PromiseKind.REFUND,
    Purpose.EDUCATION: PromiseKind.TRAINING,
}
"""Waits that last as long as a promise made with them: it has the same date, and they end with it."""
