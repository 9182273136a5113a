"""JSON that fits its model and can be read in two ways all the same: refused on topics and at doors."""

import json
from typing import Any


class _RepeatedName(ValueError):
    """An object names a member twice."""


def repeats_a_name(text: str) -> bool:
    """Whether some object names a member twice, so that it can be read in two ways.

    Raises ValueError or RecursionError for what is no JSON.
    """
    try:
        # Numbers stay text: of their size the model has judged.
        json.loads(text, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except _RepeatedName:
        return True
    return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of these members. Raises _RepeatedName: RFC 8259 (4) lets readers take either of two."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _RepeatedName
    return members
