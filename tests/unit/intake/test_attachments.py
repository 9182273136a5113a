"""Files of a case: told by their content, limited in number and size, and published by reference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas.cases import CaseInformationReceived
from services.intake.domain.attachments import (
    MAX_BYTES,
    MAX_BYTES_PER_CASE,
    MAX_PER_CASE,
    Attach,
    Attachment,
    File,
    Kind,
    Media,
    attach,
    media_of,
)
from services.intake.domain.case import CaseState
from services.intake.handlers import CASES
from services.intake.store import TABLES
from tests.support.deciders import CASE, NOW, FactsOf, decide
from tests.unit.intake.door import open_story


def file(number: int, size: int = 1000) -> File:
    return File(attachment_ref=f"att_{number:032x}", media=Media.JPEG, size=size)


def files(*numbers: int, kind: Kind = Kind.PHOTO, size: int = 1000) -> Attach:
    return Attach(files=tuple(file(number, size) for number in numbers), kind=kind)


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", Media.JPEG),
        (b"\x89PNG\r\n\x1a\n....", Media.PNG),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", Media.WEBP),
        (b"%PDF-1.7", Media.PDF),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"GIF89a", None),
        (b" %PDF-1.7", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, media: Media | None) -> None:
    assert media_of(content) is media


def test_photos_are_published_by_reference() -> None:
    story = open_story()
    story.hears(files(1, 2))
    [event] = story.published[1:]
    assert isinstance(event, CaseInformationReceived)
    assert event.attachments == (f"att_{1:032x}", f"att_{2:032x}")
    assert event.facts.proof_ref is None


def test_a_proof_of_purchase_becomes_a_fact() -> None:
    story = open_story()
    story.hears(files(7, kind=Kind.PROOF_OF_PURCHASE))
    [event] = story.published[1:]
    assert isinstance(event, CaseInformationReceived)
    assert event.facts.proof_ref == f"att_{7:032x}"


@given(st.lists(st.integers(1, 5), max_size=8), st.integers(1, MAX_BYTES))
def test_a_case_never_holds_more_than_its_limits(batches: list[int], size: int) -> None:
    facts, number = FactsOf(TABLES), 0
    for count in batches:
        command = files(*range(number, number + count), size=size)
        number += count
        before = facts.find(Attachment, case_id=CASE)
        decision = decide(CASES, CaseState(), command, facts=facts)
        too_many = len(before) + count > MAX_PER_CASE
        too_large = (len(before) + count) * size > MAX_BYTES_PER_CASE
        assert (decision.refusal is not None) is (too_many or too_large)
        held = facts.find(Attachment, case_id=CASE)
        assert len(held) <= MAX_PER_CASE
        assert sum(row.size for row in held) <= MAX_BYTES_PER_CASE


def test_one_file_too_many_is_refused_by_name_of_its_field() -> None:
    rows = [Attachment(f"att_{n:032x}", CASE, "photo", "image/png", 1, NOW) for n in range(MAX_PER_CASE)]
    decision = decide(CASES, CaseState(), files(99), facts=FactsOf(TABLES, *rows))
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.refusal.locations) == ("too_many_attachments", ("body.file",))


def test_a_case_that_does_not_exist_takes_no_files() -> None:
    decision = decide(CASES, None, files(1), facts=FactsOf(TABLES))
    assert decision.refusal is not None
    assert decision.refusal.code == "unknown_case"
    assert attach in CASES.on.values()
