"""An ORU^R01 of a monitor (IHE PCD-01) as this room works with it: which monitor, whom it names, values with their times.

What says of itself that it isn't a measurement of a patient is left out: OBX-11 X, D, N, W; OBX-8 INV, NAV, CALIB, TEST,
DEMO, QUES (IHE PCD TF-2, appendix B.8).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from integrations.hl7v2.errors import Hl7Error
from integrations.hl7v2.order_segments import Concept
from integrations.hl7v2.outcomes import CannotApply
from integrations.hl7v2.parsing import Field, Segment, parse
from integrations.hl7v2.segments import Msh, Pid
from integrations.hl7v2.timestamps import read_timestamp
from integrations.monitors.models import LONGEST_IDENTIFIER
from integrations.transport.models import Channel, Message

_NUMBER = re.compile(r"-?\d{1,6}(\.\d{1,6})?")
_NO_VALUE = {"X", "D", "N", "W"}
_NO_MEASUREMENT = {"INV", "NAV", "CALIB", "TEST", "DEMO", "QUES", "OFF"}


@dataclass(frozen=True, slots=True)
class Value:
    """One number as sent."""

    concept: Concept
    number: Decimal
    unit: str
    observed_at: datetime


@dataclass(slots=True)
class Told:
    """One message, read."""

    message: Message
    pid: Pid
    # Every name that the message gives its source, the most certain first.
    identifiers: list[str]
    # When the newest value was taken, by the monitor's clock; None where no time can be read.
    sampled_at: datetime | None = None
    values: list[Value] = field(default_factory=list)

    @property
    def channel(self) -> Channel:
        """Where it came from."""
        return self.message.channel


def is_monitors(message: Message) -> bool:
    """Whether the message is this room's: of a neighbour that is said to be monitors."""
    return message.channel.performs == Channel.Performs.MONITORS


def read_monitor(message: Message) -> Told:
    """Parse and look through a message. Raises Hl7Error, or CannotApply for several persons or another event."""
    parsed = parse(bytes(message.raw), charset=message.channel.charset)
    msh = Msh.read(parsed)
    if msh.trigger_event not in {"R01", ""}:  # R40 is an alarm: nobody is called by it here
        raise CannotApply("unsupported", type=message.message_type)
    if (count := len(parsed.all("PID"))) > 1:
        raise CannotApply("several_patients", count=count)
    found = Told(message, Pid.read(parsed.first("PID")), _identifiers(parsed.all("OBX"), parsed.first("PV1")))
    sent_at = msh.date_time_of_message.at if msh.date_time_of_message is not None else None
    group_at, times = sent_at, []
    for segment in parsed.segments:
        if segment.name == "OBR":
            group_at = _time(segment[8]) or _time(segment[7]) or sent_at
        elif segment.name == "OBX":
            own = _time(segment[14])
            times += [at for at in (own, group_at) if at is not None]
            if (at := own or group_at) is not None:
                found.values += _value(segment, at)
    # An intermittent value keeps its own, older time: the clock is judged by the newest.
    found.sampled_at = max(times, default=sent_at)
    return found


def happened_at(message: Message) -> datetime:
    """When it came: nothing of a monitor ever waits for another message."""
    return message.received_at


def _time(field_: Field) -> datetime | None:
    try:
        found = read_timestamp(field_.text())
    except Hl7Error:
        return None
    return found.at if found is not None and found.precision in {"minute", "second"} else None


def _identifiers(findings: list[Segment], pv1: Segment) -> list[str]:
    """OBX-18 of each finding (universal id, else the local one); without any, PV1-3 as the monitor names its place."""
    names: dict[str, None] = {}
    for segment in findings:
        for part in segment[18].each():
            names.setdefault((part.text(3) or part.text(1))[:LONGEST_IDENTIFIER])
    names.pop("", None)
    if not names and (place := _place(pv1[3])):
        names[place] = None
    return list(names)


def _place(field_: Field) -> str:
    """PV1-3 written out, subcomponents too: "ICU^^1&2"."""
    if not field_.repetitions:
        return ""
    components = [
        "&".join(value if isinstance(value, str) else "" for value in component).rstrip("&")
        for component in field_.repetitions[0]
    ]
    return "^".join(components).rstrip("^")[:LONGEST_IDENTIFIER]


def _value(segment: Segment, at: datetime) -> Iterator[Value]:
    """The number of an OBX, where it is one and a measurement."""
    marks = {part.text().upper() for part in segment[8].each()}
    if (
        segment[2].text().upper() != "NM"
        or segment[11].text().upper() in _NO_VALUE
        or marks & _NO_MEASUREMENT
    ):
        return
    text = segment[5].text()
    if _NUMBER.fullmatch(text):
        unit = segment[6].text(1) or segment[6].text(2) or segment[6].text(4)
        yield Value(Concept.read(segment[3]), Decimal(text), unit[:200], at)
