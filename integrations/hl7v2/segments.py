"""Typed views of the segments that we use, in the message's own words (HL7 v2.5.1 chapters 2, 3 and 6).

`Value` fields keep the three cases apart: None nothing sent, NULL delete, text. Repeating fields are tuples.
"""

from dataclasses import dataclass

from integrations.hl7v2.parsing import Field, Hl7Message, Segment
from integrations.hl7v2.timestamps import Timestamp, read_timestamp
from integrations.hl7v2.values import NULL, Null, Value


def _time(field: Field) -> Timestamp | Null | None:
    return NULL if field.value() is NULL else read_timestamp(field.text())


def _instant(field: Field) -> Timestamp | None:
    return read_timestamp(field.text())


@dataclass(frozen=True, slots=True)
class Cx:
    """Extended composite id: PID-3, PV1-19, MRG-1."""

    id_number: str
    assigning_authority: str
    identifier_type_code: str
    assigning_facility: str

    @classmethod
    def read(cls, field: Field) -> "Cx":
        """From one repetition."""
        return cls(field.text(1), field.text(4), field.text(5).upper(), field.text(6))

    @classmethod
    def list(cls, field: Field) -> tuple["Cx", ...]:
        """Every repetition that names something; the word "null" written out is what one partner sends for nothing."""
        every = (cls.read(part) for part in field.each())
        return tuple(cx for cx in every if cx.id_number and cx.id_number.lower() != "null")


@dataclass(frozen=True, slots=True)
class Xpn:
    """A person's name. Vietnamese senders put the whole name into the family part, or split it in two."""

    family_name: str
    given_name: str
    second_name: str
    prefix: str
    name_type_code: str

    @classmethod
    def read(cls, field: Field) -> "Xpn":
        """From one repetition."""
        return cls(field.text(1), field.text(2), field.text(3), field.text(5), field.text(7))

    @property
    def full_name(self) -> str:
        """Vietnamese order, family name first: "Nguyễn Thị Bích Đào"."""
        # XPN-3 is "second and further given names"; Vietnamese middle names stand before the given name.
        parts = (self.family_name, self.second_name, self.given_name)
        return " ".join(" ".join(parts).split())


@dataclass(frozen=True, slots=True)
class Xad:
    """An address, as sent."""

    street_address: str
    other_designation: str
    city: str
    state_or_province: str
    zip_or_postal_code: str
    country: str
    county_code: str

    @classmethod
    def read(cls, field: Field) -> "Xad":
        """From one repetition."""
        return cls(*(field.text(n) for n in (1, 2, 3, 4, 5, 6, 9)))

    @property
    def line(self) -> str:
        """One line for print: street, designation, city, province."""
        parts = (
            self.street_address,
            self.other_designation,
            self.county_code,
            self.city,
            self.state_or_province,
        )
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Coded:
    """CE/CWE: a code with its text and system."""

    identifier: str
    text: str
    coding_system: str

    @classmethod
    def read(cls, field: Field) -> "Coded":
        """From one repetition."""
        return cls(field.text(1), field.text(2), field.text(3))


@dataclass(frozen=True, slots=True)
class Pl:
    """A person's location: department, room, bed."""

    point_of_care: str
    room: str
    bed: str
    facility: str

    @classmethod
    def read(cls, field: Field) -> "Pl":
        """From PV1-3 or PV1-6."""
        return cls(*(field.text(n) for n in (1, 2, 3, 4)))

    def __bool__(self) -> bool:
        return bool(self.point_of_care or self.room or self.bed)


@dataclass(frozen=True, slots=True)
class Xcn:
    """A staff member: practising licence or staff code, and name."""

    id_number: str
    name: str

    @classmethod
    def read(cls, field: Field) -> "Xcn":
        """From one repetition."""
        return cls(field.text(1), " ".join(f"{field.text(2)} {field.text(4)} {field.text(3)}".split()))


@dataclass(frozen=True, slots=True)
class Msh:
    """Message header."""

    sending_application: str
    sending_facility: str
    receiving_application: str
    receiving_facility: str
    date_time_of_message: Timestamp | None
    message_code: str
    trigger_event: str
    message_control_id: str
    processing_id: str
    version_id: str

    @classmethod
    def read(cls, message: Hl7Message) -> "Msh":
        """From MSH."""
        s = message.first("MSH")
        kind = s[9]
        return cls(
            s[3].text(), s[4].text(), s[5].text(), s[6].text(), _instant(s[7]),
            kind.text(1).upper(), kind.text(2).upper(), s[10].text(), s[11].text().upper(), s[12].text(),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evn:
    """Event: when it was recorded, when it happened."""

    event_type_code: str
    recorded_date_time: Timestamp | None
    event_reason_code: str
    operator_id: Xcn
    event_occurred: Timestamp | None

    @classmethod
    def read(cls, message: Hl7Message) -> "Evn":
        """From EVN."""
        s = message.first("EVN")
        return cls(s[1].text().upper(), _instant(s[2]), s[4].text(), Xcn.read(s[5]), _instant(s[6]))


@dataclass(frozen=True, slots=True)
class Pid:
    """Patient identification."""

    patient_identifier_list: tuple[Cx, ...]
    patient_name: Xpn
    name_is_null: bool
    date_time_of_birth: Timestamp | Null | None
    administrative_sex: Value
    race: Value
    patient_address: Xad
    address_is_null: bool
    phone_number_home: Value
    phone_number_business: Value
    marital_status: Value
    patient_account_number: Cx
    ethnic_group: Value
    citizenship: Value
    patient_death_date_and_time: Timestamp | Null | None
    patient_death_indicator: str
    identity_unknown_indicator: str
    last_update_date_time: Timestamp | None

    @classmethod
    def read(cls, segment: Segment) -> "Pid":
        """From one PID."""
        s = segment
        return cls(
            patient_identifier_list=Cx.list(s[3]) or Cx.list(s[2]),
            patient_name=Xpn.read(s[5]),
            name_is_null=s[5].is_null,
            date_time_of_birth=_time(s[7]),
            administrative_sex=s[8].value(),
            race=s[10].value(),
            patient_address=Xad.read(s[11]),
            address_is_null=s[11].is_null,
            phone_number_home=_phone(s[13]),
            phone_number_business=_phone(s[14]),
            marital_status=s[16].value(),
            patient_account_number=Cx.read(s[18]),
            ethnic_group=s[22].value(),
            citizenship=s[26].value(),
            patient_death_date_and_time=_time(s[29]),
            patient_death_indicator=s[30].text().upper(),
            identity_unknown_indicator=s[31].text().upper(),
            last_update_date_time=_instant(s[33]),
        )


def _phone(field: Field) -> Value:
    """XTN-1 (the number as dialled), or XTN-12, or the local number of XTN-7."""
    return field.value() or field.value(12) or field.value(7)


@dataclass(frozen=True, slots=True)
class Nk1:
    """Next of kin."""

    name: Xpn
    relationship: Coded
    phone_number: str

    @classmethod
    def read(cls, segment: Segment) -> "Nk1":
        """From one NK1."""
        phone = _phone(segment[5])
        return cls(Xpn.read(segment[2]), Coded.read(segment[3]), phone if isinstance(phone, str) else "")


@dataclass(frozen=True, slots=True)
class Pv1:
    """Patient visit."""

    patient_class: str
    assigned_patient_location: Pl
    admission_type: str
    prior_patient_location: Pl
    attending_doctor: Xcn
    hospital_service: str
    admit_source: str
    patient_type: str
    visit_number: Cx
    discharge_disposition: str
    discharged_to_location: str
    admit_date_time: Timestamp | None
    discharge_date_time: Timestamp | None
    alternate_visit_id: Cx

    @classmethod
    def read(cls, message: Hl7Message) -> "Pv1":
        """From PV1."""
        s = message.first("PV1")
        return cls(
            patient_class=s[2].text().upper(),
            assigned_patient_location=Pl.read(s[3]),
            admission_type=s[4].text(),
            prior_patient_location=Pl.read(s[6]),
            attending_doctor=Xcn.read(s[7]),
            hospital_service=s[10].text(),
            admit_source=s[14].text(),
            patient_type=s[18].text(),
            visit_number=Cx.read(s[19]),
            discharge_disposition=s[36].text(),
            discharged_to_location=s[37].text(),
            admit_date_time=_instant(s[44]),
            discharge_date_time=_instant(s[45]),
            alternate_visit_id=Cx.read(s[50]),
        )


@dataclass(frozen=True, slots=True)
class Dg1:
    """Diagnosis: type A admitting, W working, F final; priority 1 is the main one."""

    diagnosis_code: Coded
    diagnosis_description: str
    diagnosis_date_time: Timestamp | None
    diagnosis_type: str
    diagnosis_priority: str

    @classmethod
    def read(cls, segment: Segment) -> "Dg1":
        """From one DG1."""
        return cls(
            Coded.read(segment[3]),
            segment[4].text(),
            _instant(segment[5]),
            segment[6].text().upper(),
            segment[15].text(),
        )


@dataclass(frozen=True, slots=True)
class Al1:
    """Allergy. `is_null`: AL1-3 is `""`, which takes back what was said before."""

    allergen_type_code: str
    allergen_code: Coded
    allergy_severity_code: str
    allergy_reaction_code: str
    identification_date: Timestamp | None
    is_null: bool

    @classmethod
    def read(cls, segment: Segment) -> "Al1":
        """From one AL1; AL1-5 repeats, its reactions are put in one line."""
        s = segment
        reactions = "; ".join(reaction.text() for reaction in s[5].each() if reaction.text())
        return cls(
            s[2].text().upper(),
            Coded.read(s[3]),
            s[4].text().upper(),
            reactions,
            _instant(s[6]),
            s[3].is_null,
        )


@dataclass(frozen=True, slots=True)
class Iam:
    """An allergy with what becomes of it (IAM-6: A, U, D; "" in a snapshot) and how sure it is (IAM-17)."""

    allergy: Al1
    action_code: str
    clinical_status: str

    @classmethod
    def read(cls, segment: Segment) -> "Iam":
        """From one IAM; as AL1, with the onset (IAM-11) for the date."""
        s = segment
        reactions = "; ".join(reaction.text() for reaction in s[5].each() if reaction.text())
        words = (s[2].text().upper(), Coded.read(s[3]), s[4].text().upper(), reactions)
        return cls(Al1(*words, _instant(s[11]), s[3].is_null), s[6].text().upper(), s[17].text().upper())

    @property
    def stands(self) -> bool:
        """Not deleted, not in error (E), not over (I)."""
        return self.action_code != "D" and self.clinical_status not in {"E", "I"}


@dataclass(frozen=True, slots=True)
class In1:
    """Insurance: the card's number with its validity."""

    insurance_plan_id: str
    insurance_company_id: str
    plan_effective_date: Timestamp | None
    plan_expiration_date: Timestamp | None
    policy_number: Value

    @classmethod
    def read(cls, segment: Segment) -> "In1":
        """From one IN1."""
        s = segment
        return cls(s[2].text(), s[3].text(), _instant(s[12]), _instant(s[13]), s[36].value())


@dataclass(frozen=True, slots=True)
class Mrg:
    """Merge: the numbers that go."""

    prior_patient_identifier_list: tuple[Cx, ...]

    @classmethod
    def read(cls, segment: Segment) -> "Mrg":
        """From one MRG; MRG-4, the prior internal number of old versions, when MRG-1 is empty."""
        return cls(Cx.list(segment[1]) or Cx.list(segment[4]))
