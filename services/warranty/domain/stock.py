"""How many new units of a model are at hand, as the ERP counts them."""

from typing import Self

from pydantic import ConfigDict, Field, model_validator

from ciclo_schemas.values import Identifier
from services.chassis.decider import Decision, Given, Message, State
from services.chassis.given import GivenDay, Whole
from services.warranty.domain.records import Stock


class StockCount(Message):
    """New units at hand; approvals do not count it down: the next count does.

    With none at hand, new units are approved all the same and promised for when more are expected.
    """

    available: Whole | None = Field(ge=0, le=1_000_000, description="empty: not known, taken as enough")
    expected_on: GivenDay | None = Field(None, description="when more come, if none are at hand")

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"available": {"const": 0}}},
                {"properties": {"expected_on": {"type": "null"}}},
            ]
        }
    )

    @model_validator(mode="after")
    def _expected_when_none(self) -> Self:
        if self.expected_on is not None and self.available != 0:
            raise ValueError("expected_on is for a model of which none is at hand")
        return self


class PutStock(StockCount):
    """Replace what is known of a model's stock."""

    model: Identifier


class StockState(State):
    """A model whose stock is counted; its row holds the count."""

    model: str


def put(_state: StockState | None, command: PutStock, _given: Given) -> Decision[StockState]:
    """Take a count."""
    row = Stock(model=command.model, available=command.available, expected_on=command.expected_on)
    return Decision(StockState(model=row.model), rows=(row,), reply=command)
