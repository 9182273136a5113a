"""What an API key can open at routing's doors."""

from enum import StrEnum


class Scope(StrEnum):
    """A scope; keys get theirs by `python -m services.routing keys create`."""

    READ_CASES = "cases:read"
    WORK_ON_CASES = "cases:work"
    REPAIR = "cases:repair"
    TRAIN = "training:work"
    ANSWER_COMPLAINTS = "complaints:answer"
