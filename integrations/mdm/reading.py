"""An MDM message as this room works with it (HL7 v2.5.1 chapter 9): whose document, which, and its content."""

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from emr.storage.strangers import kind_of
from integrations.hl7v2.order_segments import Obx
from integrations.hl7v2.outcomes import CannotApply
from integrations.hl7v2.parsing import Segment, parse
from integrations.hl7v2.segments import Coded, Msh, Pid, Pv1, Xcn
from integrations.hl7v2.timestamps import Timestamp, read_timestamp
from integrations.transport.models import Channel, Message
from patients.registry.models import Confidentiality

# Trigger events that bring a content; T11 takes back. The others tell of a document that isn't in them.
NEW, ADDENDUM, EDIT, REPLACEMENT, CANCEL, STATUS = "T02", "T06", "T08", "T10", "T11", "T04"
EVENTS = {NEW, STATUS, ADDENDUM, EDIT, REPLACEMENT, CANCEL}
_CONFIDENTIALITY = {
    "U": Confidentiality.NORMAL,
    "R": Confidentiality.RESTRICTED,
    "V": Confidentiality.VERY_RESTRICTED,
}


@dataclass(frozen=True, slots=True)
class Txa:
    """Transcription document header."""

    kind: Coded
    activity_at: Timestamp | None
    provider: Xcn
    originated_at: Timestamp | None
    originator: Xcn
    authenticator: Xcn
    number: str
    parent: str
    file_name: str
    completion: str
    confidentiality: str
    signed_by: Xcn

    @classmethod
    def read(cls, segment: Segment) -> "Txa":
        """From TXA. An entity identifier's own number is what is kept of TXA-12 and TXA-13."""
        s = segment
        return cls(
            kind=Coded.read(s[2]),
            activity_at=read_timestamp(s[4].text()),
            provider=Xcn.read(s[5]),
            originated_at=read_timestamp(s[6].text()),
            originator=Xcn.read(s[9]),
            authenticator=Xcn.read(s[10]),
            number=_entity(s, 12),
            parent=_entity(s, 13),
            file_name=s[16].text(),
            completion=s[17].text().upper(),
            confidentiality=s[18].text().upper(),
            signed_by=Xcn.read(s[22]),
        )


def _entity(segment: Segment, place: int) -> str:
    """The number of an EI; some senders leave the first component empty and write it into the third."""
    return (segment[place].text(1) or segment[place].text(3))[:120]


@dataclass(frozen=True, slots=True)
class Content:
    """What the message holds: one file, or words."""

    data: bytes
    content_type: str
    text: str
    title: str


@dataclass(slots=True)
class Mdm:
    """One message, read; `remarks` gather what was left undone though the message was applied."""

    message: Message
    msh: Msh
    pid: Pid
    pv1: Pv1
    txa: Txa
    findings: list[Obx]
    remarks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def channel(self) -> Channel:
        """Where it came from."""
        return self.message.channel

    @property
    def told_at(self) -> datetime:
        """When the sender said it: MSH-7, else when it came."""
        sent = self.msh.date_time_of_message
        return sent.at if sent is not None else self.message.received_at

    def remark_older(self, number: str) -> None:
        """A newer version is here already."""
        self.remarks.append(("older_document", {"number": number}))

    def confidentiality(self, former: str = Confidentiality.NORMAL) -> str:
        """TXA-18 (HL7 table 0272) as the registry's code: U is usual control. Left out it says nothing: as it was.

        What the table doesn't have is taken for restricted, with a remark: too few see it sooner than too many.
        """
        sent = self.txa.confidentiality
        if not sent:
            return former
        found = _CONFIDENTIALITY.get(sent)
        if found is None:
            self.remarks.append(("odd_confidentiality", {"sent": sent[:20]}))
        return found or Confidentiality.RESTRICTED

    def content(self) -> Content:
        """The file in an ED value, or the lines of text. Raises CannotApply for none, for two files, and for odd ones."""
        files = [obx for obx in self.findings if obx.value_type == "ED" and obx.values]
        if len(files) > 1:
            raise CannotApply("several_files", count=len(files))
        words = "\n".join(
            value.text()
            for obx in self.findings
            if obx.value_type in {"TX", "FT", "ST"}
            for value in obx.values
        )
        if files:
            title = files[0].identifier.text
            data, kind = _file(files[0], title)
            return Content(data, kind, words, title)
        if not words.strip():
            raise CannotApply("no_content")
        return Content(b"", "", words, "")


def _file(obx: Obx, title: str) -> tuple[bytes, str]:
    value = obx.values[0]
    encoding, text = value.text(4).lower(), value.text(5)
    try:
        data = base64.b64decode("".join(text.split()), validate=True) if encoding in {"base64", ""} else b""
    except ValueError as error:
        raise CannotApply("bad_attachment", name=title) from error
    kind = kind_of(data)
    if kind is None:
        raise CannotApply("bad_attachment", name=title)
    return data, kind


def read_mdm(message: Message) -> Mdm:
    """Parse and look through a message. Raises Hl7Error, or CannotApply for several persons or no document number (S-30)."""
    parsed = parse(bytes(message.raw), charset=message.channel.charset)
    patients = parsed.all("PID")
    if len(patients) != 1:
        raise CannotApply("several_patients", count=len(patients))
    txa = Txa.read(parsed.first("TXA"))
    if not txa.number:
        raise CannotApply("no_document_number")
    findings = [Obx.read(segment) for segment in parsed.all("OBX")]
    return Mdm(message, Msh.read(parsed), Pid.read(patients[0]), Pv1.read(parsed), txa, findings)
