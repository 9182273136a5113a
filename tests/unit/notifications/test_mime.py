"""A mail that we write is read by everybody else as we meant it."""

from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import compat32, default
from email.utils import parseaddr
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas.values import Language
from services.notifications.runners.letters import Letter
from services.notifications.runners.mime import BadAddress, Mail, compose

NUMBER = UUID(int=1)
CASE = UUID(int=2)
LETTER = Letter(Language.ES, "¿Está resuelto?", "Hola:\n\nAdiós\n", "<p>Hola</p>\n")
one_line = st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=200)
names = st.text(st.characters(categories=["L"]) | st.sampled_from(" -'"), min_size=1, max_size=80).filter(
    lambda name: name == " ".join(name.split())
)


def compose_for(letter: Letter, name: str | None = None, email: str = "ana@example.com") -> Mail:
    return compose(letter, name, email, message_id=NUMBER, case=CASE, sender="Atención <care@ciclo.example>")


def read(letter: Letter, name: str | None = None) -> EmailMessage:
    mail = compose_for(letter, name)
    for line in mail.content.split(b"\r\n"):
        assert b"\r" not in line
        assert b"\n" not in line
        assert len(line) <= 998
    head = mail.content.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= 76 for line in head.split(b"\r\n") if b"=?" in line), "RFC 2047, 2"
    parsed = BytesParser(EmailMessage, policy=default).parsebytes(mail.content)
    assert not parsed.defects
    return parsed


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    assert not part.defects
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


@given(subject=one_line, name=names, text=st.text(st.characters(exclude_categories=("C", "Z"))))
def test_whatever_is_said_arrives_as_it_was_said(subject: str, name: str, text: str) -> None:
    subject = " ".join(subject.split()) or "x"
    letter = Letter(Language.ES, subject, f"{text}\n", f"<p>{text}</p>\n")
    mail = read(letter, name)
    assert mail["Subject"] == subject
    # The new policy of the standard library keeps spaces between encoded words of a name (RFC 2047, 6.2).
    to = BytesParser(policy=compat32).parsebytes(compose_for(letter, name).content)["To"]
    assert parseaddr(str(make_header(decode_header(to)))) == (name, "ana@example.com")
    assert body(mail, "plain") == f"{text}\n"
    assert body(mail, "html") == f"<p>{text}</p>\n"


def test_the_head_says_who_writes_about_what_and_that_a_machine_sent_it() -> None:
    mail = read(LETTER)
    assert mail["From"].addresses[0].display_name == "Atención"
    assert mail["From"].addresses[0].addr_spec == "care@ciclo.example"
    assert mail["To"] == "ana@example.com"
    assert mail["Subject"] == "¿Está resuelto?"
    assert mail["Message-ID"] == f"<{NUMBER}@ciclo.example>"
    assert mail["References"] == f"<{CASE}@ciclo.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "es"
    assert mail["Date"].datetime.tzinfo is not None
    assert mail["MIME-Version"] == "1.0"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_a_name_with_quotes_stays_one_name() -> None:
    to = read(LETTER, 'Ana "la jefa" \\ Ruiz, Eva <eva@example.com>')["To"]
    assert [one.addr_spec for one in to.addresses] == ["ana@example.com"]


@pytest.mark.parametrize(
    "email",
    [
        "ana",
        "ana@",
        "@example.com",
        "a na@example.com",
        "ana@example.com\nBcc: eva@example.com",
        "a..b@example.com",
    ],
)
def test_what_cannot_be_an_address_is_refused(email: str) -> None:
    with pytest.raises(BadAddress):
        compose_for(LETTER, email=email)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028"])
def test_no_header_field_can_be_injected(end: str) -> None:
    for letter, name in (
        (Letter(Language.ES, f"Hola{end}Bcc: eva@example.com", "", ""), None),
        (LETTER, f"Ana{end}Bcc: eva@example.com"),
    ):
        with pytest.raises(ValueError, match="one line"):
            compose_for(letter, name)
