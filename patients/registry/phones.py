"""Telephone numbers as people write them."""

import re

_NOT_A_DIGIT = re.compile(r"\D")
_LONGEST = 20


def phone_digits(phone: str) -> str:
    """The digits to search by, the national way: "+84 912 345 678" and "0912.345.678" are both "0912345678"."""
    digits = _NOT_A_DIGIT.sub("", phone)[:_LONGEST]
    if digits.startswith("84") and len(digits) >= 11:
        return f"0{digits[2:]}"
    return digits
