"""What every data file of a house is made of."""

from pydantic import BaseModel, ConfigDict


class HouseData(BaseModel):
    """Part of a data file: immutable, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")
