"""What the page of a case shows: everything the template fills in, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
from babel.numbers import format_currency, get_currency_precision

from ciclo_schemas.values import Language, Money, RemedyKind
from ciclo_schemas.warranty import QuoteIssued
from services.chassis.ids import new_id
from services.intake import views
from services.intake.domain.asks import Asks, asks
from services.intake.domain.attachments import MAX_PER_CASE, Kind
from services.intake.domain.headline import headline
from services.intake.domain.sentences import erased, sentence, spoken
from services.intake.domain.situation import Situation, situation
from services.intake.domain.timeline import Happened
from services.intake.routes.page.forms import CANCEL_REASONS, DENIAL_REASONS, SYMPTOMS
from services.intake.routes.page.route import CannotShow

FACTS = ("product_unit", "purchase_ref", "purchased_on", "delivered_on", "buyer", "area", "symptom_code")
_ASKED = {"purchase": ("purchase_ref", "purchased_on")} | {name: (name,) for name in FACTS}


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that came and could not be taken: what it held, and what is wrong with it.

    `errors` are phrases by field, `note` a phrase about the whole. `once` is its token where we do not know
    whether it was heard.
    """

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    once: str = ""


async def shown(
    pool: asyncpg.Pool, case_id: UUID, token: str, chosen: Language | None, sent: Typed
) -> tuple[Language, dict[str, Any]]:
    """The language of the page and the values of its template. Raises CannotShow 404 for an unknown case."""
    view = await views.case_with_timeline(pool, case_id)
    if view is None:
        raise CannotShow("invalid", 404)
    language = chosen or readable(view.case.language)
    now = situation(view.timeline)
    asked = asks(view.timeline, now)
    explained = await views.texts(pool, [asked.explained]) if asked.explained else {}
    head = headline(now, language)
    files = await views.attachments(pool, case_id)
    return language, {
        "here": f"/c/{token}",
        "query": f"?lang={language}" if chosen else "",
        "once": sent.once or new_id().hex,
        "sent": sent,
        "case_no": view.case.case_no,
        "head": head,
        "erased": None if view.erased_at is None else erased(view.erased_at, language),
        "who": _first_capital(head.who),
        "next_date": _date(head.next_date, language),
        "deadline": _date(now.asked.deadline if now.asked else None, language),
        "asked": asked,
        "missing": spoken(asked.missing, language, "missing"),
        "fields": _fields(asked),
        "explained": explained.get(asked.explained or ""),
        "offer": _offer(asked, language),
        "quote": _quote(asked.quote, language),
        "known": _known(now, language),
        "promises": _promises(now, language),
        "files": files,
        "full": len(files) >= MAX_PER_CASE,
        "days": _days(view.timeline, language),
        "denial_reasons": DENIAL_REASONS,
        "cancel_reasons": CANCEL_REASONS,
        "symptoms": SYMPTOMS,
        "kinds": [kind.value for kind in Kind],
    }


def readable(language: str) -> Language:
    """A case's language as pages know it; English for one of a newer release."""
    return Language(language) if language in Language.written() else Language.EN


def _days(timeline: Sequence[Happened], language: Language) -> list[tuple[str, str, list[str]]]:
    """What happened, newest first, by day: the day for programs, for people, and its sentences."""
    days: dict[str, tuple[str, list[str]]] = {}
    for happened in reversed(timeline):
        day = happened.at.date()
        _, sentences = days.setdefault(day.isoformat(), (spoken(day, language), []))
        sentences.append(sentence(happened.event, language))
    return [(iso, day, sentences) for iso, (day, sentences) in days.items()]


def _date(moment: Any, language: Language) -> str:
    return "" if moment is None else spoken(moment, language)


def _fields(asked: Asks) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The facts that are asked for, and those that may be added besides."""
    first = tuple(dict.fromkeys(name for code in asked.missing for name in _ASKED.get(code, ())))
    return first, tuple(name for name in FACTS if name not in first)


def _offer(asked: Asks, language: Language) -> dict[str, Any] | None:
    offer = asked.remedy or asked.other_remedy
    if offer is None:
        return None
    kinds = [kind for kind in offer.remedies_allowed if kind is not RemedyKind.UNKNOWN]
    withheld = tuple(one.remedy for one in offer.withheld if one.remedy is not RemedyKind.UNKNOWN)
    return {
        "assessment_no": offer.assessment_no,
        "remedies": [(kind.value, _first_capital(spoken(kind, language))) for kind in kinds],
        "paid": kinds == [RemedyKind.QUOTE],
        "withheld": spoken(withheld, language),
        "workshops": [(one.service_point, one.official) for one in offer.service_points],
    }


def _quote(quote: QuoteIssued | None, language: Language) -> dict[str, Any] | None:
    if quote is None:
        return None
    return {
        "quote_no": quote.quote_no,
        "revision": quote.revision,
        "price": _price(quote.price, language),
        "valid_until": _date(quote.valid_until, language),
        "by": quote.service_point,
        "work": ", ".join(code.replace("_", " ").replace(".", " ") for code in quote.work),
    }


def _price(money: Money, language: Language) -> str:
    places = get_currency_precision(money.currency)
    locale = {Language.EN: "en_GB", Language.PT: "pt_PT"}.get(language, "es_ES")
    return format_currency(Decimal(money.amount_minor).scaleb(-places), money.currency, locale=locale)


def _known(now: Situation, language: Language) -> list[tuple[str, str, str]]:
    """Name, value and, where the value has a phrase of its own, that phrase."""
    known = []
    for name in FACTS:
        value = getattr(now.facts, name)
        if value is not None:
            known.append((name, spoken(value, language, name), _phrase(name, value)))
    return known


def _phrase(name: str, value: str) -> str:
    if name == "buyer" and value != "unknown":
        return f"buyer_{value}"
    return f"symptom_{value}" if name == "symptom_code" and value in SYMPTOMS else ""


def _promises(now: Situation, language: Language) -> list[tuple[str, str, str]]:
    """What was promised, its state and its date."""
    return [
        (_first_capital(spoken(one.kind, language)), one.state, _date(one.due, language))
        for one in now.promises.values()
    ]


def _first_capital(text: str) -> str:
    return text[:1].upper() + text[1:]
