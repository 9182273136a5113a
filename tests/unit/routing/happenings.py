"""What else may happen to a case: refunds, quotes, delays, cancellations, containments, in any order."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

from hypothesis import strategies as st
from pydantic import BaseModel

from ciclo_schemas.values import Category, RemedyKind, Window
from services.chassis.decider import Origin
from tests.unit.routing import news
from tests.unit.routing.world import Case, assessed, chosen, found, repair_authorized, replacement_approved

Happening: TypeAlias = Callable[[Case], None]
NUMBERS = st.integers(1, 3)
HOURS = st.sampled_from([1, 30, 100, 500])


def heard(event: BaseModel) -> Happening:
    """An event of another service."""

    def happen(case: Case) -> None:
        case.hears(event)

    return happen


def in_hours(make: Callable[[timedelta, Case], BaseModel], hours: int) -> Happening:
    """An event with a date that lies so many hours ahead."""

    def happen(case: Case) -> None:
        case.hears(make(timedelta(hours=hours), case))

    return happen


def _refund(number: int, hours: int, partial: bool) -> Happening:
    return in_hours(
        lambda ahead, case: news.refund_approved(number, case.now + ahead, partial=partial), hours
    )


def _reschedule(number: int, hours: int, reason: str) -> Happening:
    return in_hours(lambda ahead, case: news.rescheduled(case.now + ahead, number, reason=reason), hours)


def _same_date(number: int) -> Happening:
    """The workshop waits for a part and leaves its date as it is."""

    def happen(case: Case) -> None:
        due = next((one.due for one in case.state.promises if one.kind.value == "repair"), None)
        if due is not None:
            case.hears(news.rescheduled(due, number, reason="waiting_for_part"))

    return happen


def _quote_requested(hours: int) -> Happening:
    """Every quote has a number of its own."""
    return in_hours(
        lambda ahead, case: news.quote_requested(case.now + ahead, f"Q-{case.state.promises_made}"), hours
    )


def _of_quote(make: Callable[[str, Case], BaseModel], is_current: bool) -> Happening:
    """News of the quote that the case is about, or of another one."""

    def happen(case: Case) -> None:
        quote = case.state.quote
        case.hears(make(quote.no if quote is not None and is_current else news.QUOTE, case))

    return happen


def _quote_issued(hours: int, revision: int, is_current: bool) -> Happening:
    return _of_quote(
        lambda no, case: news.quote_issued(case.now + timedelta(hours=hours), revision, no), is_current
    )


def _quote_answered(accepted: bool, revision: int, is_current: bool) -> Happening:
    return _of_quote(
        lambda no, _case: news.quote_answered(accepted, revision=revision, quote_no=no), is_current
    )


def _is_fault(case: Case) -> None:
    case.hears(found(Category.TECHNICAL_FAULT, case.state.evidence_no), origin=Origin.RESULT)


CURRENT = st.sampled_from([True, True, True, False])
REMEDY_NEWS = st.sampled_from(
    [
        news.refund_paid,
        news.replacement_lost,
        news.replacement_withdrawn,
        news.repair_refused,
        news.repair_cancelled,
    ]
)
HAPPENINGS: st.SearchStrategy[Happening] = st.one_of(
    st.builds(_refund, NUMBERS, HOURS, st.booleans()),
    st.builds(lambda make, number: heard(make(number)), REMEDY_NEWS, NUMBERS),
    st.builds(_reschedule, NUMBERS, HOURS, st.sampled_from(["busy", "waiting_for_part"])),
    st.builds(_same_date, NUMBERS),
    st.builds(_quote_requested, HOURS),
    st.builds(_quote_issued, HOURS, NUMBERS, CURRENT),
    st.builds(_quote_answered, st.booleans(), NUMBERS, CURRENT),
    st.builds(lambda current: _of_quote(lambda no, _case: news.quote_refused(no), current), CURRENT),
    st.builds(lambda current: _of_quote(lambda no, _case: news.quote_expired(no), current), CURRENT),
    st.just(heard(news.cancellation())),
    st.just(heard(news.cancellable("remedy"))),
    st.just(heard(news.not_cancellable())),
    st.just(heard(news.containment())),
)

_OUT: list[Happening] = [_is_fault, heard(assessed(Window.OUT, allowed=(RemedyKind.QUOTE,)))]
_QUOTED: list[Happening] = [
    *_OUT,
    heard(chosen(RemedyKind.QUOTE)),
    _quote_requested(100),
    _quote_issued(200, 1, is_current=True),
]
_REPLACED: list[Happening] = [
    _is_fault,
    heard(assessed(Window.TRIAL)),
    in_hours(lambda ahead, case: replacement_approved(1, case.now + ahead), 100),
]
BEGINNINGS: list[list[Happening]] = [
    _QUOTED,
    [
        *_QUOTED,
        _quote_answered(accepted=True, revision=1, is_current=True),
        in_hours(lambda ahead, case: repair_authorized(1, case.now + ahead), 200),
    ],
    [*_REPLACED, heard(chosen(RemedyKind.REFUND))],
    [*_REPLACED, heard(news.cancellation())],
    [heard(news.cancellation()), heard(news.cancellable())],
    [_is_fault, heard(assessed(Window.GUARANTEE)), _refund(1, 300, False)],
]
