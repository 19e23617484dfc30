"""A message on the page of somebody who may see no patient data: hidden field by field, editable all the same.

What is hidden is replaced by a mark that names its place, ‹PID-5.1·3› (field, component, line). An edited text gets the
original behind every mark that is left in it, so a person can correct a message without reading the name in it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emr.common.errors import DomainError
from integrations.hl7v2.charset import decode
from integrations.hl7v2.errors import Hl7Error
from integrations.hl7v2.header import order_numbers, read_header
from integrations.hl7v2.parsing import split_lines
from integrations.hl7v2.values import Separators, unescape
from integrations.transport.readers import Row, Shown
from integrations.transport.reasons import reason_text

HIDDEN = "•••"
_MARK = re.compile(r"‹[^‹›]{3,24}·\d+›")
# Who sends what, when, for which ward: needed to find faults, says nothing of the person.
_OPEN_SEGMENTS = {"MSH", "EVN", "SFT", "PV1"}
# Who gave a number and of what kind; the number itself is hidden.
_OPEN_COMPONENTS = {("PID", 3): {4, 5, 6}, ("MRG", 1): {4, 5, 6}, ("PID", 2): {4, 5, 6}}

# What was measured, and what was said about it: the desk corrects identifiers and codes, never these.
_RESULTS = {"OBX": (2, 5, 6, 7, 8, 11, 14), "NTE": (3,)}

LABELS: dict[str, str | Promise] = {
    "MSH-3": gettext_lazy("Sending application"),
    "MSH-4": gettext_lazy("Sending facility"),
    "MSH-5": gettext_lazy("Receiving application"),
    "MSH-6": gettext_lazy("Receiving facility"),
    "MSH-7": gettext_lazy("Time of the message"),
    "MSH-9": gettext_lazy("Message type"),
    "MSH-10": gettext_lazy("Control id"),
    "MSH-11": gettext_lazy("Processing id"),
    "MSH-12": gettext_lazy("Version"),
    "MSH-15": gettext_lazy("Accept acknowledgement"),
    "MSH-16": gettext_lazy("Application acknowledgement"),
    "MSH-18": gettext_lazy("Character set"),
    "EVN-1": gettext_lazy("Event"),
    "EVN-2": gettext_lazy("Recorded at"),
    "EVN-5": gettext_lazy("Operator"),
    "EVN-6": gettext_lazy("Happened at"),
    "PID-3": gettext_lazy("Patient numbers"),
    "PID-5": gettext_lazy("Name"),
    "PID-7": gettext_lazy("Birth"),
    "PID-8": gettext_lazy("Sex"),
    "PID-11": gettext_lazy("Address"),
    "PID-13": gettext_lazy("Phone"),
    "PID-14": gettext_lazy("Other phone"),
    "PID-18": gettext_lazy("Account number"),
    "PID-22": gettext_lazy("Ethnic group"),
    "PID-26": gettext_lazy("Citizenship"),
    "PID-29": gettext_lazy("Time of death"),
    "PID-30": gettext_lazy("Has died"),
    "PID-31": gettext_lazy("Identity unknown"),
    "PID-33": gettext_lazy("Last update"),
    "NK1-2": gettext_lazy("Next of kin"),
    "NK1-3": gettext_lazy("Relationship"),
    "NK1-5": gettext_lazy("Phone"),
    "PV1-2": gettext_lazy("Patient class"),
    "PV1-3": gettext_lazy("Department, room, bed"),
    "PV1-6": gettext_lazy("Former place"),
    "PV1-7": gettext_lazy("Attending doctor"),
    "PV1-19": gettext_lazy("Visit number"),
    "PV1-36": gettext_lazy("Discharge disposition"),
    "PV1-37": gettext_lazy("Discharged to"),
    "PV1-44": gettext_lazy("Admitted at"),
    "PV1-45": gettext_lazy("Discharged at"),
    "PV1-50": gettext_lazy("Other visit number"),
    "DG1-3": gettext_lazy("Diagnosis"),
    "DG1-6": gettext_lazy("Kind of diagnosis"),
    "AL1-3": gettext_lazy("Allergen"),
    "IN1-36": gettext_lazy("Insurance card number"),
    "MRG-1": gettext_lazy("Number that is merged"),
}


@dataclass(frozen=True, slots=True)
class _Text:
    lines: list[str]
    separators: Separators
    charset: str


def _open(raw: bytes, charset: str) -> _Text:
    text, used = decode(raw, override=charset)
    lines = split_lines(text.lstrip("\ufeff \t\r\n\x0b"))
    if not lines:
        raise Hl7Error("header", "The message is empty.")
    return _Text(lines, Separators.read(lines[0]), used)


def _mark(segment: str, number: int, component: int | None, line: int, *, repetition: int) -> str:
    part = f".{component}" if component else ""
    again = f"({repetition})" if repetition > 1 else ""
    return f"‹{segment}-{number}{again}{part}·{line}›"


def _hide_field(
    content: str, segment: str, number: int, line: int, used: Separators
) -> Iterator[tuple[str, str]]:
    """(what is shown, the original) of each piece of the field, separators included as pieces that are the same."""
    shown = _OPEN_COMPONENTS.get((segment, number), set())
    repetitions = content.split(used.repetition)
    for again, repetition in enumerate(repetitions, 1):
        if again > 1:
            yield used.repetition, used.repetition
        components = repetition.split(used.component)
        for position, component in enumerate(components, 1):
            if position > 1:
                yield used.component, used.component
            if component in {"", '""'} or position in shown:
                yield component, component
            else:
                whole = None if len(components) == 1 else position
                yield _mark(segment, number, whole, line, repetition=again), component


def _pieces(text: _Text) -> Iterator[list[tuple[str, str]]]:
    """Each line as (shown, original) pieces."""
    used = text.separators
    for line_number, line in enumerate(text.lines, 1):
        fields = line.split(used.field)
        name = fields[0]
        if name in _OPEN_SEGMENTS:
            yield [(line, line)]
            continue
        if len(name) != 3 or len(fields) == 1:  # no segment: whatever it is, it may be a name
            yield [(_mark("???", 0, None, line_number, repetition=1), line)] if line.strip() else []
            continue
        pieces = [(name, name)]
        for number, content in enumerate(fields[1:], 1):
            pieces.append((used.field, used.field))
            is_set_id = number == 1 and content.isdigit() and len(content) < 4
            pieces += (
                [(content, content)] if is_set_id else _hide_field(content, name, number, line_number, used)
            )
        yield pieces


class Hl7Reader:
    """HL7 v2 for the pages of `transport`."""

    def order_numbers(self, raw: bytes) -> list[str]:
        """ORC-2 and -3, OBR-2 and -3 of each order."""
        return order_numbers(raw)

    def show(self, raw: bytes, charset: str) -> Shown:
        """The message line by line and field by field, patient data hidden."""
        try:
            text = _open(raw, charset)
        except Hl7Error as error:
            size = _("%(count)s bytes that can't be shown without patient data.") % {"count": len(raw)}
            return Shown(size, [], problem=reason_text(error.code, {}))
        hidden = "\n".join("".join(shown for shown, _original in line) for line in _pieces(text))
        return Shown(hidden, list(_rows(text)), charset=text.charset)

    def restore(self, text: str, raw: bytes, charset: str) -> tuple[bytes, str]:
        """The edited text with the originals behind its marks, in UTF-8 or the channel's own character set."""
        try:
            originals = {s: o for line in _pieces(_open(raw, charset)) for s, o in line if s != o}
        except Hl7Error:
            originals = {}

        def original(found: re.Match[str]) -> str:
            if found[0] not in originals:
                raise DomainError(
                    _("The mark %(mark)s isn't in the message.") % {"mark": found[0]}, field="text"
                )
            return originals[found[0]]

        lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
        whole = _MARK.sub(original, "".join(f"{line}\r" for line in lines))
        _demand_same_results(raw, charset, whole)
        try:
            encoded = whole.encode(charset if charset not in {"", "tcvn3", "vni"} else "utf-8")
            return encoded, read_header(encoded).patient_number
        except (Hl7Error, UnicodeEncodeError) as error:
            raise DomainError(
                _("The text isn't a message: its first line must be a readable MSH."), field="text"
            ) from error


def _demand_same_results(raw: bytes, charset: str, edited: str) -> None:
    try:
        before = _open(raw, charset)
    except Hl7Error:
        before = _Text([], Separators(), charset)
    after = split_lines(edited)
    values = _results_of(before.lines, before.separators)
    if values != _results_of(after, before.separators) or (values and after[0][:8] != before.lines[0][:8]):
        raise DomainError(
            _(
                "A result's value, unit, range, flag, status or remark can't be changed here: the sender corrects it."
            ),
            code="result",
            field="text",
        )


def _results_of(lines: list[str], used: Separators) -> list[tuple[str, ...]]:
    """Every result and remark in its order, as written, without its code."""
    found = []
    for line in lines:
        name, *fields = line.strip().split(used.field)
        wanted = _RESULTS.get(name.strip().upper(), ())
        if wanted:
            found.append((name, *(fields[n - 1] if n <= len(fields) else "" for n in wanted)))
    return found


def _rows(text: _Text) -> Iterator[Row]:
    used = text.separators
    for line in text.lines:
        fields = line.split(used.field)
        name = fields[0]
        if len(name) != 3:
            continue
        shift = 2 if name == "MSH" else 1  # MSH-1 is the separator itself
        for number, content in enumerate(fields[1:], shift):
            if not content or (name, number) in {("MSH", 2)}:
                continue
            place = f"{name}-{number}"
            is_open = name in _OPEN_SEGMENTS or content == '""'
            value = _readable(content, used) if is_open else HIDDEN
            yield Row(place, str(LABELS.get(place, "")), value)


def _readable(content: str, used: Separators) -> str:
    repetitions = content.split(used.repetition)
    return "; ".join(
        " · ".join(part for part in (unescape(c, used) for c in repetition.split(used.component)) if part)
        for repetition in repetitions
    )
