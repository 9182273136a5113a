"""Whatever happens in whatever order, what must never happen does not."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import event, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ciclo_schemas.cases import CaseCancellationRequested
from ciclo_schemas.inbound import ScanKind, WorkshopReportKind
from ciclo_schemas.routing import CaseReopened
from ciclo_schemas.values import Category, DecidedBy, RemedyKind, Window
from ciclo_schemas.warranty import (
    CancellationAssessed,
    CoverageAssessed,
    QuoteAccepted,
    QuoteIssued,
    QuoteRequested,
    RefundApproved,
    RefundPaid,
    RepairAuthorized,
    RepairCancelled,
    RepairCompleted,
    RepairFailed,
    RepairRefused,
    ReplacementApproved,
    ReplacementDelivered,
    ReplacementShipped,
    ReplacementWithdrawn,
)
from services.warranty.domain.answers import AssessAgain, ChoiceDue
from services.warranty.domain.by_hand import AssessByHand, CancelRepair
from services.warranty.domain.coverage import assess
from services.warranty.domain.policies import Policies
from services.warranty.domain.quotes import OPEN, QuoteDue, QuoteEnds
from services.warranty.domain.records import Quote, Remedy, ServicePoint, Stock, Unit
from services.warranty.domain.rights import CaseRights
from services.warranty.domain.trial import covering, trial_of
from services.warranty.store import TABLES
from tests.support.deciders import FactsOf, Story
from tests.unit.warranty.world import (
    CANCELS,
    IS_CANCELLED,
    IS_REOPENED,
    NORTH,
    POLICIES,
    SOUTH,
    TV,
    answered,
    chosen,
    classified,
    informed,
    listing,
    opened,
    paid,
    quoted,
    reported,
    scanned,
    story,
)

IDS = [UUID(int=number) for number in (1, 2, 3)]
SYMPTOMS = st.sampled_from(["no_picture", "no_sound", None])
REMEDIES = st.sampled_from(list(RemedyKind)[:-1])
GIVEN = {
    ReplacementApproved: {RemedyKind.REPLACEMENT},
    RefundApproved: {RemedyKind.REFUND, RemedyKind.PRICE_REDUCTION},
    RepairAuthorized: {RemedyKind.REPAIR},
}
ENDS = (RepairCompleted, RepairFailed, RepairRefused, RepairCancelled, ReplacementWithdrawn)
BEGINS = (ReplacementApproved, RefundApproved, RepairAuthorized, QuoteRequested)
MONEY = {RemedyKind.REFUND, RemedyKind.PRICE_REDUCTION}
Approved = ReplacementApproved | RefundApproved | RepairAuthorized


def case_no(case: UUID) -> str:
    """The number of one of the three cases."""
    return f"C26-000{case.int}-0"


@st.composite
def units(draw: st.DrawFn) -> Unit:
    """A unit sold some time before the reports: in its trial, in its guarantee, or out of it."""
    delivered = date(2026, 11, 21) - timedelta(days=draw(st.sampled_from([0, 30, 31, 200, 400, 800, 1200])))
    return replace(
        TV,
        purchased_on=delivered,
        delivered_on=delivered,
        jurisdiction=draw(st.sampled_from(["ES", "GB", "PT"])),
        seller=draw(st.sampled_from(["acme-shop", "no-trial-shop"])),
        buyer=draw(st.sampled_from(["consumer", "business"])),
    )


@st.composite
def inputs(draw: st.DrawFn, told: Story) -> BaseModel:
    """Something that may happen to a case after it was opened, sensible more often than not."""
    steps = ["classified", "informed", "chosen", "chosen", "chosen", "again", "due", "routing", "hand"]
    last = told.facts.one(Remedy, case_id=told.subject, remedy_no=told.state.remedies)
    fitting = {"repair": "reported", "replacement": "scanned", "refund": "paid", "price_reduction": "paid"}
    steps += ["reported", "scanned", "paid"] if last is None else [fitting[last.kind]] * 6
    steps += ["quote"] * (6 if told.state.quotes else 1)
    made = draw(st.sampled_from(steps))
    number = max(told.state.remedies, 1)
    if made in OTHERS:
        return draw(OTHERS[made](told))
    if made == "paid":
        reference = draw(st.sampled_from(["TRF-1", "TRF-2"]))
        return paid(case=told.subject, remedy_no=number, reference=reference)
    if made == "due":
        return ChoiceDue(assessment_no=draw(st.integers(1, 3)))
    if made == "classified":
        return classified(
            draw(st.sampled_from([Category.TECHNICAL_FAULT, Category.WARRANTY_QUERY, Category.CARE])),
            classified_by=draw(st.sampled_from([DecidedBy.RULES, DecidedBy.AGENT])),
            symptom_code=draw(SYMPTOMS),
        )
    if made == "informed":
        return informed(
            symptom_code=draw(SYMPTOMS), product_unit=draw(st.sampled_from([None, TV.product_unit]))
        )
    if made == "chosen":
        current = told.state.assessment
        offered = () if current is None else current.remedies_allowed
        remedy = draw(st.sampled_from(offered) if offered else REMEDIES)
        latest = 1 if current is None else current.assessment_no
        return chosen(remedy, assessment_no=draw(st.sampled_from([latest, latest, 1])))
    if made == "reported":
        return reported(
            draw(st.sampled_from(list(WorkshopReportKind))),
            draw(st.integers(1, 20)),
            case=told.subject,
            repair_no=f"R-{case_no(told.subject)}-{number}",
            reason=draw(st.sampled_from([None, "no_capacity", "misuse_found"])),
            expected_at=datetime(2026, 12, draw(st.integers(1, 20)), tzinfo=UTC),
            publisher=draw(st.sampled_from(["cast-south", "workshops/cast-south", "workshops/cast-north"])),
        )
    if made == "scanned":
        parcel = draw(st.sampled_from(["P-77", "P-78"]))
        kind = draw(st.sampled_from(list(ScanKind)))
        return scanned(kind, case=told.subject, remedy_no=number, shipment=parcel)
    return AssessAgain(product_unit=TV.product_unit)


@st.composite
def by_hand(draw: st.DrawFn, told: Story) -> BaseModel:
    """A person assesses, or calls a repair off."""
    repair_no = f"R-{case_no(told.subject)}-{max(told.state.remedies, 1)}"
    if draw(st.booleans()):
        return CancelRepair(agent="agent-07", repair_no=repair_no, reason="workshop_overdue")
    return AssessByHand(
        agent="agent-07",
        window=draw(st.sampled_from([Window.TRIAL, Window.GUARANTEE, Window.OUT])),
        basis="goodwill",
        remedies_allowed=tuple(draw(st.lists(REMEDIES, unique=True, max_size=3))),
        reasons=("looked_at",),
        override=draw(st.sampled_from([None, "goodwill"])),
    )


@st.composite
def about_quotes(draw: st.DrawFn, told: Story) -> BaseModel:
    """A workshop's offer, the customer's answer, or a moment that passes without either."""
    number = f"Q-{case_no(told.subject)}-{max(told.state.quotes, 1)}"
    revision = draw(st.integers(1, 2))
    publisher = draw(st.sampled_from(["workshops/cast-north", "workshops/cast-south"]))
    late = draw(st.sampled_from([timedelta(days=1), timedelta(days=60)]))
    answer = {
        "quote_no": number,
        "revision": revision,
        "reported_at": datetime(2026, 11, 21, tzinfo=UTC) + late,
    }
    return draw(
        st.sampled_from(
            [
                quoted(case=told.subject, quote_no=number, revision=revision, publisher=publisher),
                quoted(case=told.subject, quote_no=number, revision=1, publisher="workshops/cast-north"),
                answered(draw(st.booleans()), **answer),
                QuoteDue(quote_no=number),
                QuoteEnds(quote_no=number, revision=revision),
            ]
        )
    )


OTHERS: dict[str, Callable[[Story], st.SearchStrategy[BaseModel]]] = {
    "quote": about_quotes,
    "hand": by_hand,
    "routing": lambda _told: st.sampled_from([CANCELS, IS_CANCELLED, IS_REOPENED]),
}


def live_on(told: Story, one: BaseModel) -> None:
    """Let it happen: who cancels is answered, twice the same, and nothing new begins after it."""
    was_withdrawn = told.state.withdrawn
    decision = told.hears(one)
    if was_withdrawn and not isinstance(one, CaseReopened | AssessByHand):
        assert not any(isinstance(said, BEGINS) for said in decision.events), "nothing new begins"
    if isinstance(one, CaseCancellationRequested):
        assert isinstance(decision.events[-1], CancellationAssessed)
        assert told.hears(one).events == decision.events[-1:]


def in_force(facts: FactsOf) -> list[Remedy]:
    """The remedies in force."""
    return [remedy for remedy in facts.find(Remedy) if remedy.in_force]


def check_facts(facts: FactsOf) -> None:
    """What the database's constraints and the register of workshops demand."""
    per_defect = Counter((remedy.product_unit, remedy.defect_no) for remedy in in_force(facts))
    assert not per_defect or max(per_defect.values()) == 1, "one remedy in force for each defect"
    at = Counter(remedy.service_point for remedy in in_force(facts) if remedy.service_point is not None)
    before = {NORTH.id: NORTH.open_repairs, SOUTH.id: SOUTH.open_repairs}
    for point in facts.find(ServicePoint):
        assert point.open_repairs == before[point.id] + at[point.id]
    open_quotes = Counter(quote.case_id for quote in facts.find(Quote) if quote.status in OPEN)
    assert not open_quotes or max(open_quotes.values()) == 1, "one open quote for each case"
    for remedy in facts.find(Remedy):
        assert remedy.coverage != "out" or remedy.quote_no is not None, "out of guarantee nothing is free"
        assert remedy.coverage != "trial" or remedy.kind != "repair", "in a trial nothing is repaired"
        assert not (remedy.in_force and remedy.called_off_at)


def check_case(told: Story) -> None:
    """What every reader of a case's events may rely on."""
    assessments: dict[int, CoverageAssessed] = {}
    remedies: dict[int, Approved] = {}
    ended: set[int] = set()
    for one in told.published:
        if isinstance(one, CoverageAssessed):
            assert one.assessment_no == len(assessments) + 1
            assert one.reasons
            assert one.window is Window.UNKNOWN or one.policy or "consumer_law_does_not_apply" in one.reasons
            assessments[one.assessment_no] = one
        if isinstance(one, Approved):
            check_remedy(one, assessments, remedies, ended)
            remedies[one.remedy_no] = one
        if isinstance(one, ENDS):
            assert one.remedy_no not in ended
            ended.add(one.remedy_no)
        if isinstance(one, CancellationAssessed) and MONEY.intersection(one.taken_back):
            ended |= {no for no, remedy in remedies.items() if isinstance(remedy, RefundApproved)}
        if isinstance(one, ReplacementShipped | ReplacementDelivered):
            assert one.remedy_no not in ended, "what was taken back is not sent"
        if isinstance(one, RefundPaid):
            assert isinstance(remedies[one.remedy_no], RefundApproved)
    check_quotes(told)


def check_remedy(
    one: Approved,
    assessments: dict[int, CoverageAssessed],
    remedies: dict[int, Approved],
    ended: set[int],
) -> None:
    """A remedy rests on an assessment that allows it, and supersedes what was decided for the defect."""
    basis = assessments[one.assessment_no]
    paid_repair = isinstance(one, RepairAuthorized) and one.paid
    kinds = {RemedyKind.QUOTE} if paid_repair else GIVEN[type(one)]
    assert kinds.intersection(basis.remedies_allowed)
    assert paid_repair or one.policy == basis.policy
    assert one.remedy_no == len(remedies) + 1
    if basis.window is Window.TRIAL:
        assert not isinstance(one, RepairAuthorized), "in a trial nothing goes to the workshop"
    if isinstance(one, RepairAuthorized):
        assert one.paid == (basis.window is Window.OUT) == (one.quote_no is not None)
    earlier = [before for before in remedies.values() if before.defect_no == one.defect_no]
    assert all(before.remedy_no in ended for before in earlier)
    assert one.supersedes == (earlier[-1].remedy_no if earlier else None)


def check_quotes(told: Story) -> None:
    """A quote is asked for, offered and accepted in this order, and an accepted one is carried out."""
    requested = {one.quote_no for one in told.published if isinstance(one, QuoteRequested)}
    issued = {(one.quote_no, one.revision) for one in told.published if isinstance(one, QuoteIssued)}
    accepted = [one for one in told.published if isinstance(one, QuoteAccepted)]
    paid_for = [one.quote_no for one in told.published if isinstance(one, RepairAuthorized) and one.paid]
    assert {quote_no for quote_no, _ in issued} <= requested
    assert {(one.quote_no, one.revision) for one in accepted} <= issued
    assert [one.quote_no for one in accepted] == paid_for
    assert len(set(paid_for)) == len(paid_for), "nobody pays twice under one quote"


@settings(max_examples=300)
@given(unit=units(), data=st.data())
def test_over_any_history_of_three_cases_about_one_unit_the_invariants_hold(
    unit: Unit, data: st.DataObject
) -> None:
    facts = FactsOf(TABLES, NORTH, SOUTH, listing(NORTH), listing(SOUTH))
    if data.draw(st.booleans()):
        facts.apply([Stock(TV.model, 0, data.draw(st.none() | st.just(date(2026, 12, 1))))])
    cases = [story(facts=facts, case=case) for case in IDS]
    for told in cases:
        symptom = data.draw(SYMPTOMS)
        asked_for = data.draw(st.none() | REMEDIES)
        stated = {"product_unit": TV.product_unit, "symptom_code": symptom}
        told.hears(opened(case_no=case_no(told.subject), facts=stated, asked_for=asked_for))
    if registered_before := data.draw(st.booleans()):
        facts.apply([unit])
    for told in data.draw(st.sampled_from([cases, cases[:1], []])):
        told.hears(classified())
    if not registered_before:
        facts.apply([unit])
    for _ in range(data.draw(st.integers(5, 25))):
        told = data.draw(st.sampled_from([*cases, *[cases[0]] * 6]))
        live_on(told, data.draw(inputs(told)))
        check_facts(facts)
    for told in cases:
        check_case(told)
        for name in set(told.said()):
            event(name)


@given(
    start=st.dates(date(2023, 1, 1), date(2026, 1, 1)),
    days=st.lists(st.integers(1, 366), min_size=1, max_size=4),
    after=st.integers(0, 400),
)
def test_of_several_trials_the_longest_decides(start: date, days: list[int], after: int) -> None:
    seller = next(pack for pack in POLICIES.packs if pack.id == "seller-trial-30")
    assert seller.trial is not None
    packs = [
        seller.model_copy(
            update={"id": f"trial-{n}", "trial": seller.trial.model_copy(update={"days": length})}
        )
        for n, length in enumerate(days)
    ]
    reported_on = start + timedelta(days=after)
    trials = [trial for pack in packs if (trial := trial_of(pack, start)) is not None]
    covered = covering(trials, reported_on)
    assert bool(covered) == (after <= max(days))
    if covered:
        assert covered[0].until == start + timedelta(days=max(days))


@given(day=st.dates(date(2022, 1, 1), date(2026, 11, 20)))
def test_no_report_has_fewer_rights_under_the_sellers_promise_than_under_the_law_alone(day: date) -> None:
    order = [Window.OUT, Window.GUARANTEE, Window.TRIAL]
    sold = replace(TV, purchased_on=day, delivered_on=day)
    law_alone = Policies(tuple(pack for pack in POLICIES.packs if pack.is_law), POLICIES.calendars)
    with_promise, without = (window(sold, policies) for policies in (POLICIES, law_alone))
    assert order.index(with_promise) >= order.index(without)


def window(unit: Unit, policies: Policies) -> Window:
    """The window of a report of 21 November 2026."""
    case = CaseRights.of(UUID(int=1), opened(reported_at=datetime(2026, 11, 21, 12, 0, tzinfo=UTC)))
    return assess(case, unit, (), policies).window
