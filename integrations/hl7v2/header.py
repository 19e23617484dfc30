"""The few fields that decide whether a message is ours, read from its bytes without parsing the rest.

The listener does this for every message before it is stored, so it splits two lines by hand (some 30 µs) where a
full parse takes 1.3 ms; the whole message is parsed when it is applied.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

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
    fields += [""] * (16 - len(fields))
    who = _known(separators, fields[8], *fields[2:6], fields[10], fields[11], fields[14], fields[15])
    return Header(
        separators=separators,
        sending_application=who[0],
        sending_facility=who[1],
        receiving_application=who[2],
        receiving_facility=who[3],
        date_time=_first(fields[6], separators),
        message_code=who[4],
        trigger_event=who[5],
        control_id=unescape(fields[9], separators).strip(),
        raw_control_id=fields[9],
        processing_id=who[6],
        version=who[7],
        accept_acknowledgement=who[8],
        application_acknowledgement=who[9],
        patient_number=_patient_number(lines[1:], separators),
    )


_Known = tuple[str, str, str, str, str, str, str, str, str, str]


@lru_cache(maxsize=256)  # a neighbour's are the same in each of its messages
def _known(separators: Separators, kind: str, *names: str) -> _Known:
    """Decoded: MSH-3 to 6, the two parts of MSH-9, MSH-11, 12, 15, 16 (the last two and MSH-11 in capitals)."""
    parts = [unescape(part, separators).strip().upper() for part in kind.split(separators.component)]
    a, b, c, d, processing, version, accept, application = (_first(name, separators) for name in names)
    return (
        a, b, c, d, parts[0], parts[1] if len(parts) > 1 else "",
        processing.upper(), version, accept.upper(), application.upper(),
    )  # fmt: skip


def _first(field: str, separators: Separators) -> str:
    """A field's first component: of an HD the namespace, enough to name a partner."""
    return unescape(field.split(separators.component, maxsplit=1)[0], separators).strip()


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


# ORC-2 and -3, OBR-2 and -3: what who ordered calls it, and who does it.
_OF_AN_ORDER = (b"ORC", b"OBR")
MOST_ORDERS = 200
LONGEST_NUMBER = 80


def order_numbers(raw: bytes) -> list[str]:
    """The numbers of the orders that a message speaks of, each once, at most 200; none where MSH can't be read."""
    try:
        separators = read_header(raw).separators
    except Hl7Error:
        return []
    found: dict[str, None] = {}
    for line in _LINES.split(raw):
        if line[:3] in _OF_AN_ORDER:
            fields = _text(line[:2000]).split(separators.field)
            found |= dict.fromkeys(_first(field, separators)[:LONGEST_NUMBER] for field in fields[2:4])
    return [number for number in found if number][:MOST_ORDERS]


__all__ = ["Header", "Hl7Error", "order_numbers", "read_header"]
