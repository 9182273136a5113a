"""Defects of one unit: which reports have the same cause, and which remedy already puts it right."""

from collections.abc import Iterable

from services.warranty.domain.records import Remedy


def same_symptom(one: str | None, other: str | None) -> bool:
    """Whether two reports are taken for the same defect; one without a symptom may be any."""
    return one is None or other is None or one == other


def defect_number(symptom: str | None, remedies: Iterable[Remedy]) -> int:
    """The number of a defect of a unit: that of an earlier remedy for the same symptom, else the next."""
    numbers = [0]
    for remedy in remedies:
        if same_symptom(symptom, remedy.symptom_code):
            return remedy.defect_no
        numbers.append(remedy.defect_no)
    return max(numbers) + 1


def in_force(symptom: str | None, remedies: Iterable[Remedy]) -> Remedy | None:
    """The remedy in force that already puts this defect right, if any.

    A unit that is being replaced or paid back, or was, has no other defect to put right.
    """
    for remedy in remedies:
        if remedy.in_force and (remedy.ends_all_claims or same_symptom(symptom, remedy.symptom_code)):
            return remedy
    return None
