"""What the first line and the education area do: care, training, playbooks, what nobody knows."""

import pytest

from ciclo_schemas.inbound import ScanKind, WorkshopReportKind
from demo.doors import DoorClosed
from tests.journeys.cycle.journey import GUARANTEE, SOLVED, Journey, Scene

BY_AGENT = ("receipt", "progress", "solved", "closed")
NEW_UNIT = ("receipt", "replacement", "shipped", "solved", "closed")
TAUGHT = ("receipt", "training", "progress", "solved", "closed")
DELIVERED = ("replacement.approved", "replacement.delivered", *SOLVED)


async def exhausted(s: Scene) -> None:
    """Every step of the playbook was tried: the agent asks for a technician, who knows what was tried."""
    case = await s.customer.writes("No puedo entrar en mi cuenta, he olvidado la contraseña.")
    await s.agent.takes(case)
    first = await s.agent.tries(case, helped=False)
    second = await s.agent.tries(case, helped=False)
    await s.agent.escalates(case, "no_login")
    await s.customer.chooses("repair")
    await s.expects(case, "case.escalated")
    assert s.data(case, "case.escalated")[0]["steps_tried"] == [first, second]
    await s.workshop.reports(case, WorkshopReportKind.RECEIVED, WorkshopReportKind.COMPLETED)
    await s.customer.confirms()


async def unknown_then_clear(s: Scene) -> None:
    """Nobody knows, until the customer says more."""
    case = await s.customer.writes("El aparato hace cosas raras con la luz a veces.")
    await s.expects(case, "case.unknown_declared")
    await s.customer.adds("Ahora está averiada del todo, no enciende.", symptom_code="no_power")
    await s.expects(case, "case.unknown_resolved")
    await s.customer.chooses("replacement")
    await s.line.scans(case, ScanKind.SHIPPED, ScanKind.DELIVERED)
    await s.customer.confirms()


async def training(s: Scene, text: str) -> None:
    """The education area takes over and proposes the resolution."""
    case = await s.customer.writes(text)
    await s.educator.confirms_training(case)
    await s.educator.proposes(case, "course_booked")
    await s.customer.confirms()


async def training_en(s: Scene) -> None:
    """In English."""
    await training(s, "Do you offer a training course for my new sewing machine?")


async def training_pt(s: Scene) -> None:
    """In Portuguese."""
    await training(s, "Gostaria de fazer um curso para aprender a usar a máquina de costura.")


async def care(s: Scene, text: str) -> None:
    """The first line answers from the records."""
    case = await s.customer.writes(text)
    await s.agent.takes(case)
    await s.agent.tries(case, helped=True)
    await s.agent.proposes(case, "answered")
    await s.customer.confirms()


async def care_es(s: Scene) -> None:
    """In Spanish."""
    await care(s, "¿Dónde está mi pedido? Me dijeron que llegaba el lunes.")


async def care_en(s: Scene) -> None:
    """In English."""
    await care(s, "Could you send me the invoice of my order, please?")


async def care_pt(s: Scene) -> None:
    """In Portuguese."""
    await care(s, "Preciso da fatura da minha encomenda, por favor.")


async def question_without_unit(s: Scene) -> None:
    """Is it still covered? Asked once which unit, then answered with dates."""
    case = await s.customer.writes("A minha máquina de lavar ainda está na garantia?", names=None)
    await s.expects(case, "information.requested")
    await s.customer.adds(**s.named(0))
    await s.customer.confirms()


async def passed_around(s: Scene) -> None:
    """Handed over three times; then nobody but a supervisor takes the case."""
    case = await s.customer.writes("I cannot log in to my account, I forgot my password.")
    first, second = s.colleague("agent-01"), s.colleague("agent-02")
    await first.takes(case)
    await first.hands_over(case, "agent-02", "language")
    await second.hands_over(case, "agent-01", "shift_ends")
    await first.hands_over(case, "agent-02", "shift_ends")
    with pytest.raises(DoorClosed, match="too_many_handoffs"):
        await second.does(case, "handoff", {"person": "agent-03", "reason": "shift_ends"})
    await second.hands_over(case, "agent-07", "shift_ends")
    await s.colleague("agent-07").proposes(case, "guided")
    await s.customer.confirms()


def _care(title: str, play: object, language: str, jurisdiction: str) -> Journey:
    return Journey(
        title,
        play,  # type: ignore[arg-type]
        language=language,  # type: ignore[arg-type]
        jurisdiction=jurisdiction,
        path=("case.opened", "case.classified", "case.assigned", "case.assigned", *SOLVED),
        never=("coverage.assessed", "case.escalated", "information.requested"),
        messages=BY_AGENT,
    )


def _training(title: str, play: object, language: str, jurisdiction: str) -> Journey:
    return Journey(
        title,
        play,  # type: ignore[arg-type]
        language=language,  # type: ignore[arg-type]
        jurisdiction=jurisdiction,
        path=("case.classified", "case.diverted_to_training", "case.held", "case.handed_off", *SOLVED),
        never=("coverage.assessed", "case.escalated", "promise.broken"),
        once=("case.handed_off",),
        messages=TAUGHT,
    )


JOURNEYS = (
    _care("care in Spanish", care_es, "es", "ES"),
    _care("care in English", care_en, "en", "GB"),
    _care("care in Portuguese", care_pt, "pt", "PT"),
    _training("training in English", training_en, "en", "GB"),
    _training("training in Portuguese", training_pt, "pt", "PT"),
    Journey(
        "the playbook is exhausted",
        exhausted,
        things=(GUARANTEE,),
        path=(
            "case.classified",
            "case.assigned",
            "case.classified",
            "coverage.assessed",
            "case.remedy_chosen",
            "repair.authorized",
            "case.escalated",
            "repair.completed",
            *SOLVED,
        ),
        never=("replacement.approved",),
        messages=("receipt", "progress", "remedy_choice", "repair", "solved", "closed"),
    ),
    Journey(
        "unknown, then clear words",
        unknown_then_clear,
        things=(GUARANTEE,),
        path=("case.unknown_declared", "case.classified", "case.unknown_resolved", *DELIVERED),
        once=("case.unknown_declared", "case.unknown_resolved"),
        messages=("receipt", "unknown", "progress", "remedy_choice", *NEW_UNIT[1:]),
    ),
    Journey(
        "a warranty question without its unit",
        question_without_unit,
        things=(GUARANTEE,),
        language="pt",
        jurisdiction="PT",
        path=("coverage.assessed", "information.requested", "coverage.assessed", *SOLVED),
        never=("case.assigned", "case.escalated"),
        once=("information.requested",),
        messages=("receipt", "information", "coverage", "closed"),
    ),
    Journey(
        "handed over too often",
        passed_around,
        language="en",
        jurisdiction="GB",
        path=("case.handed_off", "case.handed_off", "case.handed_off", "case.handed_off", *SOLVED),
        messages=("receipt", "solved", "closed"),
    ),
)
