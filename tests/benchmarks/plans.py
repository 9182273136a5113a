"""What each customer of the load is going to do, from his number alone: the same in every run."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from ciclo_schemas.inbound import ProductRegistered
from ciclo_schemas.values import Buyer

BRAND = "lumo"
CANARIES = (b"Quijano", b"@load.example", b"zarzaparrilla")
"""What is in every customer's name, address and words, and must never be on a topic."""


class Path(StrEnum):
    """The way a case goes."""

    TRIAL = "trial replacement"
    REPAIR = "guarantee repair"
    REPLACEMENT = "guarantee replacement"
    FIRST_LINE = "first line"


_MIX = (Path.TRIAL,) * 8 + (Path.REPAIR,) * 7 + (Path.REPLACEMENT,) * 2 + (Path.FIRST_LINE,) * 3
_STRIDE = 7  # spreads the paths over the mix; no divisor of its length
_FAULTS = {
    "es": (
        ("no_heat", "La freidora no calienta desde ayer."),
        ("no_power", "El televisor no enciende, ni con otro enchufe."),
        ("no_spin", "La lavadora está averiada: no centrifuga."),
    ),
    "en": (
        ("no_heat", "The fryer does not heat any more."),
        ("no_power", "My television does not turn on, whatever I do."),
        ("no_spin", "The washing machine is not spinning and stops half way."),
    ),
}
_QUESTIONS = {
    "es": (
        "mi smart tv no abre youtube: network problem",
        "No consigo vincular los auriculares por bluetooth.",
        "El altavoz se desconecta del wifi cada noche.",
    ),
    "en": (
        "My new speaker won't pair with my phone over bluetooth.",
        "Netflix keeps saying network error on the television.",
        "I have forgotten my password and cannot sign in.",
    ),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One customer and his case."""

    number: int

    @property
    def path(self) -> Path:
        """The way his case goes: 8 trial, 7 repair, 2 replacement, 3 first line of every 20."""
        return _MIX[self.number * _STRIDE % len(_MIX)]

    @property
    def language(self) -> str:
        """Spanish or English, the one as often as the other on every path."""
        return "es" if self.number // len(_MIX) % 2 else "en"

    @property
    def jurisdiction(self) -> str:
        """Where he bought."""
        return "ES" if self.language == "es" else "GB"

    @property
    def denies(self) -> bool:
        """Whether he first says that it is not solved."""
        return self.number % 11 == 3

    @property
    def chooses(self) -> str:
        """The remedy he takes under guarantee."""
        return "repair" if self.path is Path.REPAIR else "replacement"

    @property
    def reports(self) -> int:
        """How often his workshop sends each report."""
        return 2 if self.number % 7 == 1 else 1

    @property
    def receipt_is_reported(self) -> bool:
        """Whether his workshop says that the unit arrived, before it says that it is repaired."""
        return self.number % 13 != 5

    @property
    def product_unit(self) -> str | None:
        """What he bought; questions of the first line are about no unit."""
        return None if self.path is Path.FIRST_LINE else f"LOAD-{self.number:07}"

    def opening(self) -> dict[str, Any]:
        """What he sends to intake."""
        unit = self.product_unit
        symptom, words = None, _QUESTIONS[self.language][self.number % 3]
        if unit is not None:
            symptom, words = _FAULTS[self.language][self.number % 3]
        facts = {"product_unit": unit, "purchase_ref": _receipt(unit), "symptom_code": symptom}
        return {
            "customer": {
                "name": f"Alonso Quijano {self.number}",
                "email": f"c{self.number}@load.example.com",
            },
            "text": f"{words} ({CANARIES[2].decode()} {self.number})",
            "facts": {name: value for name, value in facts.items() if value is not None},
            "asked_for": "replacement" if self.path is Path.TRIAL else None,
            "language": self.language,
            "jurisdiction": self.jurisdiction,
        }

    def purchase(self, today: date) -> ProductRegistered | None:
        """What the shop registers before: delivered some days ago for a trial, a year ago otherwise."""
        unit = self.product_unit
        if unit is None:
            return None
        is_trial = self.path is Path.TRIAL
        delivered = today - timedelta(days=3 + self.number % 20 if is_trial else 300 + self.number % 90)
        return ProductRegistered(
            publisher="shop-erp",
            product_unit=unit,
            revision=1,
            model="lumo-load-1",
            brand=BRAND,
            seller="tienda-sol" if is_trial else "hogar-total",
            jurisdiction=self.jurisdiction,
            buyer=Buyer.CONSUMER,
            purchase_ref=_receipt(unit),
            purchased_on=delivered - timedelta(days=2),
            delivered_on=delivered,
        )


def _receipt(unit: str | None) -> str | None:
    return None if unit is None else f"T-{unit}"
