"""JSON that fits its model and is refused all the same, on topics and at doors."""

import json
from typing import Any


class _RepeatedName(ValueError):
    """An object names a member twice."""


def ambiguity(value: bytes) -> str | None:
    """Why JSON can be read in two ways (`repeated_name`) or not be stored (`nul_character`); None if neither.

    Raises ValueError or RecursionError for what is no JSON.
    """
    text = value.decode()
    if "\\u0000" in text:
        return "nul_character"
    try:
        # Numbers stay text: of their size the model has judged.
        json.loads(text, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except _RepeatedName:
        return "repeated_name"
    return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of these members. Raises _RepeatedName: RFC 8259 (4) lets readers take either of two."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _RepeatedName
    return members
