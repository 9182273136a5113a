"""What the first line can do for a customer, and what it cannot."""

import pytest

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseEscalated,
    ResolutionProposed,
)
from services.routing.domain.first_line import (
    AcceptEscalation,
    ProposeResolution,
    RecordStep,
    Take,
)
from tests.unit.routing.beginnings import ONLINE, in_repair, row, with_agent
from tests.unit.routing.world import (
    Case,
    confirmed,
    text_ref,
)


def test_online_support_goes_to_the_first_line_with_the_playbook_for_its_trouble() -> None:
    case = Case()
    case.is_found(ONLINE, reasons=("streaming_app", "no_connection"))
    assigned = case.last(CaseAssigned)
    assert (assigned.queue, assigned.playbook) == ("first_line", "network")


def test_the_first_line_takes_tries_proposes_and_the_customer_confirms() -> None:
    case = with_agent()
    reply = case.is_told(RecordStep(agent="agent-03", step="restart_router", helped=True)).reply
    assert reply is not None
    assert reply.model_dump()["next_step"] == "restart_device"
    case.is_told(ProposeResolution(agent="agent-03", reason="network_restarted", text_ref=text_ref(9)))
    assert case.last(ResolutionProposed).text_ref == text_ref(9)
    case.hears(confirmed())
    assert row(case).tmf_status == "closed"
    assert case.state.handoffs == 0
    assert case.count(CaseEscalated) == 0


def test_no_customer_goes_through_the_same_step_twice() -> None:
    case = with_agent()
    step = RecordStep(agent="agent-03", step="restart_router", helped=False)
    case.is_told(step)
    refusal = case.is_told(step).refusal
    assert refusal is not None
    assert refusal.code == "already_tried"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Take(agent="agent-04"), "already_taken"),
        (ProposeResolution(agent="agent-04", reason="solved"), "already_taken"),
        (RecordStep(agent="agent-03", step="dance", helped=True), "unknown_step"),
        (AcceptEscalation(agent="tech-21"), "not_escalated"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_code(command: Take, code: str) -> None:
    refusal = with_agent().is_told(command).refusal
    assert refusal is not None
    assert refusal.code == code


def test_a_case_with_the_technicians_is_not_in_the_first_line() -> None:
    refusal = in_repair().is_told(Take(agent="agent-03")).refusal
    assert refusal is not None
    assert refusal.code == "not_in_first_line"


def test_who_works_on_a_case_has_taken_it() -> None:
    case = Case()
    case.is_found(ONLINE)
    refusal = case.is_told(ProposeResolution(agent="agent-03", reason="solved")).refusal
    assert refusal is not None
    assert refusal.code == "not_taken"


def test_a_second_proposal_waits_for_the_answer_to_the_first() -> None:
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    refusal = case.is_told(ProposeResolution(agent="agent-03", reason="solved")).refusal
    assert refusal is not None
    assert refusal.code == "already_proposed"
