import re
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ciclo_schemas.events import Event
from ciclo_schemas.routing import ComplaintOutcome, PromiseKind
from ciclo_schemas.values import Language, Money, Party, PartyKind, RemedyKind, Window
from ciclo_schemas.warranty import CannotCancel, ServicePointOption, Withheld
from services.notifications.domain.message import SendMessage, Template, Told, Topic
from services.notifications.runners.letters import FOLDER, LANGUAGES, Letter, Letters
from services.notifications.runners.words import WordsMissing
from tests.unit.notifications import events as on
from tests.unit.notifications.events import Customer
from tests.unit.notifications.stories import stories

LETTERS = Letters.load()
PAGE = "https://care.example/c/AZMAAAAAAcACAAAAA.x"
SOON = datetime.fromisoformat("2026-11-24T17:00:00Z")
CODES = ("reported_in_guarantee", "a.code.of.tomorrow")

ALWAYS: dict[Template, set[str]] = {
    Template.RECEIPT: {"owner", "due"},
    Template.PROGRESS: {"owner", "due"},
    Template.APOLOGY: {"owner", "due", "was_due"},
    Template.AT_RISK: {"due"},
    Template.REVISED: {"owner", "due", "was_due"},
    Template.UNKNOWN: {"owner", "due"},
    Template.TRAINING: {"due"},
    Template.LINKED: {"owner", "deadline"},
    Template.REOPENED: {"owner", "due"},
    Template.CONTAINMENT: {"product_unit"},
    Template.OUT_OF_GUARANTEE: {"deadline"},
    Template.COVERAGE: {"window"},
    Template.REPLACEMENT: {"product_unit", "due", "window"},
    Template.SHIPPED: {"shipment"},
    Template.LOST: {"shipment"},
    Template.REPAIR: {"owner", "product_unit", "repair_no", "due", "paid"},
    Template.RESCHEDULED: {"repair_no", "due", "was_due"},
    Template.REFUND: {"product_unit", "due"},
    Template.REFUND_PAID: {"reference"},
    Template.QUOTE_REQUESTED: {"owner", "product_unit", "due"},
    Template.CANCELLATION: {"cannot"},
    Template.COMPENSATION: {"price"},
    Template.COMPLAINT: {"owner", "due"},
    Template.COMPLAINT_ANSWERED: {"owner", "outcome"},
    Template.INFORMATION: {"missing", "deadline"},
    Template.REMEDY_CHOICE: {"remedies", "deadline", "window"},
    Template.QUOTE: {"owner", "price", "reference", "deadline"},
    Template.SOLVED: {"owner", "deadline"},
    Template.REMINDER: {"remedies", "deadline"},
    Template.REJECTED: {"deadline"},
}
"""What the events behind a message always hold; everything else may be absent."""

values: dict[str, st.SearchStrategy[Any]] = {
    "owner": st.sampled_from([Party(kind=kind, id="P-104") for kind in PartyKind]),
    "due": st.just(SOON),
    "was_due": st.just(SOON - timedelta(days=1)),
    "deadline": st.just(SOON + timedelta(days=6)),
    "until": st.just(date(2028, 1, 5)),
    "promised": st.sampled_from(PromiseKind),
    "reasons": st.lists(st.sampled_from((*CODES, "quote_refused")), min_size=1, max_size=3).map(tuple),
    "news": st.lists(st.sampled_from((*CODES, "repair.refused")), min_size=1, max_size=2).map(tuple),
    "window": st.sampled_from(Window),
    "asked_for": st.sampled_from(RemedyKind),
    "remedies": st.lists(st.sampled_from(RemedyKind), min_size=1, max_size=3, unique=True).map(tuple),
    "withheld": st.builds(Withheld, remedy=st.sampled_from(RemedyKind), reason=st.sampled_from(CODES)).map(
        lambda held: (held,)
    ),
    "service_points": st.builds(
        ServicePointOption, service_point=st.just("taller-rio"), official=st.booleans()
    ).map(lambda point: (point,)),
    "missing": st.lists(st.sampled_from(("purchase", "a.code.of.tomorrow")), min_size=1).map(tuple),
    "about": st.sampled_from(Topic),
    "reminder": st.integers(1, 3),
    "product_unit": st.just("TV-55-0001"),
    "service_point": st.just("SAT-MADRID-01"),
    "official": st.booleans(),
    "repair_no": st.just("R-1001"),
    "shipment": st.just("ENV-77"),
    "work": st.lists(st.sampled_from(("tested", "a.code.of.tomorrow")), min_size=1).map(tuple),
    "price": st.builds(
        Money, amount_minor=st.integers(0, 10**9), currency=st.sampled_from(("EUR", "GBP", "JPY"))
    ),
    "reference": st.just("PAY-1"),
    "paid": st.booleans(),
    "partial": st.booleans(),
    "instead_of": st.sampled_from(RemedyKind),
    "taken_back": st.lists(st.sampled_from(("repair", "tomorrow")), min_size=1, max_size=2).map(tuple),
    "cannot": st.builds(
        CannotCancel, what=st.sampled_from(("replacement", "tomorrow")), reason=st.sampled_from(CODES)
    ).map(lambda one: (one,)),
    "profile": st.sampled_from(("es.ley_10_2025", "xx.tomorrow")),
    "outcome": st.sampled_from(ComplaintOutcome),
    "hazard": st.sampled_from(("overheats", "tomorrow")),
    "advice": st.sampled_from(("stop_using", "tomorrow")),
    "denied": st.booleans(),
    "again": st.booleans(),
    "has_words": st.booleans(),
}


def told_by(template: Template) -> st.SearchStrategy[Told]:
    """Whatever an event behind this message may hold."""
    always = ALWAYS.get(template, set())
    required = {name: value for name, value in values.items() if name in always}
    optional = {name: value for name, value in values.items() if name not in always}
    return st.fixed_dictionaries(required, optional=optional).map(Told.model_validate)


EVERYTHING = Told(
    owner=on.FIRST_LINE,
    due=SOON,
    was_due=datetime.fromisoformat("2026-11-23T17:00:00Z"),
    deadline=datetime.fromisoformat("2026-11-30T17:00:00Z"),
    until=date(2028, 1, 5),
    reasons=("reported_in_guarantee",),
    window=Window.GUARANTEE,
    remedies=(RemedyKind.REPAIR, RemedyKind.REPLACEMENT),
    missing=("purchase",),
    product_unit="TV-55-0001",
    repair_no="R-1001",
    shipment="ENV-77",
    work=("motor.replaced", "tested"),
    price=Money(amount_minor=123456, currency="EUR"),
    reference="PAY-1",
    cannot=(CannotCancel(what="replacement", reason="shipped"),),
    paid=False,
    outcome=ComplaintOutcome.UPHELD,
)


def message(template: Template, told: Told = EVERYTHING, jurisdiction: str = "ES") -> SendMessage:
    return SendMessage(
        template=template,
        cause=UUID(int=1),
        message_id=UUID(int=2),
        case_no="C-482910-7",
        customer_ref=on.CUSTOMER,
        language=Language.ES,
        jurisdiction=jurisdiction,
        told=told,
    )


def written(
    send: SendMessage, language: Language, name: str | None = None, letters: Letters = LETTERS
) -> Letter:
    return letters.write(send, name, language, PAGE)


UNTIDY = re.compile(r"None|\{[{%#]|[%#}]\}|  | [.,;:!?](?:\s|$)|\.\.|,,|\(\)|[.!?] [a-záéíóúç]|:\n\n(?!- )")


def assert_reads_well(letter: Letter) -> None:
    """No gap where nothing was to be said, no code, no markup, no heading without what it announces."""
    greeting, *paragraphs = letter.text.rstrip("\n").split("\n\n")
    assert greeting[-1] in ":,"
    assert not UNTIDY.search("\n\n".join(paragraphs)), letter.text
    for paragraph in paragraphs[:-1]:
        assert paragraph[0].isupper() or paragraph[0] in "-¿", paragraph
        assert paragraph[-1] in ".?)" or paragraph.splitlines()[-1].startswith(("- ", PAGE)), paragraph
        for line, after in pairwise([*paragraph.splitlines(), ""]):
            assert not line.endswith(":") or after.startswith(("- ", PAGE)), paragraph
    assert "tomorrow" not in letter.text + letter.subject, "customers see no codes"
    assert 10 < len(letter.subject) <= 80, letter.subject
    assert letter.subject == letter.subject.strip()
    assert not UNTIDY.search(letter.subject)


@given(st.sampled_from(Template).flatmap(lambda name: st.tuples(st.just(name), told_by(name))))
@settings(max_examples=300)
def test_every_message_reads_well_whatever_is_known_or_not(known: tuple[Template, Told]) -> None:
    for language in LANGUAGES:
        assert_reads_well(written(message(*known), language))


@pytest.mark.parametrize("template", list(Template))
def test_every_message_is_complete_in_every_language(template: Template) -> None:
    letters = [written(message(template), language, "Lucía Fernández") for language in LANGUAGES]
    for letter in letters:
        assert_reads_well(letter)
        assert "C-482910-7" in letter.subject + letter.text
        assert "Lucía Fernández" in letter.text
        assert PAGE in letter.text.splitlines()
        assert 3 <= letter.text.count("\n\n") <= 12
        assert letter.html.count("<p>") == letter.text.count("\n\n") + 1
        assert f'href="{PAGE}"' in letter.html
        assert f">{PAGE}" not in letter.html, "people see words, not a token"
    assert len({letter.subject for letter in letters}) == len(LANGUAGES)
    for one, other in combinations(letters, 2):
        assert set(one.text.splitlines()) & set(other.text.splitlines()) <= {"", PAGE, "Caso C-482910-7"}


@given(stories)
def test_whatever_happens_in_a_case_its_messages_can_be_written(story: tuple[Event, list[Event]]) -> None:
    person = Customer()
    for owed in person.hears(story[0], *story[1]):
        for language in LANGUAGES:
            assert_reads_well(written(owed, language))


def test_no_two_messages_of_a_case_have_the_same_text() -> None:
    for language in LANGUAGES:
        texts = {written(message(template), language).text for template in Template}
        assert len(texts) == len(Template)
        again = EVERYTHING.model_copy(update={"again": True, "denied": True})
        for template in (Template.SOLVED, Template.PROGRESS, Template.UNKNOWN):
            assert written(message(template, again), language).text not in texts


@pytest.mark.parametrize("topic", list(Topic))
def test_the_link_leads_to_the_place_on_the_page_where_the_question_is_answered(topic: Topic) -> None:
    told = EVERYTHING.model_copy(update={"about": topic})
    letter = written(message(Template.REMINDER, told), Language.ES)
    assert f"{PAGE}#{topic}" in letter.text.splitlines()
    assert f'href="{PAGE}#{topic}"' in letter.html


@pytest.mark.parametrize(
    ("language", "price"),
    [(Language.ES, "1.234,56\xa0€"), (Language.EN, "€1,234.56"), (Language.PT, "1\xa0234,56\xa0€")],
)
def test_prices_are_written_as_in_the_customers_language(language: Language, price: str) -> None:
    letter = written(message(Template.COMPENSATION), language)
    assert price in letter.text


def test_a_quote_tells_price_work_and_how_long_it_stands() -> None:
    letter = written(message(Template.QUOTE), Language.EN)
    assert "- Work: new motor, test of how it works" in letter.text
    assert "- It stands until Monday 30 November at 18:00 (Madrid time)" in letter.text


def test_official_and_independent_workshops_are_told_apart_plainly() -> None:
    points = tuple(
        ServicePointOption(service_point=name, official=official)
        for name, official in (("cast-norte", True), ("taller-rio", False))
    )
    told = EVERYTHING.model_copy(update={"service_points": points})
    text = written(message(Template.OUT_OF_GUARANTEE, told), Language.EN).text
    assert "- cast-norte: an official workshop of the brand, which works with original parts." in text
    assert "- taller-rio: an independent workshop, not linked to the brand, which answers for its own" in text
    assert "any other workshop" in text


def test_silence_is_never_written_as_solved() -> None:
    solved = {Language.ES: "no lo damos por resuelto", Language.EN: "not count it as solved"}
    for language, words in solved.items():
        for topic in (None, *Topic):
            told = EVERYTHING.model_copy(update={"about": topic})
            assert words in written(message(Template.CLOSED_UNCONFIRMED, told), language).text


@pytest.mark.parametrize(
    ("jurisdiction", "language", "moment"),
    [
        ("PT", Language.PT, "terça-feira, 24 de novembro às 17:00 (hora de Lisboa)"),
        ("ES", Language.ES, "martes 24 de noviembre a las 18:00 (hora de Madrid)"),
        ("GB", Language.EN, "Tuesday 24 November at 17:00 (London time)"),
        ("MX", Language.ES, "martes 24 de noviembre a las 11:00 (hora de Ciudad de México)"),
        ("ZZ", Language.EN, "Tuesday 24 November at 17:00 (UTC)"),
    ],
)
def test_dates_are_written_out_in_the_customers_language_and_time_zone(
    jurisdiction: str, language: Language, moment: str
) -> None:
    letter = written(message(Template.RECEIPT, jurisdiction=jurisdiction), language)
    assert moment in letter.text


def test_the_last_day_of_the_guarantee_is_the_same_day_in_every_time_zone() -> None:
    for jurisdiction in ("ES", "MX", "ZZ"):
        send = message(Template.COVERAGE, jurisdiction=jurisdiction)
        assert "5 de enero de 2028" in written(send, Language.ES).text


def test_owners_are_told_as_people_and_teams_never_as_codes() -> None:
    for kind in PartyKind:
        told = EVERYTHING.model_copy(update={"owner": Party(kind=kind, id="first_line")})
        numbered = kind in (PartyKind.AGENT, PartyKind.SERVICE_POINT)
        for language in LANGUAGES:
            letter = written(message(Template.PROGRESS, told), language)
            assert ("first_line" in letter.text) == numbered


def test_what_a_customer_wrote_as_a_name_cannot_become_markup() -> None:
    letter = written(message(Template.CLOSED), Language.ES, "<b>Lucía</b>")
    assert "<b>" not in letter.html


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "templates"))


def without(field: str, code: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        words = yaml.safe_load(path.read_text())
        del words[field][code]
        path.write_text(yaml.safe_dump(words))

    return spoil


@pytest.mark.parametrize(
    ("file", "spoil", "said"),
    [
        ("en/receipt.txt.j2", Path.unlink, "en/receipt.txt.j2"),
        ("es/closed.txt.j2", lambda path: path.write_text("{% block subject %}"), "es/closed.txt.j2"),
        ("es/closed.txt.j2", lambda path: path.write_text("Hola"), "es/closed.txt.j2: lacks the block body"),
        ("letter.html.j2", Path.unlink, "letter.html.j2"),
        ("zones.yaml", lambda path: path.write_text("ES: Europe/Madriz"), "zones.yaml"),
        ("en/words.yaml", Path.unlink, "en/words.yaml"),
        ("en/words.yaml", without("remedies", "repair"), "en/words.yaml: .*remedies lacks repair"),
        ("en/words.yaml", without("missing", "purchase"), "en/words.yaml: missing lacks purchase"),
        ("pt/words.yaml", without("promised", "repair"), "pt/words.yaml: .*promised lacks repair"),
        ("pt/words.yaml", without("actions", "quote"), "pt/words.yaml: .*actions lacks quote"),
        (
            "en/words.yaml",
            lambda path: path.write_text("locale: en"),
            "en/words.yaml: moment: Field required",
        ),
    ],
)
def test_missing_words_stop_the_start_with_the_name_of_the_file(
    folder: Path, file: str, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(folder / file)
    with pytest.raises(WordsMissing, match=said):
        Letters.load(folder)
