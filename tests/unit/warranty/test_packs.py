"""Laws and policies are data: validated at the start, with the file and the field in the error."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from ciclo_schemas.values import RemedyKind
from services.chassis.settings import BadSettings, load
from services.warranty.settings import PACKS, BadPacks, WarrantySettings, read_policies
from tests.unit.warranty.world import POLICIES, TV, sold_by

CALENDARS = (PACKS / "calendars.yaml").read_text()
SPAIN: dict[str, Any] = yaml.safe_load((PACKS / "es-consumer-goods-2022.yaml").read_text())

DEFAULT = {"remedy": "repair", "after_days": 7, "article": "clause 3"}


def folder(tmp_path: Path, *packs: dict[str, Any]) -> Path:
    """A folder with these packs."""
    (tmp_path / "calendars.yaml").write_text(CALENDARS)
    for number, pack in enumerate(packs):
        (tmp_path / f"pack-{number}.yaml").write_text(yaml.safe_dump(pack))
    return tmp_path


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"guarantee": {**SPAIN["guarantee"], "months": "three"}}, "pack-0.yaml: guarantee.months: "),
        (
            {"guarantee": {**SPAIN["guarantee"], "remedies": ["repairs"]}},
            "pack-0.yaml: guarantee.remedies.0: ",
        ),
        ({"buyers": ["consumers"]}, "pack-0.yaml: buyers.0: "),
        ({"valid_from": "soon"}, "pack-0.yaml: valid_from: "),
        ({"verified_on": None}, "pack-0.yaml: verified_on: "),
        ({"colour": "blue"}, "pack-0.yaml: colour: "),
        ({"jurisdictions": []}, "pack-0.yaml: names neither jurisdictions"),
        ({"repair": None}, "pack-0.yaml: offers repair but has no `repair` rule"),
        ({"guarantee": None}, "pack-0.yaml: gives neither a trial nor a guarantee"),
        ({"valid_to": date(2021, 1, 1)}, "pack-0.yaml: valid_to is before valid_from"),
        (
            {"trial": {"basis": "commercial_trial", "days": 30, "remedies": ["repair"], "article": "none"}},
            "pack-0.yaml: trial.remedies holds repair",
        ),
        (
            {"guarantee": {**SPAIN["guarantee"], "default_choice": {**DEFAULT, "after_days": 14}}},
            "pack-0.yaml: guarantee.default_choice.after_days: ",
        ),
        (
            {"guarantee": {**SPAIN["guarantee"], "remedies": ["replacement"], "default_choice": DEFAULT}},
            "pack-0.yaml: guarantee.default_choice.remedy is not among the remedies offered",
        ),
    ],
)
def test_a_bad_pack_stops_the_start_and_names_its_file_and_field(
    tmp_path: Path, change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(BadPacks) as refused:
        read_policies(folder(tmp_path, {**SPAIN, **change}))
    assert complaint in str(refused.value)


def test_two_laws_for_the_same_sale_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadPacks, match="govern the same sales"):
        read_policies(folder(tmp_path, SPAIN, {**SPAIN, "id": "another-law"}))
    with pytest.raises(BadPacks, match="given twice"):
        read_policies(folder(tmp_path, SPAIN, SPAIN))


def test_two_terms_for_the_same_paid_repair_stop_the_start(tmp_path: Path) -> None:
    terms = yaml.safe_load((PACKS / "paid-repairs" / "es-1988.yaml").read_text())
    packs = folder(tmp_path, SPAIN)
    (packs / "paid-repairs").mkdir()
    for name, jurisdictions in (("one", ["ES", "PT"]), ("two", ["PT"])):
        text = yaml.safe_dump({**terms, "id": name, "jurisdictions": jurisdictions})
        (packs / "paid-repairs" / f"{name}.yaml").write_text(text)
    with pytest.raises(BadPacks, match="govern the same paid repairs"):
        read_policies(packs)


@pytest.mark.parametrize(("country", "pack"), [("ES", "es-paid-repair"), ("PT", "house-paid-repair")])
def test_where_no_law_governs_paid_repairs_the_houses_terms_do(country: str, pack: str) -> None:
    terms = POLICIES.paid_repair(country, date(2026, 11, 21))
    assert terms is not None
    assert (terms.id, terms.quote_valid_days, terms.guarantee_months) == (pack, 30, 3)


def test_every_pack_names_its_source_and_the_day_it_was_compared_with_it() -> None:
    for pack in (*POLICIES.packs, *POLICIES.paid_repairs):
        assert pack.source
        assert pack.valid_from < pack.verified_on <= date(2026, 11, 22)


def test_a_folder_without_packs_or_calendars_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadPacks, match=r"calendars\.yaml: cannot be read"):
        read_policies(tmp_path)
    with pytest.raises(BadPacks, match="holds no pack"):
        read_policies(folder(tmp_path))


def test_the_service_tells_which_setting_pointed_to_the_bad_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARRANTY_PACKS", str(folder(tmp_path, {**SPAIN, "buyers": []})))
    with pytest.raises(BadSettings, match=r"WARRANTY_PACKS: pack-0\.yaml: buyers: "):
        load(WarrantySettings)


def test_a_pack_of_another_country_is_taken_without_a_line_of_code(tmp_path: Path) -> None:
    portugal = {
        **SPAIN,
        "id": "pt-consumer-goods",
        "jurisdictions": ["PT"],
        "trial": {
            "basis": "short_term_right",
            "days": 30,
            "remedies": ["replacement", "refund"],
            "article": "art. 16",
        },
    }
    policies = read_policies(folder(tmp_path, SPAIN, portugal))
    (law,) = policies.governing(sold_by("no-trial-shop", "PT", date(2026, 1, 1)))
    assert law.id == "pt-consumer-goods"
    assert law.trial is not None
    assert law.trial.remedies == (RemedyKind.REPLACEMENT, RemedyKind.REFUND)


@pytest.mark.parametrize(("purchased", "version"), [(date(2021, 12, 31), "2003"), (date(2022, 1, 1), "2022")])
def test_the_day_of_the_contract_decides_which_law_applies(purchased: date, version: str) -> None:
    (law,) = POLICIES.governing(sold_by("no-trial-shop", "ES", purchased))
    assert (law.id, law.version) == ("es-consumer-goods", version)


def test_a_decision_whose_pack_was_taken_away_is_not_guessed() -> None:
    with pytest.raises(LookupError, match="es-consumer-goods 1999"):
        POLICIES.named("es-consumer-goods", "1999")


def test_the_law_comes_before_the_sellers_promise() -> None:
    assert [pack.id for pack in POLICIES.governing(TV)] == ["es-consumer-goods", "seller-trial-30"]
