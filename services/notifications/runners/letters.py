"""Letters: a message in the customer's language, with dates in the customer's time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError
from pydantic import TypeAdapter, ValidationError

from ciclo_schemas.values import Language
from services.notifications.domain import message
from services.notifications.domain.message import SendMessage, Told
from services.notifications.runners.words import Words, WordsMissing, load_words, load_yaml

FOLDER = Path(__file__).parents[1] / "templates"
LANGUAGES = (Language.ES, Language.EN)
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
    tracking_url: str

    @staticmethod
    def load(tracking_url: str, folder: Path = FOLDER) -> "Letters":
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
            tracking_url=tracking_url,
        )

    def write(self, send: SendMessage, name: str | None, language: Language) -> Letter:
        """The letter; without a name (None) it greets without one.

        Raises jinja2.TemplateError when the template asks for what the message does not hold.
        """
        values = self._values(send, language) | {"name": name}
        template = self.templates[language, send.template]
        subject = " ".join(_block(template, "subject", values).split())
        paragraphs = [part.strip() for part in template.render(values).split("\n\n") if part.strip()]
        html = self.page.render(
            language=language.value, subject=subject, paragraphs=paragraphs, link=values["tracking_url"]
        )
        return Letter(language, subject, "\n\n".join(paragraphs) + "\n", html)

    def _values(self, send: SendMessage, language: Language) -> dict[str, Any]:
        words, told = self.words[language], send.told
        reasons = words.sentences(told.reasons)
        zone = self.zones.get(send.jurisdiction)
        pattern = words.moment if zone else words.moment_utc

        def moment(value: datetime | None) -> str | None:
            if value is None:
                return None
            return format_datetime(value, pattern, tzinfo=zone or UTC, locale=words.locale)

        values = {
            "case_no": send.case_no,
            "tracking_url": f"{self.tracking_url}?case={send.case_no}",
            "owner": told.owner and words.owner(told.owner),
            "due": moment(told.due),
            "was_due": moment(told.was_due),
            "deadline": moment(told.deadline),
            "until": told.until and format_date(told.until, words.day, locale=words.locale),
            "asked_for": told.asked_for and words.remedies[told.asked_for],
            "reasons": " ".join(reasons),
            "why": " ".join(reasons or [words.some_reason]),
            **_lists(words, told),
            **{name: getattr(told, name) for name in _AS_THEY_ARE},
        }
        return {name: value for name, value in values.items() if value is not None}


_AS_THEY_ARE = ("window", "product_unit", "service_point", "repair_no", "shipment", "paid", "denied", "again")


def _lists(words: Words, told: Told) -> dict[str, list[str]]:
    return {
        "options": [words.options[remedy] for remedy in told.remedies],
        "withheld": [
            f"{words.heading(held.remedy)}: {words.reasons.get(held.reason, words.some_reason)}"
            for held in told.withheld
        ],
        "missing": [words.asked(code) for code in told.missing],
    }


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
    for field in ("reasons", "missing", "queues"):
        codes = {language: set(getattr(each, field)) for language, each in words.items()}
        every = set().union(*codes.values())
        for language, known in codes.items():
            if every - known:
                raise WordsMissing(f"{language}/words.yaml: {field} lacks {', '.join(sorted(every - known))}")
