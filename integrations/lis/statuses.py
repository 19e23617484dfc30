"""What a laboratory or imaging system says of an order of ours (ORM^O01, OML^O21, ORR^O02, ORL^O22): one line an ORC.

The codes are HL7 tables 0119 (ORC-1), 0038 (ORC-5) and 0490 (SPM-21).
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from encounters.specimens.models import RequestEvent, Specimen
from integrations.hl7v2.order_segments import Obr, Orc, Spm, note
from integrations.hl7v2.outcomes import CannotApply
from integrations.hl7v2.parsing import Field, Hl7Message, Segment, parse
from integrations.hl7v2.segments import Msh, Pid
from integrations.hl7v2.timestamps import read_timestamp
from integrations.lis.reading import Group
from integrations.transport.models import Message

Kind = RequestEvent.Kind
# ORC-1 of who performs; what asks (NW, CA, HD, RL, XO, RP) is no word about an order of ours.
_BY_CONTROL = {
    "OK": Kind.ACCEPTED,
    "CH": Kind.ACCEPTED,  # an order that follows from one of ours (ORC-8)
    "NA": Kind.ACCEPTED,
    "OC": Kind.CANCELLED,
    "OD": Kind.CANCELLED,
    "UA": Kind.REFUSED,
    "OH": Kind.HELD,
    "OE": Kind.STARTED,
    "OR": Kind.STARTED,
}
_BY_STATUS = {
    "SC": Kind.SCHEDULED,
    "IP": Kind.STARTED,
    "A": Kind.STARTED,
    "CM": Kind.DONE,
    "CA": Kind.CANCELLED,
    "DC": Kind.CANCELLED,
    "HD": Kind.HELD,
    "ER": Kind.REFUSED,
}
# Answers to our own wish to cancel, hold or release, and changes of numbers: nothing new about the order.
_NOTHING = {"CR", "DR", "HR", "UC", "UD", "UH", "UR", "UM", "UX", "XR", "PA", "SN", "NW"}
STATUS_CONTROLS = {*_BY_CONTROL, "SC", "SR", "RE", *(_NOTHING - {"NW", "SN"})}
REASONS = {
    "RH": "RH",
    "RC": "RC",
    "QS": "QS",
    "RI": "RI",
    "RM": "RI",
    "RA": "RI",
    "RE": "RI",
    "RS": "RI",
    "EX": "EX",
    "RB": "RB",
    "RN": "RN",
}


@dataclass(slots=True)
class Line:
    """One ORC with what belongs to it."""

    orc: Orc
    raw: Segment
    obr: Obr | None = None
    specimens: list[Spm] = field(default_factory=list)
    spm: list[Segment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def numbers(self) -> list[str]:
        """Our number, wherever the sender put it."""
        obr = self.obr.placer_order_number if self.obr is not None else ""
        return [number for number in (self.orc.placer_order_number, obr) if number]

    @property
    def group(self) -> Group:
        """The line as results know it, for a test that the sender added itself."""
        obr = self.obr if self.obr is not None else Obr.read(Segment("OBR", ()))
        return Group(self.orc, obr, notes=self.notes)

    @property
    def rejected(self) -> Segment | None:
        """The SPM that says why the specimen is of no use."""
        return next((spm for spm in self.spm if spm[21].text() or spm[21].text(2)), None)

    @property
    def kind(self) -> str:
        """RequestEvent.Kind, or "" where nothing new is said."""
        if self.rejected is not None:
            return Kind.REJECTED
        control, status = self.orc.order_control, self.orc.order_status
        if control in _NOTHING:
            return ""
        if control in _BY_CONTROL:
            return _BY_CONTROL[control]
        return _BY_STATUS.get(status, "")

    @property
    def reason(self) -> str:
        """ORC-16, what SPM-21 says in words, and the notes."""
        said = [_words(self.raw[16])]
        if self.rejected is not None:
            said.append(_words(self.rejected[21]))
        return " · ".join(dict.fromkeys(part for part in [*said, *self.notes] if part))

    @property
    def reason_code(self) -> str:
        """Specimen.Reason of SPM-21."""
        code = self.rejected[21].text().upper() if self.rejected is not None else ""
        return REASONS.get(code, Specimen.Reason.OTHER)

    @property
    def label(self) -> str:
        """The tube that is spoken of, by the number we gave it (SPM-2.1)."""
        found = self.rejected if self.rejected is not None else next(iter(self.spm), None)
        return found[2].text(1) if found is not None else ""

    def key(self, source: str) -> str:
        """What tells this word apart from the next one about the same order; the same when it is sent again."""
        lines = "\n".join([repr(self.raw), *map(repr, self.spm), *self.notes])
        return f"hl7:{source}:{hashlib.sha256(lines.encode()).hexdigest()[:24]}"


def _words(coded: Field) -> str:
    return coded.text(2) or coded.text(5) or coded.text(1)


@dataclass(slots=True)
class Statuses:
    """One message, read."""

    message: Message
    msh: Msh
    pid: Pid | None
    lines: list[Line]

    @property
    def happened_at(self) -> datetime:
        """When it was said: ORC-9 of its first line, else MSH-7, else when it came."""
        return self.said_at(self.lines[0])

    def said_at(self, line: Line) -> datetime:
        """ORC-9, else MSH-7, else when the message came."""
        stated = read_timestamp(line.raw[9].text())
        if stated is not None:
            return stated.at
        sent = self.msh.date_time_of_message
        return sent.at if sent is not None else self.message.received_at


def is_status(message: Message) -> bool:
    """Whether every ORC of the message speaks of an order that it performs, none asks for one.

    What a HIS says is the HIS's room's: it answers orders of every kind, medicines among them.
    """
    if message.channel.is_his:
        return False
    controls = [orc[1].text().upper() for orc in _parsed(message).all("ORC")]
    return bool(controls) and all(control in STATUS_CONTROLS for control in controls)


def _parsed(message: Message) -> Hl7Message:
    return parse(bytes(message.raw), charset=message.channel.charset)


def read_statuses(message: Message) -> Statuses:
    """Parse and look through a message. Raises Hl7Error, or CannotApply for several persons."""
    parsed = _parsed(message)
    people = parsed.all("PID")
    if len(people) > 1:
        raise CannotApply("several_patients", count=len(people))
    lines: list[Line] = []
    for segment in parsed.segments:
        if segment.name == "ORC":
            lines.append(Line(Orc.read(segment), segment))
        elif lines and segment.name == "OBR":
            lines[-1].obr = Obr.read(segment)
        elif lines and segment.name == "SPM":
            lines[-1].specimens.append(Spm.read(segment))
            lines[-1].spm.append(segment)
        elif lines and segment.name == "NTE":
            lines[-1].notes.append(note(segment))
    if not lines:
        raise CannotApply("no_order")
    return Statuses(message, Msh.read(parsed), Pid.read(people[0]) if people else None, lines)
