"""What warranty knows of a case, and what it last assessed."""

from datetime import date, datetime
from uuid import UUID

from ciclo_schemas.cases import CaseOpened, CaseRemedyChosen
from ciclo_schemas.values import Category, DecidedBy, Facts, Party, PartyKind, Policy, RemedyKind, Window
from ciclo_schemas.warranty import CoverageAssessed, CoverageDates, ServicePointOption, Withheld
from services.chassis.decider import State

DEFECTS = frozenset({Category.TECHNICAL_FAULT, Category.REPLACEMENT_REQUEST})
"""The categories in which the customer wants a defect put right."""

DECLARATIONS = frozenset(
    {RemedyKind.REPLACEMENT, RemedyKind.REPAIR, RemedyKind.REFUND, RemedyKind.PRICE_REDUCTION}
)
"""Who asks for one of these says that the unit is defective; who asks for a quote does not."""


class Assessment(State):
    """Which window a report falls into and why; `assessment_no` is 0 until it is published."""

    assessment_no: int = 0
    window: Window
    basis: str
    remedies_allowed: tuple[RemedyKind, ...] = ()
    withheld: tuple[tuple[RemedyKind, str], ...] = ()
    clock_start: date | None = None
    trial_until: date | None = None
    guarantee_until: date | None = None
    policy_id: str | None = None
    policy_version: str | None = None
    reasons: tuple[str, ...]
    missing: tuple[str, ...] = ()
    product_unit: str | None = None
    service_points: tuple[tuple[str, bool], ...] = ()
    """Workshops out of guarantee, and whether each is official."""
    assessor: str | None = None
    """The person who assessed by hand; nobody when the rules did."""
    text_ref: str | None = None
    """That person's reason in words, in intake's vault."""

    @property
    def policy(self) -> Policy | None:
        """The rule it rests on."""
        if self.policy_id is None or self.policy_version is None:
            return None
        return Policy(id=self.policy_id, version=self.policy_version)

    def because(self, reason: str) -> "Assessment":
        """The same for one more reason."""
        if reason in self.reasons:
            return self
        return self.model_copy(update={"reasons": (*self.reasons, reason)})

    def without_choice(self, reason: str) -> "Assessment":
        """The same with nothing for the customer to choose, for this reason."""
        return self.because(reason).model_copy(update={"remedies_allowed": ()})

    def without(self, remedy: RemedyKind, reason: str) -> "Assessment":
        """The same with one remedy withheld for this reason."""
        allowed = tuple(other for other in self.remedies_allowed if other is not remedy)
        withheld = (*self.withheld, (remedy, reason))
        return self.because(reason).model_copy(update={"remedies_allowed": allowed, "withheld": withheld})

    def offering(self, remedy: RemedyKind) -> "Assessment":
        """The same with one remedy more to choose."""
        allowed = (*self.remedies_allowed, remedy)
        withheld = tuple(held for held in self.withheld if held[0] is not remedy)
        return self.model_copy(update={"remedies_allowed": allowed, "withheld": withheld})

    def says_the_same_as(self, other: "Assessment | None") -> bool:
        """Whether another assessment differs by its number alone."""
        return other is not None and self == other.model_copy(update={"assessment_no": self.assessment_no})

    def event(self) -> CoverageAssessed:
        """The event that publishes it."""
        return CoverageAssessed(
            assessment_no=self.assessment_no,
            window=self.window,
            basis=self.basis,
            remedies_allowed=self.remedies_allowed,
            withheld=tuple(Withheld(remedy=remedy, reason=reason) for remedy, reason in self.withheld),
            dates=CoverageDates(
                clock_start=self.clock_start,
                trial_until=self.trial_until,
                guarantee_until=self.guarantee_until,
            ),
            policy=self.policy,
            reasons=self.reasons,
            missing=self.missing,
            assessed_by=DecidedBy.RULES if self.assessor is None else DecidedBy.AGENT,
            assessor=None if self.assessor is None else Party(kind=PartyKind.AGENT, id=self.assessor),
            text_ref=self.text_ref,
            product_unit=self.product_unit,
            service_points=tuple(
                ServicePointOption(service_point=point, official=official)
                for point, official in self.service_points
            ),
        )


class CaseRights(State):
    """A case as warranty sees it: what was declared in structured form, and the current assessment."""

    case_id: UUID
    case_no: str
    customer_ref: str
    jurisdiction: str
    reported_at: datetime
    product_unit: str | None = None
    purchase_ref: str | None = None
    delivered_on: date | None = None
    symptom_code: str | None = None
    asked_for: RemedyKind | None = None
    category: Category | None = None
    assessment: Assessment | None = None
    by_hand: Assessment | None = None
    """What a person assessed; it stands for its unit whatever the rules say."""
    remedies: int = 0
    """How many remedies were decided for the case."""
    quotes: int = 0
    """How many quotes were requested for the case."""
    withdrawn: bool = False
    """Whether the customer cancelled: nothing new is given until he speaks after the end of the case."""
    taken_back: tuple[str, ...] = ()
    """What was taken back for that."""
    held_choice: CaseRemedyChosen | None = None
    """What he chose after the end of a case that he had cancelled: carried out once it is open again."""
    ended: bool = False
    """Whether routing ended the case, and has not reopened it."""
    contained_by: tuple[str, ...] = ()
    """The containments that it was told about."""

    @classmethod
    def of(cls, case_id: UUID, opened: CaseOpened) -> "CaseRights":
        """The beginning of a case."""
        case = cls(
            case_id=case_id,
            case_no=opened.case_no,
            customer_ref=opened.customer_ref,
            jurisdiction=opened.jurisdiction,
            reported_at=opened.reported_at,
            asked_for=opened.asked_for,
        )
        return case.told(opened.facts)

    def told(self, facts: Facts) -> "CaseRights":
        """The same case after the customer stated more facts; what is not stated again stays."""
        relevant = {"product_unit", "purchase_ref", "delivered_on", "symptom_code"}
        return self.model_copy(update=facts.model_dump(include=relevant, exclude_none=True))

    @property
    def declares_defect(self) -> bool:
        """Whether a defect was declared in structured form: words alone decide no goods and no money."""
        return self.symptom_code is not None or self.asked_for in DECLARATIONS

    @property
    def wants_defect_put_right(self) -> bool:
        """Whether the case is about a defect, not a question about the guarantee."""
        return self.category in DEFECTS

    def assessed(self, assessment: Assessment) -> "CaseRights":
        """The same case with a new assessment, numbered after the last one."""
        number = 1 if self.assessment is None else self.assessment.assessment_no + 1
        return self.model_copy(update={"assessment": assessment.model_copy(update={"assessment_no": number})})
