"""Turns an event into the sentence a customer reads in his timeline."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from string import Formatter
from typing import Any

from ciclo_schemas.events import Event
from ciclo_schemas.values import Language, Money, Party, RemedyKind
from ciclo_schemas.warranty import CannotCancel
from services.intake.domain.wording import OTHER, VARIANTS, Wording, wording

_WITHOUT_CENTS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "VND", "XAF", "XOF"})


def sentence(event: Event | None, language: Language) -> str:
    """What happened, in the customer's language; None is an event that this release does not know."""
    words = wording(language)
    if event is None:
        return words.sentences[OTHER]
    values = {field: spoken(getattr(event, field), language, field) for field in type(event).model_fields}
    return _capitalised(_template(event, values, words).format_map(values))


def _template(event: Event, values: Mapping[str, str], words: Wording) -> str:
    """The sentence of this type and variant; a variant that would list nothing gives way to the plain one."""
    name = short_name(type(event))
    if name in VARIANTS:
        variant = words.sentences.get(f"{name}:{VARIANTS[name](event)}")
        if variant is not None and all(values[field] for field in placeholders(variant)):
            return variant
    return words.sentences.get(name, words.sentences[OTHER])


def placeholders(template: str) -> set[str]:
    """The fields a sentence names."""
    return {field for _, field, _, _ in Formatter().parse(template) if field}


def short_name(event_type: type[Event]) -> str:
    """`case.opened` for `ciclo.case.opened.v1`."""
    return event_type.event_type.removeprefix("ciclo.").removesuffix(".v1")


def spoken(value: Any, language: Language, field: str = "") -> str:
    """A value of an event as people say it; codes are looked up by the field's name."""
    names = wording(language).names
    match value:
        case tuple():
            return ", ".join(dict.fromkeys(spoken(item, language, field) for item in value))
        case date():
            return _day(value, language)
        case Money():
            return _money(value, language)
        case Party():
            return names[f"PartyKind.{value.kind}"].format(id=value.id)
        case CannotCancel():
            return names[f"RemedyKind.{RemedyKind(value.what)}"]
        case StrEnum():
            return names.get(f"{type(value).__name__}.{value}", str(value))
        case str() if field == "missing":
            return names.get(f"missing.{value}", names["missing.other"])
        case str() if field == "taken_back":
            return names[f"RemedyKind.{RemedyKind(value)}"]
    return str(value)


def erased(at: date, language: Language) -> str:
    """That the customer's data were erased at his request, and when."""
    return wording(language).names["erased"].format(at=_day(at, language))


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _day(day: date, language: Language) -> str:
    words = wording(language)
    return words.day.format(day=day.day, month=words.months[day.month - 1], year=day.year)


def _money(money: Money, language: Language) -> str:
    if money.currency in _WITHOUT_CENTS:
        return f"{money.amount_minor} {money.currency}"
    units, cents = divmod(money.amount_minor, 100)
    return f"{units}{wording(language).decimal}{cents:02} {money.currency}"
