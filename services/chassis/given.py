"""Values as they come in bodies of requests, where pydantic would guess: true is no number, 0 no date.

Events are read strictly, so that they need none of this.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from ciclo_schemas.values import Money


def _no_guess(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise ValueError("a number is expected")  # noqa: TRY004 - pydantic's kind of refusal
    return value


def _no_timestamp(value: Any) -> Any:
    if isinstance(value, int | float) or (isinstance(value, str) and value[4:5] != "-"):
        raise ValueError("a date is written as 2026-11-21")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("there is no such moment in UTC") from None


NO_GUESS = BeforeValidator(_no_guess)
"""Comes after a number's limits, `Annotated[int, Field(ge=1), NO_GUESS]`: before them, OpenAPI lost them."""
GivenNumber = Annotated[int, Field(ge=1, le=2_147_483_647), NO_GUESS]
"""What is counted from 1."""
GivenDay = Annotated[date, BeforeValidator(_no_timestamp)]
"""A day."""
GivenMoment = Annotated[AwareDatetime, BeforeValidator(_no_timestamp), AfterValidator(_in_utc)]
"""A moment with any offset; kept in UTC."""


class GivenMoney(Money):
    """An amount of money in the smallest unit of its currency."""

    amount_minor: Annotated[int, Field(ge=0, le=1_000_000_000_000), NO_GUESS]
    """How many of the smallest units (cents)."""
