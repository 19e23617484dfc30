"""Rows of a neighbour's view: what they may say, how one is kept as a message, and how it is shown without the patient.

A row is kept as JSON in one canonical form: keys sorted, every value the text that the database writes for it, or null.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emr.common.errors import DomainError
from integrations.transport.readers import Row, Shown

# MSH-9's place: "ROW^STAY".
MESSAGE_CODE = "ROW"
FORM = "JSON"
LARGEST_ROW = 1024 * 1024
HIDDEN = "•••"
_MARK = re.compile(r"‹([a-z_]{2,20})›")
_LINE = re.compile(r"([a-z_]{2,20}) = (.*)")

_PERSON: dict[str, str | Promise] = {
    "mrn": gettext_lazy("Patient number"),
    "full_name": gettext_lazy("Name"),
    "birth": gettext_lazy("Birth"),
    "sex": gettext_lazy("Sex"),
    "citizen": gettext_lazy("Personal identification number"),
    "insurance": gettext_lazy("Insurance card number"),
    "phone": gettext_lazy("Phone"),
    "address": gettext_lazy("Address"),
    "allergies": gettext_lazy("Allergies, a whole list: “Penicillin; Tôm”"),
}
_STAY: dict[str, str | Promise] = {
    "number": gettext_lazy("Visit number"),
    "kind": gettext_lazy("Inpatient, outpatient or emergency"),
    "began": gettext_lazy("Admitted at"),
    "department": gettext_lazy("Department"),
    "bed": gettext_lazy("Bed"),
    "moved": gettext_lazy("There since"),
    "doctor": gettext_lazy("Attending doctor"),
    "diagnosis_code": gettext_lazy("Diagnosis code"),
    "diagnosis": gettext_lazy("Diagnosis"),
    "ended": gettext_lazy("Discharged at"),
    "disposition": gettext_lazy("Discharge disposition"),
    "cancelled": gettext_lazy("Cancelled (1, or empty)"),
}
_ORDER: dict[str, str | Promise] = {
    "number": gettext_lazy("Order number"),
    "mrn": gettext_lazy("Patient number"),
    "visit": gettext_lazy("Visit number"),
    "kind": gettext_lazy("Medicine, laboratory, imaging or procedure"),
    "status": gettext_lazy("Status: active, held, cancelled or done"),
    "code": gettext_lazy("Code"),
    "name": gettext_lazy("Name of what is ordered"),
    "amount": gettext_lazy("Amount at one time"),
    "unit": gettext_lazy("Unit"),
    "frequency": gettext_lazy("How often a day"),
    "route": gettext_lazy("Route"),
    "starts": gettext_lazy("From"),
    "days": gettext_lazy("Days"),
    "priority": gettext_lazy("Priority"),
    "question": gettext_lazy("Clinical question"),
    "specimen": gettext_lazy("Specimen"),
    "instructions": gettext_lazy("Instructions"),
    "prescriber": gettext_lazy("Prescriber's code"),
    "prescriber_name": gettext_lazy("Prescriber's name"),
    "reason": gettext_lazy("Reason"),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of row: the names that it may have, those that it must, those that say nothing of the person."""

    columns: Mapping[str, str | Promise]
    needed: frozenset[str]
    shown: frozenset[str]


SHAPES = {
    "patient": Shape(_PERSON, frozenset({"mrn", "full_name"}), frozenset()),
    "stay": Shape(
        {**_STAY, **_PERSON},
        frozenset({"number", "mrn", "began", "department"}),
        frozenset(_STAY) - {"diagnosis_code", "diagnosis"},
    ),
    "order": Shape(
        _ORDER,
        frozenset({"number", "mrn", "visit", "kind"}),
        frozenset({"number", "visit", "kind", "status", "starts"}),
    ),
}

# What a database writes for one value; bytes where it isn't text.
Cell = str | bytes | None


def canonical(kind: str, key: str, changed: str | None, values: Mapping[str, Cell]) -> bytes:
    """The row as it is kept and compared. What isn't text stands as its bytes in hexadecimal, and is refused later."""
    row = {
        name: {"bytes": value.hex()} if isinstance(value, bytes) else value for name, value in values.items()
    }
    content = {"kind": kind, "key": key, "changed": changed, "row": row}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class RowContent:
    """A kept row: `values` under our names; a value that is a dict wasn't text."""

    kind: str
    key: str
    changed: str | None
    values: Mapping[str, Any]


def read_row(raw: bytes) -> RowContent:
    """A kept row. Raises ValueError for what is none."""
    try:
        said = json.loads(raw)
        found = RowContent(said["kind"], said["key"], said["changed"], dict(said["row"]))
    except (TypeError, KeyError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError("no row") from error
    if found.kind not in SHAPES or not set(found.values) <= set(SHAPES[found.kind].columns):
        raise ValueError("no row of a known kind")
    return found


def number_of_patient(values: Mapping[str, Any]) -> str:
    """The patient's number for search and order, without what no number has in it."""
    said = values.get("mrn")
    return "".join(sign for sign in said if sign.isprintable())[:200] if isinstance(said, str) else ""


class RowReader:
    """Rows for the pages of `transport`: a line a column, what is said of the person replaced by its name, ‹full_name›."""

    def show(self, raw: bytes, charset: str) -> Shown:
        """The row column by column, patient data hidden."""
        try:
            row = read_row(raw)
        except ValueError:
            size = _("%(count)s bytes that can't be shown without patient data.") % {"count": len(raw)}
            return Shown(size, [], problem=_("It isn't a row that can be read."))
        shape = SHAPES[row.kind]
        lines, fields = [], []
        for name, label in shape.columns.items():
            if name not in row.values:
                continue
            value = row.values[name]
            is_open = value in (None, "") or name in shape.shown
            lines.append(f"{name} = {json.dumps(value if is_open else f'‹{name}›', ensure_ascii=False)}")
            fields.append(Row(name, str(label), ("" if value is None else str(value)) if is_open else HIDDEN))
        return Shown("\n".join(lines), fields, charset="UTF-8")

    def restore(self, text: str, raw: bytes, charset: str) -> tuple[bytes, str]:
        """The edited lines as a row again, the originals behind the marks; key and time stay the row's own."""
        try:
            row = read_row(raw)
        except ValueError as error:
            raise DomainError(_("It isn't a row that can be read."), field="text") from error
        values: dict[str, str | None] = {}
        for line in filter(None, (line.strip() for line in text.splitlines())):
            found = _LINE.fullmatch(line)
            if found is None or found[1] not in SHAPES[row.kind].columns:
                raise DomainError(
                    _("This line isn't a column with its value: %(line)s") % {"line": line[:60]}, field="text"
                )
            values[found[1]] = _value(found[1], found[2], row)
        return canonical(row.kind, row.key, row.changed, values), number_of_patient(values)

    def order_numbers(self, raw: bytes) -> list[str]:
        """The number of the order that the row is, if it is one."""
        try:
            row = read_row(raw)
        except ValueError:
            return []
        number = row.values.get("number") if row.kind == "order" else None
        return [number.strip()[:80]] if isinstance(number, str) and number.strip() else []


def _value(name: str, written: str, row: RowContent) -> str | None:
    try:
        value = json.loads(written)
    except json.JSONDecodeError as error:
        raise DomainError(
            _("The value of %(name)s must be null, or text in quotation marks.") % {"name": name},
            field="text",
        ) from error
    if value is None or (isinstance(value, str) and not _MARK.search(value)):
        return value
    if isinstance(value, str) and (mark := _MARK.fullmatch(value)) and mark[1] == name:
        original = row.values.get(name)
        return original if isinstance(original, str) else None
    raise DomainError(
        _("The value of %(name)s must be null, or text in quotation marks.") % {"name": name}, field="text"
    )
