"""Nobody knows yet: the customer hears who finds out and when he hears again, and it is never forgotten."""

from datetime import timedelta

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseUnknownDeclared,
    CaseUnknownResolved,
    InformationRequested,
    PromiseKept,
    PromiseKind,
    PromiseMade,
)
from ciclo_schemas.values import Category, PartyKind, Window
from services.routing.domain.first_line import ClassifyByAgent, ProposeResolution
from services.routing.domain.unknown import DeclareUnknown
from tests.unit.routing.beginnings import FAULT, ONLINE, row, with_agent
from tests.unit.routing.redressing import breaks
from tests.unit.routing.world import HOUSE, Case, assessed, confirmed, information


def not_understood() -> Case:
    """Words that the classifier does not understand."""
    case = Case()
    case.is_found(FAULT, abstained=True, reasons=("no_evidence",))
    return case


def update_of(case: Case) -> int:
    """The number of the promised next word."""
    (promise,) = case.state.promised(PromiseKind.UPDATE)
    return int(promise.no)


def test_what_the_classifier_does_not_understand_is_said_to_be_unknown_by_name_and_date() -> None:
    case = not_understood()
    declared = case.last(CaseUnknownDeclared)
    promise = case.last(PromiseMade)
    assert declared.owner.kind is PartyKind.AGENT
    assert (declared.owner.id, declared.unknown_no) == (row(case).owner, 1)
    assert (promise.kind, promise.owner, promise.due) == (
        PromiseKind.UPDATE,
        declared.owner,
        declared.next_update_at,
    )
    assert case.last(PromiseKept).kind is PromiseKind.FIRST_ANSWER
    case.hears(assessed(Window.GUARANTEE))
    assert case.count(InformationRequested) == 0


def test_an_agent_who_finds_out_resolves_it() -> None:
    case = not_understood()
    case.is_told(ClassifyByAgent(agent=row(case).owner, category=Category.CARE))
    assert case.last(CaseUnknownResolved).unknown_no == 1
    assert not case.state.promised(PromiseKind.UPDATE)
    assert case.state.promises


def test_a_resolution_resolves_it_too() -> None:
    case = not_understood()
    case.is_told(ProposeResolution(agent=row(case).owner, reason="answered"))
    assert case.count(CaseUnknownResolved) == 1
    case.hears(confirmed())
    assert case.state.is_closed


def test_later_words_that_are_understood_resolve_it_and_the_person_stays() -> None:
    case = not_understood()
    person = row(case).owner
    case.hears(information(text=2))
    case.is_found(ONLINE, reasons=("no_connection",))
    assert case.count(CaseUnknownResolved) == 1
    assert (row(case).owner, case.state.playbook) == (person, "network")


def test_later_words_that_are_not_understood_either_are_no_second_declaration() -> None:
    case = not_understood()
    case.hears(information(text=2))
    case.is_found(ONLINE, abstained=True)
    assert case.count(CaseUnknownDeclared) == 1


def test_a_next_word_that_does_not_come_is_declared_again_the_third_time_by_the_supervisor() -> None:
    case = not_understood()
    breaks(case, update_of(case))
    second = case.last(CaseUnknownDeclared)
    assert second.unknown_no == 2
    assert second.owner.id != case.state.people[0]
    assert second.next_update_at > case.now
    breaks(case, update_of(case))
    assert case.last(CaseUnknownDeclared).owner.id == HOUSE.charter.first_line.supervisor
    assert case.last(CaseAssigned).owner.id == HOUSE.charter.first_line.supervisor
    assert [one.kind for one in case.state.promises] == [PromiseKind.UPDATE]


def test_a_person_may_say_that_he_does_not_know_but_not_let_the_customer_wait_for_ever() -> None:
    case = with_agent()
    longest = HOUSE.charter.longest_update_hours
    wish = DeclareUnknown(agent="agent-03", reason="maker_asked", next_update_hours=longest)
    too_long = case.is_told(wish.model_copy(update={"next_update_hours": longest + 1})).refusal
    assert too_long is not None
    assert too_long.code == "too_late"
    stranger = case.is_told(wish.model_copy(update={"agent": "agent-04"})).refusal
    assert stranger is not None
    assert stranger.code == "already_taken"
    case.is_told(wish)
    assert case.last(CaseUnknownDeclared).next_update_at == case.now + timedelta(hours=longest)
    assert [one.kind for one in case.state.promises] == [PromiseKind.UPDATE]
