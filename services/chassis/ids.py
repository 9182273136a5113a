"""Identifiers: time-ordered ones for what is new, derived ones for what has a natural key."""

import json
from uuid import UUID, uuid5

import uuid_utils.compat

CICLO = UUID("dd9ffdcd-d61f-5202-b5bc-bc867e3d6d46")
"""The namespace of every derived id. It never changes: ids derived with another one would be others."""

_text_of = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562, 5.7); each one is greater than those this process made before."""
    return uuid_utils.compat.uuid7()


def derived_id(namespace: str, *parts: str) -> UUID:
    """The id (UUIDv5) of an aggregate that has a natural key: the same parts give the same id, everywhere.

    `derived_id("product_unit", "acme", "SN-1")`
    """
    return uuid5(CICLO, _text_of([namespace, *parts]))
