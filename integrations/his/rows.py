"""A row of the HIS's view as the messages that would say the same: so rows and messages follow one set of rules.

No text of a row can break out of its field (`build_segment` escapes); what can't be read is named by its column.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from emr.common.vietnamese import fold
from integrations.hl7v2.building import FieldContent, build_message, build_segment
from integrations.hl7v2.outcomes import CannotApply
from integrations.hl7v2.parsing import Hl7Message, parse
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.models import Message
from integrations.transport.rows import SHAPES, RowContent, read_row

_SEXES = {
    "1": "M",
    "nam": "M",
    "m": "M",
    "male": "M",
    "2": "F",
    "nu": "F",
    "f": "F",
    "female": "F",
    "3": "U",
    "": None,
}
_CLASSES = {
    "": "I", "noi tru": "I", "i": "I", "imp": "I", "03": "I", "ngoai tru": "O", "kham benh": "O", "o": "O", "amb": "O",
    "01": "O", "02": "O", "cap cuu": "E", "e": "E", "emer": "E",
}  # fmt: skip
_NO = {"", "0", "f", "false", "n", "no", "khong"}
MEDICINE = "medicine"
_ORDER_KINDS = {
    "medicine": MEDICINE, "thuoc": MEDICINE, "laboratory": "LAB", "xet nghiem": "LAB", "xn": "LAB", "imaging": "RAD",
    "cdha": "RAD", "chan doan hinh anh": "RAD", "procedure": "PRC", "thu thuat": "PRC", "phau thuat": "PRC",
}  # fmt: skip
_STATUSES = {
    "": "active", "active": "active", "held": "held", "cancelled": "cancelled", "done": "done", "thuc hien": "active",
    "tam ngung": "held", "huy": "cancelled", "hoan thanh": "done",
}  # fmt: skip
_PRIORITIES = {
    "": "",
    "r": "R",
    "routine": "R",
    "s": "S",
    "stat": "S",
    "cap cuu": "S",
    "a": "A",
    "urgent": "A",
    "khan": "A",
}
_NEXT = re.compile(r"[;\r\n]+")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T](.+))?$")


class HisRow:
    """One kept row, its values as text; asking for one that can't be read raises CannotApply("row_value")."""

    def __init__(self, message: Message) -> None:
        try:
            self.content: RowContent = read_row(bytes(message.raw))
        except ValueError as error:
            raise CannotApply("row_unreadable") from error
        self.message = message
        for name in sorted(SHAPES[self.content.kind].needed):
            if not self.text(name):
                raise CannotApply("row_empty", column=name)

    @property
    def kind(self) -> str:
        """patient, stay or order."""
        return self.content.kind

    def text(self, name: str) -> str:
        """The column's text without blanks around it; "" where it is empty or not read at all."""
        value: Any = self.content.values.get(name)
        if isinstance(value, dict):
            raise CannotApply("row_value", column=name)
        said = "" if value is None else str(value).strip()
        return "" if said == '""' else said  # which would delete, as a message says it

    def has(self, name: str) -> bool:
        """Whether the view has this column at all."""
        return name in self.content.values

    def one_of(self, name: str, known: Mapping[str, Any]) -> Any:
        """What the column's word means."""
        said = fold(self.text(name))
        if said not in known:
            raise CannotApply("row_value", column=name)
        return known[said]

    def is_set(self, name: str) -> bool:
        """Whether the column says yes."""
        return fold(self.text(name)) not in _NO

    def instant(self, name: str) -> dt.datetime | None:
        """The column's time; without a zone it is the hospital's."""
        return self._instant(self.text(name), name)

    @property
    def changed_at(self) -> dt.datetime | None:
        """When the row was last written, where the view says so."""
        return self._instant(self.content.changed or "", "changed")

    def _instant(self, said: str, name: str) -> dt.datetime | None:
        if not said or said.startswith("0000-00-00"):
            return None
        try:
            if found := _DAY_FIRST.match(said):
                said = f"{found[3]}-{found[2]:0>2}-{found[1]:0>2} {found[4] or '00:00'}"
            elif said.isdigit() and len(said) in {12, 14}:
                said = f"{said[:4]}-{said[4:6]}-{said[6:8]} {said[8:10]}:{said[10:12]}:{said[12:] or '00'}"
            at = dt.datetime.fromisoformat(said)
        except ValueError as error:
            raise CannotApply("row_value", column=name) from error
        return at if timezone.is_aware(at) else timezone.make_aware(at)

    def birth(self) -> str | None:
        """PID-7 of "1980-05-17", "17/05/1980", "198005170000", "05/1980" or "1980"."""
        said = self.text("birth").split(" ")[0].split("T")[0]
        if not said:
            return None
        if found := _DAY_FIRST.match(said):
            digits = f"{found[3]}{found[2]:0>2}{found[1]:0>2}"
        elif found := re.fullmatch(r"(\d{1,2})[/.-](\d{4})", said):
            digits = f"{found[2]}{found[1]:0>2}"
        else:
            digits = re.sub(r"^(\d{4})-(\d\d)(?:-(\d\d))?$", lambda m: f"{m[1]}{m[2]}{m[3] or ''}", said)[:8]
        if not re.fullmatch(r"\d{4}(\d\d){0,2}", digits):
            raise CannotApply("row_value", column="birth")
        return digits


def happened_at(message: Message) -> dt.datetime:
    """When the row says that it was written, else when it was read. Raises CannotApply."""
    return HisRow(message).changed_at or message.received_at


def adt_of(row: HisRow, event: str, *, at: dt.datetime | None) -> Hl7Message:
    """The row as one event (A31, A01, A02 …) that happened `at`; None: when the row was read."""
    when = write_timestamp(at) if at is not None else None
    segments = [build_segment("EVN", event, when, None, None, None, when), _person(row)]
    if row.kind == "stay":
        segments.append(_visit(row))
        if row.text("diagnosis_code") or row.text("diagnosis"):
            diagnosis = [row.text("diagnosis_code") or None, row.text("diagnosis") or None, "I10"]
            segments.append(build_segment("DG1", "1", None, diagnosis, None, None, "W", *[None] * 8, "1"))
    segments += _allergies(row)
    if card := row.text("insurance"):
        segments.append(build_segment("IN1", "1", "BHYT", *[None] * 33, card))
    return _parsed(row, ["ADT", event], segments)


def _parsed(row: HisRow, kind: list[str | None], segments: list[str]) -> Hl7Message:
    channel = row.message.channel
    at = row.changed_at
    header: list[FieldContent] = [
        channel.sending_application, channel.sending_facility, "EMR", None, write_timestamp(at) if at else None, None,
        kind, row.message.control_id[:20], "P", "2.5.1", None, None, None, None, None, "UNICODE UTF-8",
    ]  # fmt: skip
    return parse(build_message(header, *segments))


def _person(row: HisRow) -> str:
    numbers: list[list[str | None]] = [[row.text("mrn"), None, None, None, "MR"]]
    if citizen := row.text("citizen"):
        numbers.append([citizen, None, None, None, "NI"])
    return build_segment(
        "PID", "1", None, numbers, None, [row.text("full_name") or None], None, row.birth(), row.one_of("sex", _SEXES),
        None, None, [row.text("address") or None], None, row.text("phone") or None, *[None] * 19,
        write_timestamp(row.changed_at) if row.changed_at else None,
    )  # fmt: skip


def _allergies(row: HisRow) -> list[str]:
    """AL1 of "Penicillin: phản vệ; Tôm": the whole list. An empty column says nothing; "Không" says that none is known."""
    listed = [part.strip() for part in _NEXT.split(row.text("allergies")) if part.strip()]
    found = []
    for number, part in enumerate(listed, start=1):
        substance, _colon, reaction = part.partition(":")
        found.append(
            build_segment("AL1", str(number), None, [None, substance.strip()], None, reaction.strip() or None)
        )
    return found


def _visit(row: HisRow) -> str:
    began, ended = row.instant("began"), row.instant("ended")
    return build_segment(
        "PV1", "1", row.one_of("kind", _CLASSES), [row.text("department"), None, row.text("bed") or None], *[None] * 3,
        [row.text("doctor") or None], *[None] * 11, [row.text("number")], *[None] * 16, row.text("disposition") or None,
        *[None] * 7, write_timestamp(began) if began else None, write_timestamp(ended) if ended else None,
    )  # fmt: skip


def is_inpatient(row: HisRow) -> bool:
    """Whether the row tells of a stay, not of a visit."""
    return bool(row.one_of("kind", _CLASSES) == "I")


def status_of(row: HisRow) -> str:
    """active, held, cancelled or done."""
    return str(row.one_of("status", _STATUSES))


def order_of(row: HisRow, controls: list[tuple[str, str | None]]) -> Hl7Message:
    """An order's row as one message: an ORC with its detail for each (ORC-1, ORC-5)."""
    kind = row.one_of("kind", _ORDER_KINDS)
    at = row.changed_at
    segments = [
        build_segment("PID", "1", None, [row.text("mrn"), None, None, None, "MR"]),
        build_segment("PV1", "1", None, *[None] * 16, [row.text("visit")]),
    ]
    for control, status in controls:
        prescriber = [row.text("prescriber") or None, row.text("prescriber_name") or None]
        segments.append(
            build_segment(
                "ORC", control, row.text("number"), None, None, status, None, None, None,
                write_timestamp(at) if at else None, None, None, prescriber, None, None, None,
                [None, row.text("reason") or None],
            )
        )  # fmt: skip
        segments += _detail(row, kind)
    return _parsed(row, ["RDE", "O11"] if kind == MEDICINE else ["OML", "O21"], segments)


def _detail(row: HisRow, kind: str) -> list[str]:
    starts = row.instant("starts")
    what = [row.text("code") or None, row.text("name") or None]
    timing = build_segment(
        "TQ1", "1", None, row.text("frequency") or None, None, None, [row.text("days") or None, "d"],
        write_timestamp(starts) if starts else None, None, row.one_of("priority", _PRIORITIES) or None,
    )  # fmt: skip
    if kind == MEDICINE:
        return [
            timing,
            build_segment(
                "RXE", None, what, row.text("amount") or None, None, [row.text("unit") or None], None,
                [None, row.text("instructions") or None],
            ),
            build_segment("RXR", [row.text("route") or None]),
        ]  # fmt: skip
    found = [
        timing,
        build_segment(
            "OBR",
            "1",
            row.text("number"),
            None,
            what,
            *[None] * 8,
            row.text("question") or None,
            *[None] * 10,
            kind,
        ),
    ]
    if specimen := row.text("specimen"):
        found.append(build_segment("SPM", "1", None, None, specimen))
    if instructions := row.text("instructions"):
        found.append(build_segment("NTE", "1", None, instructions))
    return found
