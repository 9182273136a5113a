"""What an API key can open at intake's doors."""

from enum import StrEnum


class Scope(StrEnum):
    """A scope; keys get theirs by `python -m services.intake keys create`."""

    WRITE_CUSTOMERS = "customers:write"
    OPEN_CASES = "cases:open"
    SPEAK = "cases:speak"
    READ_CASES = "cases:read"
    WRITE_TEXTS = "texts:write"
    READ_TEXTS = "texts:read"
    READ_CONTACTS = "contacts:read"
