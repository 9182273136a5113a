"""The words customers read, in every language of ours: sentences for events, headlines, names for values.

A sentence is found by the event's type, or by type and the variant that makes the difference
(`coverage.assessed:trial`, see `VARIANTS`); its placeholders are the event's fields. What has no sentence of
its own is told by `other`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ciclo_schemas.values import Language
from services.intake.domain.wording import en, es, pt

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language; `day` says a date, `decimal` parts an amount of money."""

    months: tuple[str, ...]
    day: str
    decimal: str
    sentences: Mapping[str, str]
    names: Mapping[str, str]
    headlines: Mapping[str, str]


_BY_LANGUAGE = {
    language: Wording(
        module.MONTHS, module.DAY, module.DECIMAL, module.SENTENCES, module.NAMES, module.HEADLINES
    )
    for language, module in ((Language.ES, es), (Language.EN, en), (Language.PT, pt))
}

VARIANTS: Mapping[str, Callable[[Any], object]] = {
    "case.classified": lambda event: "abstained" if event.abstained else "",
    "case.closed": lambda event: event.closed_as,
    "case.held": lambda event: event.wait,
    "case.quote_answered": lambda event: "accepted" if event.accepted else "refused",
    "resolution.proposed": lambda event: event.reason,
    "complaint.answered": lambda event: event.outcome,
    "coverage.assessed": lambda event: event.window,
    "cancellation.assessed": lambda event: "cannot" if event.cannot else "taken_back",
    "refund.approved": lambda event: "partial" if event.partial else "",
    "repair.authorized": lambda event: "paid" if event.paid else "",
    "repair.rescheduled": lambda event: event.reason,
    "item.received": lambda event: event.at,
    "containment.notified": lambda event: event.advice,
}


def wording(language: Language) -> Wording:
    """The words of a language; English where it is none of ours."""
    return _BY_LANGUAGE.get(language, _BY_LANGUAGE[Language.EN])
