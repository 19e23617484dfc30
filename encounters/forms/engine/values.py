"""FHIR's value[x] as Python values and back; `kind` is the suffix (Coding, Decimal, DateTime …)."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from encounters.forms.engine import typed
from encounters.forms.engine.definition import Coding, Quantity, Value
from encounters.forms.engine.vocabulary import ANSWER_KINDS

_TEXT_LIMIT = 100_000


def read_value(kind: str, raw: object) -> Value | None:
    """The Python value of FHIR JSON `raw`, or None when it is no such value."""
    read = _READERS.get(kind)
    return read(raw) if read else None


def _read_boolean(raw: object) -> Value | None:
    return raw if isinstance(raw, bool) else None


def _read_integer(raw: object) -> Value | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < 10**15 else None


def _read_decimal(raw: object) -> Value | None:
    return typed.tidy_decimal(raw) if typed.is_number(raw) else None


def _read_text(raw: object) -> Value | None:
    return raw if isinstance(raw, str) and 0 < len(raw) <= _TEXT_LIMIT else None


def _text_that(is_valid: Callable[[object], bool]) -> Callable[[object], Value | None]:
    return lambda raw: raw if isinstance(raw, str) and is_valid(raw) else None


def read_coding(raw: object) -> Coding | None:
    if not isinstance(raw, Mapping):
        return None
    parts = {name: raw.get(name, "") for name in ("code", "system", "display", "version")}
    if not all(isinstance(part, str) for part in parts.values()) or not (parts["code"] or parts["display"]):
        return None
    return Coding(**parts)


def _read_quantity(raw: object) -> Quantity | None:
    if not isinstance(raw, Mapping) or not typed.is_number(raw.get("value")):
        return None
    number = typed.tidy_decimal(raw["value"])
    parts = [raw.get(name, "") for name in ("code", "system", "unit")]
    if number is None or not all(isinstance(part, str) for part in parts):
        return None
    code, system, words = parts
    return Quantity(number, Coding(code, system, words) if code or words else None)


_READERS: Mapping[str, Callable[[object], Value | None]] = {
    "Boolean": _read_boolean,
    "Integer": _read_integer,
    "Decimal": _read_decimal,
    "Date": _text_that(typed.is_fhir_date),
    "DateTime": _text_that(typed.is_fhir_instant),
    "Time": _text_that(typed.is_fhir_time),
    "String": _read_text,
    "Uri": _read_text,
    "Coding": read_coding,
    "Quantity": _read_quantity,
}


def write_value(value: Value) -> object:
    """The JSON of a value; Decimals become JSON numbers that read back equal."""
    if isinstance(value, Decimal):
        return typed.json_number(value)
    if isinstance(value, Coding):
        return write_coding(value)
    if isinstance(value, Quantity):
        unit = value.unit or Coding("")
        parts = {"unit": unit.display, "system": unit.system, "code": unit.code}
        return {
            "value": typed.json_number(value.value),
            **{name: part for name, part in parts.items() if part},
        }
    return value


def write_coding(coding: Coding) -> dict[str, str]:
    parts = {
        "system": coding.system,
        "version": coding.version,
        "code": coding.code,
        "display": coding.display,
    }
    return {name: part for name, part in parts.items() if part}


def find_choice(raw: Mapping[Any, object], prefix: str) -> tuple[str, object] | None:
    """The kind and JSON of `prefix`[x] in an element (value[x], answer[x]), or None when there isn't exactly one."""
    found = [
        (key.removeprefix(prefix), raw[key])
        for key in raw
        if isinstance(key, str) and key.startswith(prefix) and key[len(prefix) : len(prefix) + 1].isupper()
    ]
    return found[0] if len(found) == 1 else None


def show_value(value: Value, kind: str, *, language: str = "vi") -> str:
    """The value as a reader of that language sees it: decimal comma and day first in Vietnamese."""
    match value:
        case bool():
            return {"vi": ("Không", "Có")}.get(language, ("No", "Yes"))[value]
        case int():
            return str(value)
        case Decimal():
            return typed.show_decimal(value, comma=language == "vi")
        case Coding():
            return value.display or value.code
        case Quantity():
            number = typed.show_decimal(value.value, comma=language == "vi")
            return f"{number} {(value.unit.display or value.unit.code) if value.unit else ''}".strip()
        case _:
            shown = {"Date": typed.show_date, "DateTime": typed.show_instant, "Time": typed.show_time}.get(
                kind
            )
            return shown(value) if shown else value


def is_known_kind(kind: str) -> bool:
    return kind in ANSWER_KINDS
