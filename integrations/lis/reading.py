"""A result message as this room works with it: whose it is, and its groups of OBR, OBX, SPM and notes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.hl7v2.order_segments import Obr, Obx, Orc, Spm, note
from integrations.hl7v2.outcomes import CannotApply
from integrations.hl7v2.parsing import Hl7Message, Segment, parse
from integrations.hl7v2.segments import Msh, Pid, Pv1
from integrations.transport.models import Channel, Message


@dataclass(slots=True)
class Found:
    """One OBX with the notes that follow it."""

    obx: Obx
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """One OBR with what stands around it: its ORC (empty where none was sent), findings, specimens, notes."""

    orc: Orc
    obr: Obr
    found: list[Found] = field(default_factory=list)
    specimens: list[Spm] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # The group's own lines as sent: what makes one version of it another.
    lines: list[str] = field(default_factory=list)

    @property
    def placer_number(self) -> str:
        """Our order's number: OBR-2, else ORC-2."""
        return self.obr.placer_order_number or self.orc.placer_order_number

    @property
    def is_generated(self) -> bool:
        """Whether the producer says that it added the test itself: OBR-11 G (table 0065: generated order, reflex order)."""
        return self.obr.action_code == "G"

    @property
    def parent_numbers(self) -> tuple[str, str]:
        """(placer's number, filler's number) of the order that this one follows from: OBR-29, else ORC-8."""
        obr = (self.obr.parent_placer_number, self.obr.parent_filler_number)
        return obr if any(obr) else (self.orc.parent_placer_number, self.orc.parent_filler_number)

    @property
    def filler_number(self) -> str:
        """The producer's number: OBR-3, else ORC-3."""
        return self.obr.filler_order_number or self.orc.filler_order_number


@dataclass(slots=True)
class Oru:
    """One message, read; `remarks` gather what was left undone though the message was applied."""

    message: Message
    msh: Msh
    pid: Pid
    pv1: Pv1
    groups: list[Group]
    remarks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def channel(self) -> Channel:
        """Where it came from."""
        return self.message.channel

    @property
    def happened_at(self) -> datetime:
        """When the results were last changed (OBR-22), else MSH-7, else when it came."""
        changed = [g.obr.results_changed.at for g in self.groups if g.obr.results_changed is not None]
        if changed:
            return max(changed)
        sent = self.msh.date_time_of_message
        return sent.at if sent is not None else self.message.received_at

    def remark(self, reason: str, **detail: Any) -> None:
        """Note something left undone, to be shown with the message."""
        if (reason, detail) not in self.remarks:
            self.remarks.append((reason, detail))


def read_oru(message: Message) -> Oru:
    """Parse and look through a message. Raises Hl7Error, or CannotApply for several persons or no OBR (S-30)."""
    parsed = parse(bytes(message.raw), charset=message.channel.charset)
    patients = parsed.all("PID")
    if len(patients) != 1:
        raise CannotApply("several_patients", count=len(patients))
    groups = read_groups(parsed)
    if not groups:
        raise CannotApply("no_results")
    return Oru(message, Msh.read(parsed), Pid.read(parsed.first("PID")), Pv1.read(parsed), groups)


def read_groups(parsed: Hl7Message) -> list[Group]:
    """The groups in the order sent: an ORC belongs to the OBR behind it, everything else to the OBR before it.

    Raises CannotApply for a finding before the first OBR: whose it is can't be known, and left out without a word it would
    be missed by nobody (S-30).
    """
    groups: list[Group] = []
    orc: Segment | None = None
    for segment in parsed.segments:
        if segment.name == "ORC":
            orc = segment
        elif segment.name == "OBR":
            groups.append(Group(Orc.read(orc or Segment("ORC", ())), Obr.read(segment)))
            orc = None
        if segment.name == "OBX" and not groups:
            raise CannotApply("finding_without_test")
        if not groups or segment.name not in {"OBR", "OBX", "SPM", "NTE"}:
            continue
        group = groups[-1]
        group.lines.append(repr(segment))
        if segment.name == "OBX":
            group.found.append(Found(Obx.read(segment)))
        elif segment.name == "SPM":
            group.specimens.append(Spm.read(segment))
        elif segment.name == "NTE":
            (group.found[-1].notes if group.found else group.notes).append(note(segment))
    return groups
