"""Whatever may happen in a case, in any order: stories for properties that must always hold."""

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from ciclo_schemas.routing import (
    CaseCancelled,
    CaseDivertedToTraining,
    CaseEscalated,
    CaseHandedOff,
    CaseRejected,
    CaseReopened,
    CaseUnknownResolved,
    ClosedAs,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
)
from ciclo_schemas.values import (
    Category,
    Facts,
    Language,
    Party,
    PartyKind,
    RemedyKind,
    WaitName,
    Window,
)
from ciclo_schemas.warranty import (
    CompensationDeclined,
    CompensationGranted,
    CoverageDates,
    QuoteRefused,
    QuoteRequested,
    RepairCompleted,
    RepairFailed,
    RepairRefused,
    ReplacementLost,
    ServicePointOption,
    Withheld,
)
from tests.unit.notifications import events as on

WORKSHOPS = (ServicePointOption(service_point="taller-rio", official=False),)
REPAIR = {"remedy_no": st.just(1), "repair_no": st.just("R-1")}

codes = st.sampled_from(("reported_in_guarantee", "reported_in_trial", "a.code.of.tomorrow"))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(2025, 1, 1), date(2030, 1, 1))
parties = st.sampled_from([Party(kind=kind, id="first_line") for kind in PartyKind] + [on.AGENT])
remedies = st.lists(st.sampled_from(RemedyKind), max_size=3, unique=True).map(tuple)
openings = st.builds(
    on.opened,
    facts=st.sampled_from((Facts(), Facts(product_unit="TV-55-0001"))),
    asked_for=st.none() | st.sampled_from(RemedyKind),
    language=st.sampled_from(Language),
    jurisdiction=st.sampled_from(("ES", "GB", "ZZ")),
    safety_flag=st.booleans(),
)
withheld = st.lists(st.builds(Withheld, remedy=st.sampled_from(RemedyKind), reason=codes), max_size=2)
anything = st.one_of(
    st.builds(on.promised, st.sampled_from(PromiseKind), st.integers(1, 5), moments, parties),
    st.builds(PromiseBroken, promise_no=st.integers(1, 5), kind=st.sampled_from(PromiseKind), due=moments),
    st.builds(PromiseKept, promise_no=st.integers(1, 5), kind=st.sampled_from(PromiseKind), kept_by=codes),
    st.builds(on.classified, st.sampled_from(Category)),
    st.builds(
        on.assessed,
        st.sampled_from(Window),
        dates=st.builds(CoverageDates, trial_until=st.none() | days, guarantee_until=st.none() | days),
        remedies_allowed=remedies,
        withheld=withheld.map(tuple),
        reasons=st.lists(codes, max_size=3).map(tuple),
        product_unit=st.none() | st.just("TV-55-0001"),
        service_points=st.sampled_from(
            ((), (ServicePointOption(service_point="taller-rio", official=False),))
        ),
    ),
    st.builds(on.replacement, st.sampled_from((Window.TRIAL, Window.GUARANTEE))),
    st.builds(on.repair),
    st.builds(on.shipped),
    st.lists(st.sampled_from(("remedy", "purchase", "tomorrow", "quote")), max_size=3).map(
        lambda missing: on.asked(*missing)
    ),
    st.builds(on.proposed, st.integers(1, 3), codes),
    st.builds(on.held, st.sampled_from((WaitName.CUSTOMER, WaitName.WORKSHOP, WaitName.LINKED_CASE))),
    st.builds(on.assigned, codes, parties),
    st.builds(on.denied, st.booleans()),
    st.builds(on.added, st.booleans()),
    st.builds(on.wants_a_person, st.booleans()),
    st.builds(on.closed, st.sampled_from(ClosedAs)),
    st.builds(CaseReopened, reason=codes, owner=parties),
    st.builds(on.refund, partial=st.booleans(), supersedes=st.none() | st.just(1)),
    st.builds(on.refund_paid),
    st.builds(on.withdrawn, codes),
    st.builds(ReplacementLost, remedy_no=st.just(1), shipment=st.just("ENV-77"), lost_at=moments),
    st.builds(on.repair_cancelled, codes),
    st.builds(
        RepairRefused, remedy_no=st.just(1), repair_no=st.just("R-1"), refused_at=moments, reason=codes
    ),
    st.builds(RepairFailed, remedy_no=st.just(1), repair_no=st.just("R-1"), failed_at=moments, reason=codes),
    st.builds(
        RepairCompleted,
        **REPAIR,
        completed_at=moments,
        work=st.sampled_from(((), ("tested",), ("a.code.of.tomorrow",))),
        repair_guarantee_until=days,
    ),
    st.builds(on.rescheduled, moments, moments),
    st.builds(
        QuoteRequested,
        quote_no=st.just("Q-1"),
        service_point=st.just("taller-rio"),
        product_unit=st.just("TV-55-0001"),
        assessment_no=st.just(1),
        due=moments,
    ),
    st.builds(on.quoted, st.integers(1, 3)),
    st.builds(QuoteRefused, quote_no=st.just("Q-1"), reason=codes),
    st.builds(on.at_risk, codes),
    st.builds(on.revised, moments, st.sampled_from(PromiseKind)),
    st.builds(on.unknown, st.integers(1, 3)),
    st.builds(CaseUnknownResolved, unknown_no=st.just(1), reason=codes),
    st.builds(CaseDivertedToTraining, queue=st.just("education"), due=moments),
    st.builds(
        CaseHandedOff,
        by=parties,
        to=parties,
        queue=st.just("education"),
        reason=codes,
        handoff_no=st.just(1),
    ),
    st.builds(on.linked),
    st.builds(on.reminded, st.integers(1, 2)),
    st.builds(on.complaint),
    st.builds(on.complaint_answered, st.integers(1, 2)),
    st.builds(
        CompensationGranted,
        cause=st.just("promise"),
        cause_no=st.just(1),
        amount=st.just(on.EUROS),
        policy=st.just(on.POLICY),
        reasons=st.lists(codes, max_size=2).map(tuple),
    ),
    st.builds(CompensationDeclined, cause=st.just("promise"), cause_no=st.just(1), reason=codes),
    st.lists(st.sampled_from(("repair", "tomorrow")), max_size=2).map(lambda what: on.cancellation(*what)),
    st.builds(CaseCancelled, reason=codes, taken_back=st.sampled_from(((), ("repair", "tomorrow")))),
    st.builds(CaseRejected, reason=codes, objection_until=moments),
    st.builds(on.containment),
    st.builds(on.wants_to_cancel, st.booleans()),
    st.builds(on.objects, st.booleans()),
    st.builds(
        CaseEscalated,
        service_point=st.just("SAT-1"),
        queue=st.just("technicians"),
        steps_tried=st.just(()),
        due=moments,
        assessment_no=st.just(1),
        remedy_no=st.just(1),
    ),
)
stories = st.tuples(openings, st.lists(anything, max_size=15))
