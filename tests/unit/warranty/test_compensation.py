"""A fault of the house is made good once, within written limits, and every proposal is answered."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas.routing import CompensationCause, CompensationProposed
from ciclo_schemas.values import Money, Party, PartyKind
from ciclo_schemas.warranty import CompensationDeclined, CompensationGranted
from services.warranty.domain.records import Compensation
from tests.support.deciders import Story
from tests.unit.warranty.world import CANCELS, opened, story


def proposed(
    cause: CompensationCause = CompensationCause.PROMISE,
    cause_no: int = 1,
    amount_minor: int | None = None,
    currency: str = "EUR",
) -> CompensationProposed:
    """Routing proposes to make good a fault."""
    amount = None if amount_minor is None else Money(amount_minor=amount_minor, currency=currency)
    reason = "promise_broken" if cause is CompensationCause.PROMISE else "complaint.upheld"
    by = Party(kind=PartyKind.SERVICE, id="routing")
    return CompensationProposed(cause=cause, cause_no=cause_no, proposed_by=by, reason=reason, amount=amount)


def customer_of(jurisdiction: str = "ES") -> Story:
    """A case, about whatever."""
    told = story()
    told.hears(opened(jurisdiction=jurisdiction, facts={}))
    return told


def answer(told: Story, proposal: CompensationProposed) -> CompensationGranted | CompensationDeclined:
    """What becomes of a proposal: one answer, about the same cause."""
    (event,) = told.hears(proposal).events
    assert isinstance(event, CompensationGranted | CompensationDeclined)
    assert (event.cause, event.cause_no) == (proposal.cause, proposal.cause_no)
    return event


def declined(told: Story, proposal: CompensationProposed) -> str:
    """Why it was declined."""
    event = answer(told, proposal)
    assert isinstance(event, CompensationDeclined)
    return event.reason


@pytest.mark.parametrize(
    ("jurisdiction", "cause", "amount", "reason"),
    [
        ("ES", CompensationCause.PROMISE, (1000, "EUR"), "promise_not_kept"),
        ("PT", CompensationCause.COMPLAINT, (1500, "EUR"), "complaint.upheld"),
        ("GB", CompensationCause.PROMISE, (1000, "GBP"), "promise_not_kept"),
    ],
)
def test_without_a_proposed_amount_the_standard_one_of_the_country_is_given(
    jurisdiction: str, cause: CompensationCause, amount: tuple[int, str], reason: str
) -> None:
    granted = answer(customer_of(jurisdiction), proposed(cause))
    assert isinstance(granted, CompensationGranted)
    assert (granted.amount.amount_minor, granted.amount.currency) == amount
    assert granted.reasons == (reason, "standard_amount")
    assert granted.policy.id.startswith("service-credit-")


def test_what_a_person_proposes_is_given_whole_up_to_the_limit_and_not_at_all_above_it() -> None:
    told = customer_of()
    assert declined(told, proposed(amount_minor=2501)) == "above_limit"
    granted = answer(told, proposed(amount_minor=2500))
    assert isinstance(granted, CompensationGranted)
    assert granted.reasons == ("promise_not_kept", "within_limit")


def test_a_fault_is_made_good_once_however_often_it_is_proposed() -> None:
    told = customer_of()
    answer(told, proposed())
    assert declined(told, proposed()) == "granted_before"
    assert isinstance(answer(told, proposed(cause_no=2)), CompensationGranted)
    assert isinstance(answer(told, proposed(CompensationCause.COMPLAINT)), CompensationGranted)


@pytest.mark.parametrize(
    ("jurisdiction", "proposal", "reason"),
    [
        ("ES", proposed(amount_minor=1000, currency="GBP"), "other_currency"),
        ("ES", proposed(amount_minor=0), "no_amount"),
        ("FR", proposed(), "no_terms"),
        ("FR", proposed(amount_minor=1), "no_terms"),
    ],
)
def test_what_cannot_be_granted_is_declined_with_its_reason(
    jurisdiction: str, proposal: CompensationProposed, reason: str
) -> None:
    assert declined(customer_of(jurisdiction), proposal) == reason


def test_one_case_gets_no_more_than_its_total() -> None:
    told = customer_of()
    for cause_no in (1, 2, 3):
        answer(told, proposed(cause_no=cause_no, amount_minor=2500))
    assert declined(told, proposed(cause_no=4, amount_minor=1)) == "case_limit_reached"


def test_who_withdraws_the_case_is_still_made_good() -> None:
    told = customer_of()
    told.hears(CANCELS)
    assert isinstance(answer(told, proposed()), CompensationGranted)


PROPOSALS = st.builds(
    proposed,
    cause=st.sampled_from([CompensationCause.PROMISE, CompensationCause.COMPLAINT]),
    cause_no=st.integers(1, 4),
    amount_minor=st.none() | st.integers(0, 6000),
    currency=st.sampled_from(["EUR", "EUR", "GBP"]),
)


@given(proposals=st.lists(PROPOSALS, max_size=15))
def test_whatever_is_proposed_each_cause_is_compensated_once_within_the_limits_and_all_is_answered(
    proposals: list[CompensationProposed],
) -> None:
    told = customer_of()
    answers = [answer(told, proposal) for proposal in proposals]
    granted = [one for one in answers if isinstance(one, CompensationGranted)]
    causes = Counter((one.cause, one.cause_no) for one in granted)
    assert not causes or max(causes.values()) == 1
    assert all(one.amount.currency == "EUR" for one in granted)
    assert sum(one.amount.amount_minor for one in granted) <= 7500
    assert len(told.facts.find(Compensation)) == len(granted)
