"""What customers say by telephone: every kind of word, in time and too late."""

from ciclo_schemas.inbound import ScanKind, WordKind, WorkshopReportKind
from ciclo_schemas.values import RemedyKind
from ciclo_schemas.warranty import CoverageAssessed, QuoteIssued
from tests.journeys.cycle.journey import GUARANTEE, OUT, SOLVED, TRIAL, Journey, Scene

NOBODY = "cus_" + "0" * 32


async def all_by_phone(s: Scene) -> None:
    """Opened twice under one number, informed, chosen, repaired, confirmed: all by telephone."""
    owner = s.customer.owner
    case, number = await s.line.opens(owner, "La lavadora está averiada y no centrifuga.", times=2)
    await s.expects(case, "information.requested")
    await s.line.says(number, WordKind.INFORMATION, facts=s.named(0) | {"symptom_code": "no_spin"}, times=2)
    offer = await s.journal.read(case.case_id, CoverageAssessed, 2)
    assert offer.window == "guarantee", offer
    late = await s.line.says(case, WordKind.REMEDY_CHOICE, remedy="repair", assessment_no=1)
    assert await s.refused(late) == "stale_assessment"
    lacking = await s.line.says(case, WordKind.REMEDY_CHOICE, remedy="repair")
    assert await s.refused(lacking) == "missing"
    never = await s.line.says(case, WordKind.REMEDY_CHOICE, remedy="refund", assessment_no=2)
    assert await s.refused(never) == "remedy_not_offered"
    await s.line.says(number, WordKind.REMEDY_CHOICE, remedy="repair", assessment_no=2, times=2)
    await s.workshop.reports(case, WorkshopReportKind.RECEIVED, WorkshopReportKind.COMPLETED)
    await s.crm.confirms(case)
    await s.expects(case, "case.closed")


async def denied_twice(s: Scene) -> None:
    """She is not solved twice by telephone: the second time the supervisor goes on. An old yes is refused."""
    case, _ = await s.line.opens(s.customer.owner, "I cannot log in to my account, I forgot my password.")
    assert await s.refused(await s.line.opens_for(NOBODY)) == "unknown_customer"
    await s.agent.takes(case)
    await s.agent.proposes(case, "guided")
    await s.expects(case, "resolution.proposed", 1)
    await s.line.says(case, WordKind.DENIAL, proposal_no=1, reason="not_solved", text="It asks again.")
    await s.expects(case, "promise.made", 2)
    await s.proposes(case)
    await s.expects(case, "resolution.proposed", 2)
    stale = await s.line.says(case, WordKind.CONFIRMATION, proposal_no=1)
    assert await s.refused(stale) == "stale_proposal"
    await s.line.says(case, WordKind.DENIAL, proposal_no=2, reason="not_solved")
    await s.proposes(case, "agent-07")
    await s.expects(case, "resolution.proposed", 3)
    await s.line.says(case, WordKind.CONFIRMATION, proposal_no=3)
    await s.expects(case, "case.closed")


async def person_objection_cancellation(s: Scene) -> None:
    """He wants a person, objects to the answer, and gives up in the end."""
    case, number = await s.line.opens(
        s.customer.owner, "Não consigo entrar na minha conta, esqueci a palavra-passe."
    )
    await s.expects(case, "case.assigned")
    await s.line.says(number, WordKind.HUMAN_REQUEST)
    await s.expects(case, "case.human_requested")
    await s.proposes(case)
    await s.expects(case, "resolution.proposed")
    await s.line.says(case, WordKind.OBJECTION, text="Isso não é verdade.")
    await s.expects(case, "case.objection_raised")
    await s.person(case)
    await s.line.says(case, WordKind.CANCELLATION, reason="no_longer_needed")
    await s.expects(case, "case.cancelled")


async def quote_by_phone(s: Scene) -> None:
    """A quote is asked for and refused by telephone; a revision that never was is waited for."""
    case = await s.customer.writes("El microondas está averiado, no calienta.", symptom="no_heat")
    await s.journal.read(case.case_id, CoverageAssessed)
    await s.expects(case, "information.requested")
    await s.line.says(case, WordKind.REMEDY_CHOICE, remedy="quote", assessment_no=1)
    await s.workshop.quotes(case, 120)
    quote = await s.journal.read(case.case_id, QuoteIssued)
    number = quote.quote_no
    await s.line.says(case, WordKind.QUOTE_ANSWER, quote_no=number, revision=1, accepted=False)
    again = await s.line.says(case, WordKind.QUOTE_ANSWER, quote_no=number, revision=1, accepted=True)
    assert await s.refused(again) == "already_answered"
    await s.expects(case, "resolution.proposed")
    await s.line.says(case, WordKind.CONFIRMATION, proposal_no=1)
    await s.expects(case, "case.closed")


async def twice_remedy_on_later(s: Scene) -> None:
    """Written without the unit, then telephoned with it: the case with the new unit survives."""
    case = await s.customer.writes("La plancha no calienta, está averiada.", names=None)
    await s.expects(case, "information.requested")
    other, _ = await s.line.opens(
        s.customer.owner, "La plancha no calienta, está averiada.", names=0, symptom="no_heat"
    )
    await s.expects(other, "replacement.approved")
    await s.customer.adds(**s.named(0))
    await s.expects(case, "case.linked")
    assert s.data(case, "case.linked")[0]["survivor"] == str(other.case_id)
    await s.line.scans(other, ScanKind.SHIPPED, ScanKind.DELIVERED)
    await s.expects(case, "resolution.proposed")
    await s.customer.confirms()
    await s.expects(other, "case.closed")


async def objection_after_rejection(s: Scene) -> None:
    """Taken for spam in Portuguese, and objected to by telephone."""
    case = await s.customer.writes("Ganhe dinheiro rápido com criptomoedas, clique aqui, oferta exclusiva.")
    await s.expects(case, "case.rejected")
    await s.line.says(case, WordKind.OBJECTION, text="É o que aparece na minha televisão.")
    await s.expects(case, "case.reopened")
    await s.proposes(case)
    await s.customer.confirms()


async def refund_asked_by_phone(s: Scene) -> None:
    """In the United Kingdom, within 30 days, asked for the money in so many words and in structured form."""
    case, _ = await s.line.opens(
        s.customer.owner, "The kettle does not work, it is faulty.", names=0, asked_for=RemedyKind.REFUND
    )
    await s.erp.pays(case, 40)
    await s.crm.confirms(case)
    await s.expects(case, "case.closed")


JOURNEYS = (
    Journey(
        "phone: everything",
        all_by_phone,
        things=(GUARANTEE,),
        path=(
            "case.opened",
            "coverage.assessed",
            "information.requested",
            "case.information_received",
            "coverage.assessed",
            "information.requested",
            "case.remedy_chosen",
            "repair.authorized",
            "case.escalated",
            "repair.completed",
            *SOLVED,
        ),
        once=("case.opened", "case.information_received", "case.remedy_chosen", "case.escalated"),
        messages=("receipt", "information", "remedy_choice", "repair", "solved", "closed"),
    ),
    Journey(
        "phone: denied twice",
        denied_twice,
        language="en",
        jurisdiction="GB",
        path=(
            "case.opened",
            "case.assigned",
            "resolution.proposed",
            "case.resolution_denied",
            "resolution.proposed",
            "case.resolution_denied",
            "case.assigned",
            *SOLVED,
        ),
        never=("case.escalated", "coverage.assessed"),
        messages=("receipt", "solved", "progress", "solved", "progress", "solved", "closed"),
    ),
    Journey(
        "phone: a person, an objection, the end",
        person_objection_cancellation,
        language="pt",
        jurisdiction="PT",
        ends="cancelled",
        path=(
            "case.opened",
            "case.human_requested",
            "case.objection_raised",
            "case.cancellation_requested",
            "cancellation.assessed",
            "case.assigned",
            "resolution.proposed",
            "case.assigned",
            "case.cancelled",
        ),
        never=("case.closed", "case.reopened"),
        messages=("receipt", "progress", "solved", "progress", "cancelled"),
    ),
    Journey(
        "phone: a quote refused",
        quote_by_phone,
        things=(OUT,),
        path=("case.remedy_chosen", "quote.requested", "quote.issued", "quote.refused", *SOLVED),
        never=("repair.authorized", "quote.accepted"),
        once=("case.quote_answered",),
        messages=("receipt", "out_of_guarantee", "quote_requested", "quote", "solved", "closed"),
    ),
    Journey(
        "written, then telephoned: the remedy is on the later one",
        twice_remedy_on_later,
        things=(TRIAL,),
        known=True,
        path=("case.opened", "information.requested", "case.linked", "resolution.proposed", "case.closed"),
        others=(("case.opened", "replacement.approved", "replacement.delivered", "case.closed"),),
        never=("replacement.approved", "case.escalated"),
        once=("case.linked",),
        messages=("receipt", "information", "linked"),
    ),
    Journey(
        "spam in Portuguese, objected by phone",
        objection_after_rejection,
        language="pt",
        jurisdiction="PT",
        path=("case.opened", "case.classified", "case.rejected", "case.reopened", *SOLVED),
        never=("information.requested",),
        messages=("receipt", "rejected", "reopened", "solved", "closed"),
    ),
    Journey(
        "phone: a refund in the United Kingdom",
        refund_asked_by_phone,
        things=(TRIAL,),
        language="en",
        jurisdiction="GB",
        path=("case.opened", "coverage.assessed", "refund.approved", "refund.paid", *SOLVED),
        never=("replacement.approved", "information.requested"),
        messages=("receipt", "refund", "solved", "closed"),
    ),
)
