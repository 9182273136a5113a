"""Who asks for a person gets one by name, and a danger is urgent, wherever the case stands."""

from collections.abc import Callable

import pytest

from ciclo_schemas.routing import CaseAssigned, CaseReopened
from ciclo_schemas.values import Category, Facts, PartyKind, RemedyKind, Window
from services.routing.domain.first_line import ProposeResolution, Take
from services.routing.domain.training import ConfirmTraining
from tests.unit.routing.beginnings import FAULT, ONLINE, in_guarantee, in_repair, row, with_agent
from tests.unit.routing.redressing import complained
from tests.unit.routing.world import (
    Case,
    assessed,
    chosen,
    confirmed,
    human,
    information,
    opened,
    replacement_approved,
)


def in_training(*, confirmed_by: str | None = None) -> Case:
    case = Case()
    case.is_found(Category.TRAINING)
    if confirmed_by:
        case.is_told(ConfirmTraining(agent=confirmed_by))
    return case


def not_understood() -> Case:
    case = Case()
    case.is_found(FAULT, abstained=True)
    return case


def unclear() -> Case:
    case = Case()
    case.is_found(Category.SPAM_OR_UNCLEAR, reasons=("unclear.too_short",))
    return case


def rejected() -> Case:
    case = Case()
    case.is_found(Category.SPAM_OR_UNCLEAR, reasons=("spam.advertising",))
    return case


def chosen_remedy() -> Case:
    case = in_guarantee()
    case.hears(chosen(RemedyKind.REPAIR))
    return case


def replaced() -> Case:
    case = Case(opened(Facts(product_unit="TV-0001", symptom_code="no_power")))
    case.is_found(FAULT)
    case.hears(assessed(Window.TRIAL))
    case.hears(replacement_approved())
    return case


def proposed() -> Case:
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    return case


def closed() -> Case:
    case = proposed()
    case.hears(confirmed())
    return case


def confirmed_but_complained() -> Case:
    case = Case()
    case.is_found(ONLINE, facets=("complaint",))
    case.is_told(Take(agent="agent-03"))
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    case.hears(confirmed())
    return case


EVERYWHERE: list[Callable[[], Case]] = [
    Case,
    with_agent,
    in_training,
    lambda: in_training(confirmed_by="agent-11"),
    not_understood,
    unclear,
    rejected,
    complained,
    in_guarantee,
    chosen_remedy,
    replaced,
    in_repair,
    proposed,
    closed,
    confirmed_but_complained,
]


@pytest.mark.parametrize("stands", EVERYWHERE)
def test_who_asks_for_a_person_gets_one_by_name_and_a_date(stands: Callable[[], Case]) -> None:
    case = stands()
    said = len(case.published)
    case.hears(human())
    (owner,) = {
        event.owner for event in case.published[said:] if isinstance(event, CaseAssigned | CaseReopened)
    }
    assert owner.kind is PartyKind.AGENT
    assert (row(case).owner_kind, row(case).owner) == ("agent", owner.id)
    assert case.state.promises
    assert not case.state.is_closed


@pytest.mark.parametrize("stands", EVERYWHERE)
def test_a_safety_word_makes_the_case_urgent(stands: Callable[[], Case]) -> None:
    case = stands()
    case.hears(information(text=2, safety=True))
    assert (row(case).rank, row(case).urgency) == (0, "high")
    assert row(case).is_open
