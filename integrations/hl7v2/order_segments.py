"""Typed views of the segments about orders and results (HL7 v2.5.1 chapters 4 and 7): ORC, OBR, OBX, SPM, NTE."""

from dataclasses import dataclass

from integrations.hl7v2.parsing import Field, Segment
from integrations.hl7v2.segments import Coded, Xcn
from integrations.hl7v2.timestamps import Timestamp, read_timestamp

LOINC_SYSTEMS = {"LN", "LOINC", "2.16.840.1.113883.6.1"}
UCUM_SYSTEMS = {"UCUM", "2.16.840.1.113883.6.8"}


def _instant(field: Field) -> Timestamp | None:
    return read_timestamp(field.text())


@dataclass(frozen=True, slots=True)
class Concept:
    """CE/CWE with its alternate: OBR-4, OBX-3."""

    first: Coded
    alternate: Coded

    @classmethod
    def read(cls, field: Field) -> "Concept":
        """From one field."""
        return cls(Coded.read(field), Coded(field.text(4), field.text(5), field.text(6)))

    @property
    def text(self) -> str:
        """What a person reads."""
        return self.first.text or self.alternate.text or self.first.identifier or self.alternate.identifier

    @property
    def code(self) -> str:
        """The sender's own code: the first one that isn't LOINC's."""
        own = [c for c in (self.first, self.alternate) if c.identifier and not _is_loinc(c)]
        return own[0].identifier if own else ""

    @property
    def loinc(self) -> str:
        """The LOINC code among them, or ""."""
        return next((c.identifier for c in (self.first, self.alternate) if _is_loinc(c)), "")

    @property
    def national_code(self) -> str:
        """The index code of QĐ 1227/QĐ-BYT among them (seven digits, from 1000001), or ""."""
        codes = (c.identifier for c in (self.first, self.alternate) if not _is_loinc(c))
        return next((code for code in codes if code.isascii() and code.isdigit() and len(code) == 7), "")


def _is_loinc(coded: Coded) -> bool:
    return coded.coding_system.upper() in LOINC_SYSTEMS


@dataclass(frozen=True, slots=True)
class Orc:
    """Common order: whose number is whose, and what is said of the order."""

    order_control: str
    placer_order_number: str
    filler_order_number: str
    order_status: str
    # EIP: the order that this one follows from, by its placer's and its filler's number.
    parent_placer_number: str = ""
    parent_filler_number: str = ""

    @classmethod
    def read(cls, segment: Segment) -> "Orc":
        """From one ORC (all empty where there is none)."""
        s = segment
        own = (s[1].text().upper(), s[2].text(), s[3].text(), s[5].text().upper())
        return cls(*own, s[8].text(1), s[8].text(2))


@dataclass(frozen=True, slots=True)
class Parent:
    """OBR-26: the finding of another group that this group belongs to (an isolate's antibiogram)."""

    identifier: str
    sub_id: str
    value: str

    def __bool__(self) -> bool:
        return bool(self.identifier or self.sub_id)


@dataclass(frozen=True, slots=True)
class Obr:
    """Observation request: what was examined, when, by whom, how far it is."""

    placer_order_number: str
    filler_order_number: str
    universal_service: Concept
    observation_date_time: Timestamp | None
    specimen_received: Timestamp | None
    specimen_source: str
    placer_field_1: str
    filler_field_1: str
    results_changed: Timestamp | None
    diagnostic_service: str
    result_status: str
    parent_result: Parent
    parent_filler_number: str
    parent_placer_number: str
    action_code: str
    interpreter: Xcn
    technician: Xcn

    @classmethod
    def read(cls, segment: Segment) -> "Obr":
        """From one OBR."""
        s = segment
        parent = Parent(s[26].value(1) or "", s[26].text(2), s[26].text(3))  # type: ignore[arg-type]  # null reads as nothing
        return cls(
            placer_order_number=s[2].text(),
            filler_order_number=s[3].text(),
            universal_service=Concept.read(s[4]),
            observation_date_time=_instant(s[7]),
            specimen_received=_instant(s[14]),
            specimen_source=s[15].text(),
            placer_field_1=s[18].text(),
            filler_field_1=s[20].text(),
            results_changed=_instant(s[22]),
            diagnostic_service=s[24].text().upper(),
            result_status=s[25].text().upper(),
            parent_result=parent,
            # EIP: placer's part, then the filler's, each perhaps with components of its own.
            parent_filler_number=s[29].text(2),
            parent_placer_number=s[29].text(1),
            action_code=s[11].text().upper(),
            interpreter=_person(s[32]),
            technician=_person(s[34]),
        )


def _person(field: Field) -> Xcn:
    """NDL (OBR-32, 34): the name stands in subcomponents of the first component; some senders write a plain XCN."""
    parts = [field.value(1, n) for n in range(1, 5)]
    if any(isinstance(part, str) for part in parts[1:]):
        number, *name = (part if isinstance(part, str) else "" for part in parts)
        return Xcn(number, " ".join(" ".join((name[0], name[2], name[1])).split()))
    found = Xcn.read(field)
    return found if found.name else Xcn("", found.id_number)


@dataclass(frozen=True, slots=True)
class Obx:
    """One finding, its value as sent (every repetition)."""

    value_type: str
    identifier: Concept
    sub_id: str
    values: tuple[Field, ...]
    units: Coded
    references_range: str
    abnormal_flag: str
    result_status: str
    observed_at: Timestamp | None
    producer: Coded
    responsible_observer: Xcn
    method: str
    equipment: str
    analysed_at: Timestamp | None
    performing_organisation: str

    @classmethod
    def read(cls, segment: Segment) -> "Obx":
        """From one OBX."""
        s = segment
        return cls(
            value_type=s[2].text().upper(),
            identifier=Concept.read(s[3]),
            sub_id=s[4].text(),
            values=tuple(s[5].each()),
            units=Coded.read(s[6]),
            references_range=s[7].text(),
            abnormal_flag=s[8].text().upper(),
            result_status=s[11].text().upper(),
            observed_at=_instant(s[14]),
            producer=Coded.read(s[15]),
            responsible_observer=Xcn.read(s[16]),
            method=s[17].text(2) or s[17].text(),
            equipment=s[18].text(2) or s[18].text(),
            analysed_at=_instant(s[19]),
            performing_organisation=s[23].text(),
        )


@dataclass(frozen=True, slots=True)
class Spm:
    """A specimen: its number, kind, when it was taken and came."""

    number: str
    kind: Coded
    collected_at: Timestamp | None
    received_at: Timestamp | None
    reject_reason: str
    condition: str
    label: str = ""
    reject_code: str = ""

    @classmethod
    def read(cls, segment: Segment) -> "Spm":
        """From one SPM; SPM-2 holds the placer's and the filler's number."""
        s = segment
        filler = s[2].text(2)
        return cls(
            number=filler or s[2].text(1),
            kind=Coded.read(s[4]),
            collected_at=_instant(s[17]),
            received_at=_instant(s[18]),
            reject_reason=s[21].text(2) or s[21].text(),
            condition=s[24].text(2) or s[24].text(),
            label=s[2].text(1),
            reject_code=s[21].text().upper(),
        )


def note(segment: Segment) -> str:
    """NTE-3: every repetition is a line."""
    return "\n".join(part.text() for part in segment[3].each())
