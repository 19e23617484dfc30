"""The operators and functions of the FHIRPath subset over lists of JSON values; numbers are Decimals."""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation, Overflow
from operator import ge, gt, le, lt
from typing import Any

from encounters.forms.engine import typed

Values = list[object]


def as_list(value: object) -> Values:
    if value is None:
        return []
    found = list(value) if isinstance(value, (list, tuple)) else [value]
    return [_plain(part) for part in found if part is not None]


def _plain(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(typed.VIETNAM).isoformat(timespec="seconds")
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return Decimal(str(value)) if typed.is_number(value) else value


def is_choice(key: object) -> bool:
    return isinstance(key, str) and key.startswith("value") and key[5:6].isupper()


def number_of(values: Values) -> Decimal | None:
    if len(values) != 1:
        return None
    value = values[0]
    if isinstance(value, Mapping):  # a Quantity is used as its number
        value = _plain(value.get("value"))
    return value if isinstance(value, Decimal) else None


def _numbers(values: Values) -> list[Decimal]:
    return [number for value in values if (number := number_of([value])) is not None]


def boolean_of(values: Values) -> bool | None:
    if not values:
        return None
    return values[0] if isinstance(values[0], bool) else True


def text_of(values: Values) -> str:
    if not values:
        return ""
    value = values[0]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return typed.show_decimal(value)
    return value if isinstance(value, str) else ""


def same(left: object, right: object) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping) and "code" in left and "code" in right:
        return bool(left["code"] == right["code"] and left.get("system", "") == right.get("system", ""))
    return left == right


def equal(left: Values, right: Values) -> bool:
    return len(left) == len(right) and all(same(one, other) for one, other in zip(left, right, strict=True))


def distinct(values: Values) -> Values:
    found: Values = []
    for value in values:
        if not any(same(value, other) for other in found):
            found.append(value)
    return found


def _and(left: bool | None, right: bool | None) -> Values:
    if left is False or right is False:
        return [False]
    return [] if left is None or right is None else [True]


def _or(left: bool | None, right: bool | None) -> Values:
    if left is True or right is True:
        return [True]
    return [] if left is None or right is None else [False]


def _xor(left: bool | None, right: bool | None) -> Values:
    return [] if left is None or right is None else [left != right]


def _implies(left: bool | None, right: bool | None) -> Values:
    return _or(None if left is None else not left, right)


LOGIC: Mapping[str, Callable[[bool | None, bool | None], Values]] = {
    "and": _and,
    "or": _or,
    "xor": _xor,
    "implies": _implies,
}
ORDER: Mapping[str, Callable[[Any, Any], bool]] = {"<": lt, ">": gt, "<=": le, ">=": ge}


def compare(operator: str, left: object, right: object) -> Values:
    one, other = number_of([left]), number_of([right])
    if one is not None and other is not None:
        return [ORDER[operator](one, other)]
    first, second = typed.as_moment(left), typed.as_moment(right)
    if first is not None and second is not None:
        return [ORDER[operator](first, second)]
    if isinstance(left, str) and isinstance(right, str):
        return [ORDER[operator](left, right)]
    return []


def arithmetic(operator: str, left: Values, right: Values) -> Values:  # noqa: PLR0911 - one line for each operator
    if operator == "+" and isinstance(left[0], str) and isinstance(right[0], str):
        return [left[0] + right[0]]
    one, other = number_of(left), number_of(right)
    if one is None or other is None or (operator in {"/", "div", "mod"} and other == 0):
        return []
    try:
        match operator:
            case "+":
                return [one + other]
            case "-":
                return [one - other]
            case "*":
                return [one * other]
            case "/":
                return [one / other]
            case "div":
                return [Decimal(int(one / other))]
            case _:
                return [one % other]
    except (InvalidOperation, Overflow):
        return []


def local_day(text: object) -> str:
    moment = typed.as_moment(text)
    return moment.astimezone(typed.VIETNAM).date().isoformat() if moment else ""


def _each_number(change: Callable[[Decimal], Decimal | None]) -> Callable[[Values], Values]:
    def apply(values: Values) -> Values:
        number = number_of(values)
        if number is None:
            return []
        try:
            changed = change(number)
        except (InvalidOperation, Overflow, ValueError, OverflowError):
            return []
        return [] if changed is None else [changed]

    return apply


def _to_decimal(values: Values) -> Values:
    if len(values) == 1 and isinstance(values[0], bool):
        return [Decimal(values[0])]
    if len(values) == 1 and isinstance(values[0], str):
        number = typed.read_decimal(values[0])
        return [] if number is None else [number]
    return [*_numbers(values[:1])]


def _to_integer(values: Values) -> Values:
    return [value for value in _to_decimal(values) if isinstance(value, Decimal) and value == int(value)]


def _most(pick: Callable[[list[Decimal]], Decimal]) -> Callable[[Values], Values]:
    def apply(values: Values) -> Values:
        numbers = _numbers(values)
        return [pick(numbers)] if numbers and len(numbers) == len(values) else []

    return apply


PLAIN: Mapping[str, Callable[[Values], Values]] = {
    "empty": lambda of: [not of],
    "not": lambda of: [] if boolean_of(of) is None else [not boolean_of(of)],
    "hasValue": lambda of: [len(of) == 1 and not isinstance(of[0], Mapping)],
    "first": lambda of: of[:1],
    "last": lambda of: of[-1:],
    "single": lambda of: of if len(of) == 1 else [],
    "count": lambda of: [Decimal(len(of))],
    "distinct": distinct,
    "sum": lambda of: [sum(_numbers(of), Decimal(0))],
    "min": _most(min),
    "max": _most(max),
    "avg": _most(lambda numbers: sum(numbers, Decimal(0)) / len(numbers)),
    "abs": _each_number(abs),
    "floor": _each_number(lambda number: Decimal(math.floor(number))),
    "ceiling": _each_number(lambda number: Decimal(math.ceil(number))),
    "sqrt": _each_number(lambda number: number.sqrt() if number >= 0 else None),
    "toString": lambda of: [text_of(of)] if of else [],
    "toDecimal": _to_decimal,
    "toInteger": _to_integer,
    "length": lambda of: [Decimal(len(text_of(of)))] if of else [],
    "upper": lambda of: [text_of(of).upper()] if of else [],
    "lower": lambda of: [text_of(of).lower()] if of else [],
}


def _round(of: Values, arguments: list[Values]) -> Values:
    places = number_of(arguments[0]) if arguments else Decimal(0)
    if places is None or not 0 <= places <= 10:
        return []
    quantum = Decimal(1).scaleb(-int(places))
    return _each_number(lambda number: number.quantize(quantum, rounding="ROUND_HALF_UP"))(of)


def _power(of: Values, arguments: list[Values]) -> Values:
    exponent = number_of(arguments[0])
    if exponent is None or abs(exponent) > 100:
        return []
    return _each_number(lambda number: number**exponent)(of)


def _substring(of: Values, arguments: list[Values]) -> Values:
    start = number_of(arguments[0])
    length = number_of(arguments[1]) if len(arguments) > 1 else Decimal(10**6)
    if not of or start is None or length is None or not 0 <= start < len(text_of(of)):
        return []
    return [text_of(of)[int(start) : int(start) + int(max(length, Decimal(0)))]]


def _difference(of: Values, arguments: list[Values]) -> Values:
    """Calendar units from one moment to the other; whole hours and minutes likewise by the clock's own marks."""
    start, end = typed.as_moment(text_of(of)), typed.as_moment(text_of(arguments[0]))
    unit = text_of(arguments[1]).rstrip("s")
    if start is None or end is None:
        return []
    try:
        start, end = start.astimezone(typed.VIETNAM), end.astimezone(typed.VIETNAM)
    except OverflowError:
        return []
    if unit == "day":
        return [Decimal((end.date() - start.date()).days)]
    if unit in {"month", "year"}:
        return [Decimal(_whole_months(start, end) // (12 if unit == "year" else 1))]
    seconds = {"hour": 3600, "minute": 60}.get(unit)
    return [Decimal(int((end - start).total_seconds() // seconds))] if seconds else []


def _whole_months(start: datetime, end: datetime) -> int:
    """Months completed from one day to the other, as ages are counted."""
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


WITH_ARGUMENTS: Mapping[str, Callable[[Values, list[Values]], Values]] = {
    "round": _round,
    "power": _power,
    "join": lambda of, arguments: (
        [(text_of(arguments[0]) if arguments else "").join(text_of([v]) for v in of)] if of else []
    ),
    "contains": lambda of, arguments: [text_of(arguments[0]) in text_of(of)] if of else [],
    "startsWith": lambda of, arguments: [text_of(of).startswith(text_of(arguments[0]))] if of else [],
    "endsWith": lambda of, arguments: [text_of(of).endswith(text_of(arguments[0]))] if of else [],
    "substring": _substring,
    "difference": _difference,
}
