"""The registers of units and service points."""

from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from ciclo_schemas.inbound import ProductRegistered
from services.chassis.decider import FanOut, Origin
from services.warranty.domain.answers import AssessAgain
from services.warranty.domain.records import ServicePoint, Unit
from services.warranty.domain.service_points import PutServicePoint
from services.warranty.domain.units import RegisterUnit
from services.warranty.store import TABLES
from tests.support.deciders import FactsOf, Story
from tests.unit.warranty.world import SERVICE_POINTS, SOUTH, TV, UNITS


def command(**changes: Any) -> RegisterUnit:
    """Register the television."""
    return RegisterUnit(**{**asdict(TV), **changes})


def register() -> Story:
    """An empty register of units."""
    return Story(UNITS, FactsOf(TABLES))


def test_a_registered_unit_is_kept_and_unsettled_cases_look_again() -> None:
    units = register()
    decision = units.hears(command(), origin=Origin.COMMAND)
    assert units.facts.one(Unit, product_unit=TV.product_unit) == TV
    assert decision.fan_outs == (FanOut(AssessAgain(product_unit=TV.product_unit)),)


def test_the_same_registration_again_changes_nothing() -> None:
    units = register()
    units.hears(command(), origin=Origin.COMMAND)
    again = units.hears(command(), origin=Origin.COMMAND)
    assert (again.rows, again.fan_outs, again.refusal) == ((), (), None)


def test_a_correction_needs_a_higher_revision() -> None:
    units = register()
    units.hears(command(revision=2), origin=Origin.COMMAND)
    older = units.hears(command(revision=1), origin=Origin.COMMAND).refusal
    same = units.hears(command(revision=2, delivered_on=date(2026, 11, 9)), origin=Origin.COMMAND).refusal
    assert older is not None
    assert same is not None
    assert (older.code, older.status) == ("older_revision", 409)
    assert (same.code, same.status) == ("revision_used", 409)
    units.hears(command(revision=3, delivered_on=date(2026, 11, 9)), origin=Origin.COMMAND)
    corrected = replace(TV, revision=3, delivered_on=date(2026, 11, 9))
    assert units.facts.one(Unit, product_unit=TV.product_unit) == corrected


def test_a_record_of_the_sellers_system_registers_the_same() -> None:
    units = register()
    units.hears(ProductRegistered(publisher="shop-erp", **asdict(TV)), origin=Origin.INBOUND)
    assert units.facts.one(Unit, product_unit=TV.product_unit) == TV


def test_a_kind_of_buyer_that_is_not_known_is_refused() -> None:
    record = ProductRegistered(publisher="shop-erp", **{**asdict(TV), "buyer": "charity"})
    refusal = register().hears(record, origin=Origin.INBOUND).refusal
    assert refusal is not None
    assert (refusal.code, refusal.locations) == ("unknown_buyer", ("buyer",))
    with pytest.raises(ValidationError):
        command(buyer="charity")


def test_a_service_point_that_is_registered_again_keeps_its_open_repairs() -> None:
    points = Story(SERVICE_POINTS, FactsOf(TABLES, SOUTH))
    points.hears(
        PutServicePoint(
            id=SOUTH.id, official=True, brands=("lumo", "orbi"), jurisdictions=("ES",), capacity=4
        ),
        origin=Origin.COMMAND,
    )
    changed = replace(SOUTH, brands='["lumo", "orbi"]', jurisdictions='["ES"]', capacity=4)
    assert points.facts.one(ServicePoint, id=SOUTH.id) == changed
