"""Quantities as a prescription writes them: in Vietnamese words for narcotics, with a zero in front below ten. Pure."""

from decimal import Decimal

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUPS = ("", "nghìn", "triệu")
_HIGHEST = 999_999_999


def _below_hundred(number: int, *, after_hundreds: bool) -> list[str]:
    tens, ones = divmod(number, 10)
    if tens == 0:
        if ones == 0:
            return []
        return ["lẻ", _DIGITS[ones]] if after_hundreds else [_DIGITS[ones]]
    said = ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    if ones == 0:
        return said
    if ones == 1 and tens > 1:
        return [*said, "mốt"]
    if ones == 5:
        return [*said, "lăm"]
    return [*said, _DIGITS[ones]]


def _below_thousand(number: int, *, is_whole: bool) -> list[str]:
    """`is_whole`: nothing stands before it, so that no hundreds need be said."""
    hundreds, rest = divmod(number, 100)
    if hundreds == 0 and is_whole:
        return _below_hundred(rest, after_hundreds=False)
    return [_DIGITS[hundreds], "trăm", *_below_hundred(rest, after_hundreds=True)]


def in_words(number: int) -> str:
    """21 as "hai mươi mốt", 105 as "một trăm lẻ năm". Raises ValueError below 0 and above 999 999 999."""
    if not 0 <= number <= _HIGHEST:
        raise ValueError(number)
    if number == 0:
        return _DIGITS[0]
    groups = []
    rest = number
    while rest:
        rest, group = divmod(rest, 1000)
        groups.append(group)
    said: list[str] = []
    for place in reversed(range(len(groups))):
        if groups[place]:
            said += _below_thousand(groups[place], is_whole=not said)
            said += [_GROUPS[place]] if _GROUPS[place] else []
    return " ".join(said)


def quantity_in_words(quantity: Decimal) -> str:
    """ "Hai mươi mốt", "Một phẩy năm": the first letter large (TT 26/2025/TT-BYT, article 6)."""
    whole, _point, part = f"{quantity.normalize():f}".partition(".")
    said = in_words(int(whole))
    if part:
        said += " phẩy " + " ".join(_DIGITS[int(digit)] for digit in part)
    return said[:1].upper() + said[1:]


def quantity_in_digits(quantity: Decimal) -> str:
    """ "05", "21", "1,5": a single digit has a zero in front (the same article)."""
    text = f"{quantity.normalize():f}".replace(".", ",")
    return f"0{text}" if len(text) == 1 else text
