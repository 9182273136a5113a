"""What people write, and how they are called and reached: the shapes that every door lets in."""

from typing import Annotated

from pydantic import Field, StringConstraints

MAX_TEXT = 8_000

Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=MAX_TEXT, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$"
    ),
    Field(description="In the writer's own words"),
]
Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f<>]*[^\s\x00-\x1f\x7f<>][^\x00-\x1f\x7f<>]*$",
    ),
    Field(examples=["Marta Ibáñez Soler"]),
]
# The shape that HTML gives to `input type=email`, which is what browsers let through.
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$",
    ),
    Field(examples=["marta@example.com"]),
]
