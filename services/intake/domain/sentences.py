"""Turns an event into the sentence a customer reads in his timeline."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from string import Formatter
from typing import Any

from ciclo_schemas.events import Event
from ciclo_schemas.values import Language, Party
from services.intake.domain.wording import MONTHS_EN, MONTHS_ES, NAMES, SENTENCES, VARIANTS


def sentence(event: Event, language: Language) -> str:
    """What happened, in the customer's language."""
    values = {field: spoken(getattr(event, field), language, field) for field in type(event).model_fields}
    return fill(_template(event, values), values, language)


def _template(event: Event, values: Mapping[str, str]) -> tuple[str, str]:
    """The sentence of this type and variant; a variant that would list nothing gives way to the plain one."""
    name = short_name(type(event))
    if name in VARIANTS:
        variant = SENTENCES.get(f"{name}:{getattr(event, VARIANTS[name])}")
        if variant is not None and all(values[field] for field in placeholders(variant[0])):
            return variant
    return SENTENCES[name]


def placeholders(template: str) -> set[str]:
    """The fields a sentence names."""
    return {field for _, field, _, _ in Formatter().parse(template) if field}


def short_name(event_type: type[Event]) -> str:
    """`case.opened` for `ciclo.case.opened.v1`."""
    return event_type.event_type.removeprefix("ciclo.").removesuffix(".v1")


def fill(template: tuple[str, str], values: Mapping[str, str], language: Language) -> str:
    """The template of this language (English where it is neither of ours) with its placeholders filled."""
    return template[0 if language is Language.ES else 1].format_map(values)


def spoken(value: Any, language: Language, field: str = "") -> str:
    """A value of an event as people say it; codes (of `missing`) are looked up by the field's name."""
    match value:
        case tuple():
            words = dict.fromkeys(spoken(item, language, field) for item in value)
            return ", ".join(words)
        case date():
            return _day(value, language)
        case Party():
            return fill(NAMES[f"PartyKind.{value.kind}"], {"id": value.id}, language)
        case StrEnum():
            key = f"{type(value).__name__}.{value}"
            return fill(NAMES[key], {}, language) if key in NAMES else str(value)
        case str() if field == "missing":
            return fill(NAMES.get(f"missing.{value}", NAMES["missing.other"]), {}, language)
    return str(value)


def _day(day: date, language: Language) -> str:
    if language is Language.ES:
        return f"{day.day} de {MONTHS_ES[day.month - 1]} de {day.year}"
    return f"{day.day} {MONTHS_EN[day.month - 1]} {day.year}"
