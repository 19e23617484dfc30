"""A number as people type it."""

import re
from decimal import Decimal

_TYPED = re.compile(r"(<=|>=|<|>|≤|≥)?\s*([+-]?\d{1,12}(?:[.,]\d{1,6})?)")
_SIGNS = {"≤": "<=", "≥": ">="}


def number_in(text: str) -> tuple[str, Decimal] | None:
    """(comparator, number) of "5,4", "5.4", "<0,5", "≥ 10"; None for anything else, "nan" and "1e9" among it."""
    found = _TYPED.fullmatch(text.strip())
    if found is None:
        return None
    sign = found[1] or ""
    return _SIGNS.get(sign, sign), Decimal(found[2].replace(",", "."))
