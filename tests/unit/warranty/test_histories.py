"""Whatever happens in whatever order, what must never happen does not."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import event, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ciclo_schemas.inbound import ScanKind, WorkshopReportKind
from ciclo_schemas.values import Category, DecidedBy, RemedyKind, Window
from ciclo_schemas.warranty import (
    CoverageAssessed,
    RepairAuthorized,
    RepairCompleted,
    RepairFailed,
    ReplacementApproved,
)
from services.warranty.domain.answers import AssessAgain
from services.warranty.domain.coverage import assess
from services.warranty.domain.policies import Policies
from services.warranty.domain.records import Remedy, ServicePoint, Unit
from services.warranty.domain.rights import CaseRights
from services.warranty.domain.trial import covering, trial_of
from services.warranty.store import TABLES
from tests.support.deciders import FactsOf, Story
from tests.unit.warranty.world import (
    NORTH,
    POLICIES,
    SOUTH,
    TV,
    chosen,
    classified,
    informed,
    opened,
    reported,
    scanned,
    story,
)

IDS = [UUID(int=number) for number in (1, 2, 3)]
SYMPTOMS = st.sampled_from(["no_picture", "no_sound", None])
REMEDIES = st.sampled_from(list(RemedyKind)[:-1])


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
        jurisdiction=draw(st.sampled_from(["ES", "GB"])),
        seller=draw(st.sampled_from(["acme-shop", "no-trial-shop"])),
        buyer=draw(st.sampled_from(["consumer", "business"])),
    )


@st.composite
def inputs(draw: st.DrawFn, told: Story) -> BaseModel:
    """Something that may happen to a case after it was opened, sensible more often than not."""
    steps = ["classified", "informed", "chosen", "chosen", "scanned", "again"]
    made = draw(st.sampled_from(steps + ["reported"] * (6 if told.state.remedies else 1)))
    number = max(told.state.remedies, 1)
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
        )
    if made == "scanned":
        return scanned(draw(st.sampled_from(list(ScanKind))), case=told.subject, remedy_no=number)
    return AssessAgain(product_unit=TV.product_unit)


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


def check_case(told: Story) -> None:
    """What every reader of a case's events may rely on."""
    assessments: dict[int, CoverageAssessed] = {}
    remedies: dict[int, ReplacementApproved | RepairAuthorized] = {}
    ended: set[int] = set()
    for one in told.published:
        if isinstance(one, CoverageAssessed):
            assert one.assessment_no == len(assessments) + 1
            assert one.reasons
            assert one.window is Window.UNKNOWN or one.policy or "consumer_law_does_not_apply" in one.reasons
            assessments[one.assessment_no] = one
        if isinstance(one, ReplacementApproved | RepairAuthorized):
            check_remedy(one, assessments, remedies, ended)
            remedies[one.remedy_no] = one
        if isinstance(one, RepairCompleted | RepairFailed):
            assert one.remedy_no not in ended
            ended.add(one.remedy_no)


def check_remedy(
    one: ReplacementApproved | RepairAuthorized,
    assessments: dict[int, CoverageAssessed],
    remedies: dict[int, ReplacementApproved | RepairAuthorized],
    ended: set[int],
) -> None:
    """A remedy rests on an assessment that allows it, and supersedes what was decided for the defect."""
    basis = assessments[one.assessment_no]
    kind = RemedyKind.REPAIR if isinstance(one, RepairAuthorized) else RemedyKind.REPLACEMENT
    assert kind in basis.remedies_allowed
    assert one.policy == basis.policy
    assert one.remedy_no == len(remedies) + 1
    if basis.window is Window.TRIAL:
        assert isinstance(one, ReplacementApproved), "in a trial nothing goes to the workshop"
    earlier = [before for before in remedies.values() if before.defect_no == one.defect_no]
    assert all(before.remedy_no in ended for before in earlier)
    if earlier and isinstance(one, ReplacementApproved):
        assert one.supersedes == earlier[-1].remedy_no


@settings(max_examples=300, deadline=None)
@given(unit=units(), data=st.data())
def test_over_any_history_of_three_cases_about_one_unit_the_invariants_hold(
    unit: Unit, data: st.DataObject
) -> None:
    facts = FactsOf(TABLES, NORTH, SOUTH)
    cases = [story(facts=facts, case=case) for case in IDS]
    for told in cases:
        symptom = data.draw(SYMPTOMS)
        asked_for = data.draw(st.none() | REMEDIES)
        stated = {"product_unit": TV.product_unit, "symptom_code": symptom}
        told.hears(opened(case_no=case_no(told.subject), facts=stated, asked_for=asked_for))
    for told in data.draw(st.sampled_from([cases, cases[:1], []])):
        told.hears(classified())
    facts.apply([unit])
    for _ in range(data.draw(st.integers(1, 15))):
        told = data.draw(st.sampled_from([*cases, cases[0], cases[0]]))
        told.hears(data.draw(inputs(told)))
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
