"""The first event of every case: a promise with a date and an owner, and the question what it is about."""

from ciclo_schemas.cases import CaseOpened
from ciclo_schemas.routing import PromiseKind
from services.chassis.decider import Given
from services.routing.domain import classification, linked, promises
from services.routing.domain.case import CaseState
from services.routing.domain.charter import House
from services.routing.domain.owners import FIRST_LINE_QUEUE
from services.routing.domain.turn import Turn
from services.routing.domain.words import facts_of


def case_opened(opened: CaseOpened, given: Given, house: House) -> Turn:
    """Take a new case: from here on it has an owner and a live promise."""
    state = CaseState(
        case_no=opened.case_no,
        customer_ref=opened.customer_ref,
        language=opened.language,
        jurisdiction=opened.jurisdiction,
        opened_at=opened.reported_at,
        owner=FIRST_LINE_QUEUE,
        safety=opened.safety_flag,
        texts=(opened.text_ref,),
        facts=facts_of(opened.facts),
        asked_for=opened.asked_for,
        unit=opened.facts.product_unit,
    )
    turn = Turn(state, given, house)
    promises.make(turn, PromiseKind.FIRST_ANSWER, FIRST_LINE_QUEUE)
    linked.find_place(turn)
    classification.ask(turn)
    return turn
