import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from hypothesis import given

from ciclo_schemas.events import Event
from ciclo_schemas.values import Language, Party, PartyKind, RemedyKind, Window
from ciclo_schemas.warranty import Withheld
from services.notifications.domain.message import SendMessage, Template, Told
from services.notifications.runners.letters import FOLDER, LANGUAGES, Letters
from services.notifications.runners.words import WordsMissing
from tests.unit.notifications import events as on
from tests.unit.notifications.events import Customer

LETTERS = Letters.load("https://care.example/cases")
EVERYTHING = Told(
    owner=on.FIRST_LINE,
    due=datetime.fromisoformat("2026-11-24T17:00:00Z"),
    was_due=datetime.fromisoformat("2026-11-23T17:00:00Z"),
    deadline=datetime.fromisoformat("2026-11-30T17:00:00Z"),
    until=date(2028, 1, 5),
    reasons=("reported_in_guarantee",),
    window=Window.GUARANTEE,
    asked_for=RemedyKind.REPAIR,
    remedies=(RemedyKind.REPAIR, RemedyKind.REPLACEMENT),
    withheld=(Withheld(remedy=RemedyKind.REFUND, reason="disproportionate"),),
    missing=("purchase", "a.code.of.tomorrow"),
    product_unit="TV-55-0001",
    service_point="SAT-MADRID-01",
    repair_no="R-1001",
    shipment="ENV-77",
    paid=False,
)


def message(template: Template, told: Told = EVERYTHING, jurisdiction: str = "ES") -> SendMessage:
    return SendMessage(
        template=template,
        cause=UUID(int=1),
        case_no="C-482910-7",
        customer_ref=on.CUSTOMER,
        language=Language.ES,
        jurisdiction=jurisdiction,
        told=told,
    )


@pytest.mark.parametrize("template", list(Template))
def test_every_message_is_kind_and_complete_in_both_languages(template: Template) -> None:
    spanish, english = (
        LETTERS.write(message(template), "Lucía Fernández", language) for language in LANGUAGES
    )
    for letter in (spanish, english):
        assert "C-482910-7" in letter.subject + letter.text
        assert "Lucía Fernández" in letter.text
        assert "https://care.example/cases?case=C-482910-7" in letter.text
        assert 3 <= letter.text.count("\n\n") <= 10
        assert "None" not in letter.text
        assert letter.html.count("<p>") == letter.text.count("\n\n") + 1
        assert 'href="https://care.example/cases?case=C-482910-7"' in letter.html
    assert spanish.subject != english.subject
    assert not set(spanish.text.splitlines()) & set(english.text.splitlines()) - {
        "",
        "https://care.example/cases?case=C-482910-7",
    }


@given(on.stories)
def test_whatever_happens_in_a_case_its_messages_can_be_written(story: tuple[Event, list[Event]]) -> None:
    person = Customer()
    for owed in person.hears(story[0], *story[1]):
        for language in LANGUAGES:
            letter = LETTERS.write(owed, None, language)
            assert "of.tomorrow" not in letter.text + letter.subject, "customers see no codes"


def test_no_two_messages_of_a_case_have_the_same_text() -> None:
    for language in LANGUAGES:
        texts = {LETTERS.write(message(template), None, language).text for template in Template}
        assert len(texts) == len(Template)
        again = EVERYTHING.model_copy(update={"again": True, "denied": True})
        for template in (Template.SOLVED, Template.PROGRESS):
            assert LETTERS.write(message(template, again), None, language).text not in texts


@pytest.mark.parametrize(
    ("jurisdiction", "language", "written"),
    [
        ("ES", Language.ES, "martes 24 de noviembre a las 18:00 (hora de Madrid)"),
        ("GB", Language.EN, "Tuesday 24 November at 17:00 (London time)"),
        ("MX", Language.ES, "martes 24 de noviembre a las 11:00 (hora de Ciudad de México)"),
        ("ZZ", Language.EN, "Tuesday 24 November at 17:00 (UTC)"),
    ],
)
def test_dates_are_written_out_in_the_customers_language_and_time_zone(
    jurisdiction: str, language: Language, written: str
) -> None:
    letter = LETTERS.write(message(Template.RECEIPT, jurisdiction=jurisdiction), None, language)
    assert written in letter.text


def test_the_last_day_of_the_guarantee_is_the_same_day_in_every_time_zone() -> None:
    for jurisdiction in ("ES", "MX", "ZZ"):
        send = message(Template.COVERAGE, jurisdiction=jurisdiction)
        assert "5 de enero de 2028" in LETTERS.write(send, None, Language.ES).text


def test_owners_are_told_as_people_and_teams_never_as_codes() -> None:
    for kind in PartyKind:
        told = EVERYTHING.model_copy(update={"owner": Party(kind=kind, id="first_line")})
        numbered = kind in (PartyKind.AGENT, PartyKind.SERVICE_POINT)
        for language in LANGUAGES:
            letter = LETTERS.write(message(Template.PROGRESS, told), None, language)
            assert ("first_line" in letter.text) == numbered


def test_what_a_customer_wrote_as_a_name_cannot_become_markup() -> None:
    letter = LETTERS.write(message(Template.CLOSED), "<b>Lucía</b>", Language.ES)
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
        Letters.load("https://care.example/cases", folder)
