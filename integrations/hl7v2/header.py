"""The few fields that decide whether a message is ours, read from its bytes without parsing the rest.

The listener does this for every message before it is stored, so it splits two lines by hand (some 30 µs) where a
full parse takes 1.3 ms; the whole message is parsed when it is applied.
"""

import re
from dataclasses import dataclass

from integrations.hl7v2.errors import Hl7Error
from integrations.hl7v2.values import Separators, unescape

_LINES = re.compile(rb"[\r\n]+")
_OWN_NUMBER_TYPES = {"MR", "PI", "PT", "MRN"}
# Some systems write these words where they have no number: taken for one, they would make all such patients one person.
NO_NUMBER = {"", "null", "(null)"}


@dataclass(frozen=True, slots=True)
class Header:
    """MSH as the receiver needs it; the fields are decoded, `raw_control_id` is as it stood."""

    separators: Separators
    sending_application: str = ""
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    date_time: str = ""
    message_code: str = ""
    trigger_event: str = ""
    control_id: str = ""
    raw_control_id: str = ""
    processing_id: str = ""
    version: str = ""
    accept_acknowledgement: str = ""
    application_acknowledgement: str = ""
    patient_number: str = ""

    @property
    def message_type(self) -> str:
        """ADT^A01, or ORU where the sender names no event."""
        return f"{self.message_code}^{self.trigger_event}" if self.trigger_event else self.message_code

    @property
    def is_enhanced(self) -> bool:
        """MSH-15 or MSH-16 is valued: commit and application acknowledgement are two things."""
        return bool(self.accept_acknowledgement or self.application_acknowledgement)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def read_header(raw: bytes) -> Header:
    """The header of a message. Raises Hl7Error("header") where MSH can't be read."""
    lines = [
        line
        for line in _LINES.split(raw.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x0b"), maxsplit=40)
        if line
    ]
    msh = _text(lines[0]) if lines else ""
    separators = Separators.read(msh)
    fields = msh.split(separators.field)

    def field(number: int) -> str:
        return fields[number - 1] if number <= len(fields) else ""

    def first(number: int) -> str:
        # HD: the namespace is enough to name a partner.
        return unescape(field(number).split(separators.component)[0], separators).strip()

    kind = [unescape(part, separators).strip().upper() for part in field(9).split(separators.component)]
    return Header(
        separators=separators,
        sending_application=first(3),
        sending_facility=first(4),
        receiving_application=first(5),
        receiving_facility=first(6),
        date_time=first(7),
        message_code=kind[0],
        trigger_event=kind[1] if len(kind) > 1 else "",
        control_id=unescape(field(10), separators).strip(),
        raw_control_id=field(10),
        processing_id=first(11).upper(),
        version=first(12),
        accept_acknowledgement=first(15).upper(),
        application_acknowledgement=first(16).upper(),
        patient_number=_patient_number(lines[1:], separators),
    )


def _patient_number(lines: list[bytes], separators: Separators) -> str:
    """PID-3's own number (else its first), which one patient's messages have in common; "" without a PID."""
    for line in lines:
        if line[:3] != b"PID":
            continue
        fields = _text(line).split(separators.field)
        listed = fields[3] if len(fields) > 3 else ""
        numbers = [number.split(separators.component) for number in listed.split(separators.repetition)]
        numbers = [number for number in numbers if number[0].strip().casefold() not in NO_NUMBER] or [[""]]
        own = [n for n in numbers if len(n) > 4 and n[4].strip().upper() in _OWN_NUMBER_TYPES]
        return unescape((own or numbers)[0][0], separators).strip()[:200]
    return ""


__all__ = ["Header", "Hl7Error", "read_header"]
