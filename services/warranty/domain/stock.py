"""How many new units of a model are at hand, as the ERP counts them."""

from typing import Annotated

from pydantic import Field

from ciclo_schemas.values import Identifier
from services.chassis.decider import Decision, Given, Message, State
from services.chassis.given import NO_GUESS, GivenDay
from services.warranty.domain.records import Stock


class StockCount(Message):
    """New units at hand; approvals do not count it down: the next count does.

    With none at hand, new units are approved all the same and promised for when more are expected.
    """

    available: Annotated[int, Field(ge=0, le=1_000_000), NO_GUESS] | None = Field(
        description="empty: not known, taken as enough"
    )
    expected_on: GivenDay | None = Field(None, description="when more come; counts if none are at hand")


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
