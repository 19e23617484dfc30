"""An ADT message as the HIS room works with it: typed segments, whose news it is, when it happened."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from emr.accounts.models import Organization, User
from integrations.his.selectors import Keeper, Matter, masters_of
from integrations.hl7v2.outcomes import CannotApply
from integrations.hl7v2.parsing import Hl7Message, parse
from integrations.hl7v2.segments import Al1, Dg1, Evn, Iam, Mrg, Msh, Nk1, Pid, Pv1
from integrations.transport.models import Channel, Message

# PID is who stays, MRG who goes: of today, and of older senders (A18 of 2.2, A34 of 2.3.1).
MERGES = {"A40", "A34", "A18"}


@dataclass(slots=True, kw_only=True)
class HisMessage:
    """One message, read; `remarks` gather what was left undone though the message was applied."""

    message: Message
    parsed: Hl7Message
    msh: Msh
    pid: Pid
    pv1: Pv1
    remarks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    keepers: dict[str, Keeper] = field(default_factory=dict)

    @property
    def channel(self) -> Channel:
        """Where it came from."""
        return self.message.channel

    @property
    def facility(self) -> Organization:
        """Whose patient it is about."""
        return self.message.channel.facility

    @property
    def account(self) -> User:
        """The account that changes are written under."""
        return self.message.channel.account

    def keeps_here(self, matter: str) -> bool:
        """Whether the facility has said that the EMR is the master of this: a message then changes nothing of it."""
        if not self.keepers:
            self.keepers.update(masters_of(self.facility.pk))
        return self.keepers[matter] == Keeper.EMR

    def left_alone(self, matter: str, fields: str) -> None:
        """Note that something was not taken over because it is kept here; `fields` as HL7 counts them."""
        self.remark("kept_here", matter=str(Matter(matter).label), fields=fields)

    def remark(self, reason: str, **detail: Any) -> None:
        """Note something left undone, to be shown with the message."""
        if (reason, detail) not in self.remarks:
            self.remarks.append((reason, detail))


@dataclass(slots=True, kw_only=True)
class Adt(HisMessage):
    """A message about a person or a stay."""

    evn: Evn

    @property
    def event(self) -> str:
        """A01 … A40: MSH-9.2, or EVN-1 where the sender names it there alone."""
        return self.msh.trigger_event or self.evn.event_type_code

    @property
    def happened_at(self) -> datetime:
        """When the event happened: EVN-6, else EVN-2, else MSH-7, else when it came."""
        for time in (self.evn.event_occurred, self.evn.recorded_date_time, self.msh.date_time_of_message):
            if time is not None:
                return time.at
        return self.message.received_at

    @property
    def said_at(self) -> datetime:
        """When it was said: EVN-2, else MSH-7, else when it happened. What is taken back may be said anew later."""
        said = self.evn.recorded_date_time or self.msh.date_time_of_message
        return said.at if said is not None else self.happened_at

    @property
    def described_at(self) -> datetime:
        """How fresh the person's data is: PID-33 where it is sent, else the event."""
        updated = self.pid.last_update_date_time
        return updated.at if updated is not None else self.happened_at

    def next_of_kin(self) -> list[Nk1]:
        """NK1, in order."""
        return [Nk1.read(segment) for segment in self.parsed.all("NK1")]

    def diagnoses(self) -> list[Dg1]:
        """DG1, in order."""
        return [Dg1.read(segment) for segment in self.parsed.all("DG1")]

    def allergies(self) -> list[Al1]:
        """AL1, in order."""
        return [Al1.read(segment) for segment in self.parsed.all("AL1")]

    def reactions(self) -> list[Iam]:
        """IAM, in order."""
        return [Iam.read(segment) for segment in self.parsed.all("IAM")]

    def merges(self) -> list[tuple[Pid, Mrg]]:
        """Each PID with the MRG that follows it (A40 may repeat the pair)."""
        pairs: list[tuple[Pid, Mrg]] = []
        current: Pid | None = None
        for segment in self.parsed.segments:
            if segment.name == "PID":
                current = Pid.read(segment)
            elif segment.name == "MRG" and current is not None:
                pairs.append((current, Mrg.read(segment)))
        return pairs


def read_adt(message: Message) -> Adt:
    """Parse and look through a message. Raises Hl7Error, or CannotApply for two persons in one message (S-30)."""
    return adt_in(message, parse(bytes(message.raw), charset=message.channel.charset))


def adt_in(message: Message, parsed: Hl7Message) -> Adt:
    """What a message says, or what is said in its stead. Raises CannotApply for two persons."""
    msh = Msh.read(parsed)
    patients = parsed.all("PID")
    if len(patients) != 1 and msh.trigger_event not in MERGES:
        raise CannotApply("several_patients", count=len(patients))
    return Adt(
        message=message,
        parsed=parsed,
        msh=msh,
        evn=Evn.read(parsed),
        pid=Pid.read(parsed.first("PID")),
        pv1=Pv1.read(parsed),
    )
