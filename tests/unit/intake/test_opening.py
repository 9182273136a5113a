"""A customer reports something: the case opens, and his words go to the vault alone."""

from ciclo_schemas.cases import CaseOpened
from ciclo_schemas.values import Language
from services.chassis.decider import Origin
from services.intake.domain.customer import RegisterCustomer, Registered
from services.intake.domain.opening import Opened, Person
from services.intake.domain.records import CaseRow, Contact, VaultText
from services.intake.domain.reference import case_no_of, read_case_no
from services.intake.handlers import CUSTOMERS
from services.intake.store import TABLES
from tests.support.deciders import CASE, NOW, FactsOf, decide
from tests.unit.intake.door import CUSTOMER, new_story, report, text_ref


def test_a_report_opens_a_case_at_the_moment_it_is_received() -> None:
    story = new_story()
    decision = story.hears(report(), origin=Origin.COMMAND)
    [opened] = story.published
    assert isinstance(opened, CaseOpened)
    assert opened.reported_at == NOW
    assert opened.facts.product_unit == "FR-2040-118"
    assert decision.reply == Opened(
        case_id=CASE, case_no=opened.case_no, customer_ref=CUSTOMER, opened_at=opened.reported_at
    )


def test_words_and_contact_go_to_the_vault_and_nowhere_else() -> None:
    story = new_story()
    decision = story.hears(report("Marta escribe: no calienta"))
    assert story.facts.one(VaultText, text_ref=text_ref(1)) == VaultText(
        text_ref(1), CASE, "Marta escribe: no calienta", NOW
    )
    assert story.facts.one(Contact, customer_ref=CUSTOMER) == Contact(
        CUSTOMER, "Marta Ibáñez", "marta@example.com", "es"
    )
    elsewhere = [
        str(decision.state),
        str(decision.reply),
        *(event.write().decode() for event in story.published),
    ]
    elsewhere += [repr(row) for row in decision.rows] + [repr(report("Marta escribe"))]
    assert not any("arta" in text for text in elsewhere)


def test_a_danger_in_the_words_is_flagged_at_the_door() -> None:
    story = new_story()
    story.hears(report("Sale humo y no calienta"))
    assert [event.safety_flag for event in story.published if isinstance(event, CaseOpened)] == [True]


def test_a_case_number_that_is_taken_gives_way_to_another() -> None:
    story = new_story()
    taken = case_no_of(CASE)
    story.facts.apply([CaseRow(CASE, taken, CUSTOMER, "es", NOW)])
    story.hears(report())
    [opened] = story.published
    assert isinstance(opened, CaseOpened)
    assert opened.case_no != taken
    assert read_case_no(opened.case_no) == opened.case_no


def test_a_customer_named_by_reference_must_be_one_we_gave() -> None:
    story = new_story()
    decision = story.hears(report(person=None))
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.refusal.locations) == (
        "unknown_customer",
        ("body.customer.customer_ref",),
    )
    story.facts.apply([Contact(CUSTOMER, "Marta Ibáñez", "marta@example.com", "es")])
    assert story.hears(report(person=None)).refusal is None


def test_a_case_is_not_opened_twice() -> None:
    story = new_story()
    story.hears(report())
    refusal = story.hears(report()).refusal
    assert refusal is not None
    assert refusal.code == "already_open"


def test_another_systems_customer_keeps_his_reference_for_ever() -> None:
    facts = FactsOf(TABLES)
    for digit, email in (("1", "daniel@example.com"), ("2", "daniel.okafor@example.com")):
        command = RegisterCustomer(
            publisher="crm",
            number="K-7",
            customer_ref="cus_" + digit * 32,
            person=Person(name="Daniel Okafor", email=email),
            language=Language.EN,
        )
        decision = decide(CUSTOMERS, None, command, facts=facts, origin=Origin.COMMAND)
        assert decision.reply == Registered(customer_ref="cus_" + "1" * 32)
        assert decision.events == ()
    [contact] = facts.find(Contact, customer_ref="cus_" + "1" * 32)
    assert contact.email == "daniel.okafor@example.com"
