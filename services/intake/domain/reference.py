"""The case number that people read aloud: `C-7K4M-2Q9D-5`, eight characters and a check character.

The alphabet has 31 characters: no O, I and U, and no 0 and 1, which look like them. As 31 is prime, the
weighted sum of ISBN-10 (weights all different, none zero, modulo a prime) notices every single wrong
character and every swap of any two.
"""

from hashlib import sha256
from uuid import UUID

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTVWXYZ"
_DIGITS = 8


def case_no_of(case_id: UUID, attempt: int = 0) -> str:
    """The number of a case, one of 853 thousand million; `attempt` gives another one if that is taken."""
    rest = int.from_bytes(sha256(case_id.bytes + bytes([attempt])).digest()[:16])
    digits = ""
    for _ in range(_DIGITS):
        rest, digit = divmod(rest, len(ALPHABET))
        digits += ALPHABET[digit]
    return f"C-{digits[:4]}-{digits[4:]}-{_check(digits)}"


def read_case_no(text: str) -> str | None:
    """The number as we write it, or None if mistyped; dashes, spaces and small letters do not matter."""
    plain = "".join(text.upper().replace("-", " ").split())
    if len(plain) == _DIGITS + 2:
        plain = plain.removeprefix("C")
    digits, check = plain[:_DIGITS], plain[_DIGITS:]
    if len(check) != 1 or not set(plain) <= set(ALPHABET) or _check(digits) != check:
        return None
    return f"C-{digits[:4]}-{digits[4:]}-{check}"


def _check(digits: str) -> str:
    weighted = sum(weight * ALPHABET.index(digit) for weight, digit in enumerate(digits, start=2))
    return ALPHABET[-weighted % len(ALPHABET)]
