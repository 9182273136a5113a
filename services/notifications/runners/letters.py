"""Letters: a message in the customer's language, with dates in the customer's time zone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, get_currency_precision
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError
from pydantic import TypeAdapter, ValidationError

from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Language, Money, RemedyKind
from services.notifications.domain import message
from services.notifications.domain.message import SendMessage, Told
from services.notifications.runners.words import CASE_PAGE, Words, WordsMissing, load_words, load_yaml

FOLDER = Path(__file__).parents[1] / "templates"
LANGUAGES = (Language.ES, Language.EN, Language.PT)
BLOCKS = {"subject", "body"}


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to send."""

    language: Language
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Letters:
    """Every template in every language, checked."""

    templates: Mapping[tuple[Language, message.Template], Template]
    words: Mapping[Language, Words]
    zones: Mapping[str, ZoneInfo]
    page: Template

    @staticmethod
    def load(folder: Path = FOLDER) -> "Letters":
        """Read and check all templates and words. Raises WordsMissing naming the file."""
        plain = Environment(  # noqa: S701 - plain text; the HTML page below escapes
            loader=FileSystemLoader(folder), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        plain.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
        page = Environment(loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=True)
        words = {language: load_words(folder / language / "words.yaml") for language in LANGUAGES}
        _assert_same_codes(words)
        return Letters(
            templates={
                (language, name): _load(plain, folder, f"{language}/{name}.txt.j2", BLOCKS)
                for language in LANGUAGES
                for name in message.Template
            },
            words=words,
            zones=_load_zones(folder / "zones.yaml"),
            page=_load(page, folder, "letter.html.j2", set()),
        )

    def write(self, send: SendMessage, name: str | None, language: Language, page: str) -> Letter:
        """The letter; without a name (None) it greets without one. `page` is the customer's signed link.

        Raises jinja2.TemplateError when the template asks for what the message does not hold.
        """
        about = send.told.about
        link = page if about is None else f"{page}#{about}"
        values = self._values(send, language) | {"name": name, "link": link}
        template = self.templates[language, send.template]
        subject = " ".join(_lines(_block(template, "subject", values)))
        rendered = template.render(values).split("\n\n")
        paragraphs = ["\n".join(_lines(part)) for part in rendered if part.strip()]
        html = self.page.render(
            language=language.value,
            subject=subject,
            paragraphs=paragraphs,
            link=link,
            action=self.words[language].actions[about or CASE_PAGE],
        )
        return Letter(language, subject, "\n\n".join(paragraphs) + "\n", html)

    def _values(self, send: SendMessage, language: Language) -> dict[str, Any]:
        words, told = self.words[language], send.told
        zone = self.zones.get(send.jurisdiction)
        pattern = words.moment if zone else words.moment_utc

        def moment(value: datetime | None) -> str | None:
            if value is None:
                return None
            return format_datetime(value, pattern, tzinfo=zone or UTC, locale=words.locale)

        values = {
            "case_no": send.case_no,
            "about": told.about or "",
            "reminder": told.reminder or 1,
            "owner": told.owner and words.owner(told.owner),
            "due": moment(told.due),
            "was_due": moment(told.was_due),
            "deadline": moment(told.deadline),
            "until": told.until and format_date(told.until, words.day, locale=words.locale),
            "price": told.price and _price(told.price, words.locale),
            **_phrases(words, told),
            **_lists(words, told),
            **{name: getattr(told, name) for name in _AS_THEY_ARE},
        }
        return {name: value for name, value in values.items() if value is not None}


_AS_THEY_ARE = (
    "window", "outcome", "product_unit", "service_point", "official", "repair_no", "shipment", "reference",
    "paid", "partial", "denied", "again", "has_words",
)  # fmt: skip
_NOTHING_DONE = {"quote_refused", "quote_expired"}
"""Why a case may end though nothing was put right."""


def _phrases(words: Words, told: Told) -> dict[str, str | None]:
    return {
        "reasons": " ".join(words.sentences(told.reasons)),
        "news": " ".join(words.sentences(told.news)),
        "why": words.why(told.reasons, words.some_reason),
        "why_answer": words.why(told.reasons, words.some_finding),
        "trouble": words.why(told.reasons, words.some_trouble),
        "nothing_left": words.nothing_left if _NOTHING_DONE & set(told.reasons) else None,
        "promised": words.promised[told.promised or PromiseKind.UPDATE],
        "asked_for": told.asked_for and words.remedies[told.asked_for],
        "instead_of": told.instead_of and words.remedies[told.instead_of],
        "profile": words.profiles.get(told.profile or "", words.some_profile),
        "work": words.done(told.work),
        "hazard": words.hazards.get(told.hazard or "", words.some_hazard),
        "advice": words.advice.get(told.advice or "", words.some_advice),
    }


def _lists(words: Words, told: Told) -> dict[str, list[Any]]:
    return {
        "options": [words.options[remedy] for remedy in told.remedies],
        "withheld": [
            f"{words.heading(held.remedy)}: {words.why((held.reason,), words.some_reason)}"
            for held in told.withheld
        ],
        "missing": [words.asked(code) for code in told.missing],
        "service_points": list(told.service_points),
        "taken_back": [words.heading(RemedyKind(what)) for what in told.taken_back],
        "cannot": [
            f"{words.heading(RemedyKind(one.what))}: {words.why((one.reason,), words.some_obstacle)}"
            for one in told.cannot
        ],
    }


def _price(price: Money, locale: str) -> str:
    decimals = get_currency_precision(price.currency)
    amount = Decimal(price.amount_minor).scaleb(-decimals)
    return format_currency(amount, price.currency, locale=locale)


def _lines(paragraph: str) -> list[str]:
    """The lines without the gaps where there was nothing to say; spaces that do not break stay."""
    lines = (re.sub(" {2,}", " ", line).strip(" ") for line in paragraph.splitlines())
    return [line for line in lines if line]


def _block(template: Template, name: str, values: dict[str, Any]) -> str:
    return "".join(template.blocks[name](template.new_context(values)))


def _load(environment: Environment, folder: Path, path: str, blocks: set[str]) -> Template:
    try:
        template = environment.get_template(path)
    except TemplateError as error:
        raise WordsMissing(f"{folder / path}: {error}") from error
    if not blocks <= set(template.blocks):
        raise WordsMissing(f"{folder / path}: lacks the block {min(blocks - set(template.blocks))}")
    return template


def _load_zones(path: Path) -> dict[str, ZoneInfo]:
    try:
        names = TypeAdapter(dict[str, str]).validate_python(load_yaml(path))
        return {jurisdiction: ZoneInfo(name) for jurisdiction, name in names.items()}
    except (ValidationError, KeyError) as error:
        raise WordsMissing(f"{path}: {error}") from error


def _assert_same_codes(words: Mapping[Language, Words]) -> None:
    for field in ("reasons", "missing", "queues", "profiles", "work", "hazards", "advice"):
        codes = {language: set(getattr(each, field)) for language, each in words.items()}
        every = set().union(*codes.values())
        for language, known in codes.items():
            if every - known:
                raise WordsMissing(f"{language}/words.yaml: {field} lacks {', '.join(sorted(every - known))}")
