"""PID and NK1 onto the patient: registered once, corrected field by field, deletions only where `""` says so."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from emr.common.errors import DomainError
from emr.common.masters import DEMOGRAPHICS
from emr.common.vietnamese import fold
from emr.terminology.selectors import concept
from integrations.his.models import Freshness
from integrations.his.reading import Adt
from integrations.his.services.allergies import keep_allergies
from integrations.his.services.freshness import news_of, stamp_many
from integrations.his.services.insurance import keep_insurance
from integrations.hl7v2.identifying import Numbers, find_patient, read_numbers
from integrations.hl7v2.outcomes import CannotApply
from integrations.hl7v2.segments import Pid
from integrations.hl7v2.timestamps import Timestamp
from integrations.hl7v2.values import NULL, Value
from patients.registry import services as registry
from patients.registry.labels import label
from patients.registry.models import Patient

_SEXES = {"M": "male", "F": "female", "O": "other", "A": "other", "U": "unknown", "N": "unknown"}
# HL7 table 0063 → our relationships.
_RELATIONSHIPS = {
    "SPO": "SPS", "FTH": "FTH", "MTH": "MTH", "PAR": "EXT", "CHD": "CHILD", "SCH": "CHILD", "FCH": "CHILD", "NCH": "CHILD",
    "SIB": "SIB", "BRO": "SIB", "SIS": "SIB", "GRP": "GRPRN", "GCH": "GRNDCHILD", "EXF": "EXT", "GRD": "GUARD",
    "FND": "FRND", "ASC": "FRND",
}  # fmt: skip

# The registry's field: which fields make sense together alone, and where PID says them.
_PARTS = {
    "full_name": ("name", "PID-5"), "birth_date": ("birth", "PID-7"), "birth_month": ("birth", "PID-7"),
    "birth_year": ("birth", "PID-7"), "sex": ("sex", "PID-8"), "address_line": ("address", "PID-11"),
    "address_text": ("address", "PID-11"), "province": ("address", "PID-11"), "commune": ("address", "PID-11"),
    "phone": ("phone", "PID-13"), "other_phone": ("other_phone", "PID-14"), "ethnic_group": ("ethnic_group", "PID-22"),
    "nationality": ("nationality", "PID-26"), "deceased_at": ("death", "PID-29"), "is_temporary": ("temporary", "PID-31"),
}  # fmt: skip
# That anything at all was told of the person.
TOLD = "told"


def keep_patient(adt: Adt) -> tuple[Patient, bool]:
    """The message's patient, registered or corrected; and whether the message brought any news about the person.

    A field has the time of the message that last filled it. Numbers and next of kin are only ever added, whenever told.
    """
    numbers = read_numbers(adt.channel, adt.pid.patient_identifier_list)
    patient = find_patient(adt.channel, numbers)
    said = demographics(adt, adt.pid)
    told = {_PARTS[name][0] for name in said}
    if patient is None:
        patient, fresh = _register(adt, numbers, said), told
    else:
        subject = Freshness.Subject.PATIENT
        fresh = news_of(subject, patient.pk, told, adt.described_at, former=DEMOGRAPHICS)
        older = {place for part, place in _PARTS.values() if part in told - fresh}
        if older:
            adt.remark("partly_older", groups=", ".join(sorted(older)) if fresh else "PID")
        _add_numbers(adt, patient, numbers)
        patient = _correct(
            adt, patient, {name: value for name, value in said.items() if _PARTS[name][0] in fresh}
        )
    is_news = not told or bool(fresh)
    if not adt.keeps_here(DEMOGRAPHICS):
        is_news |= _keep_people(adt, patient)
    keep_insurance(adt, patient)
    is_news |= keep_allergies(adt, patient)
    stamp_many(Freshness.Subject.PATIENT, patient.pk, {TOLD, *fresh}, adt.described_at, adt.message)
    return patient, is_news


def _register(adt: Adt, numbers: Numbers, said: dict[str, Any]) -> Patient:
    pid = adt.pid
    is_unknown = pid.identity_unknown_indicator == "Y"
    name = pid.patient_name.full_name
    if not name and not is_unknown:
        raise CannotApply("no_patient_name")
    changes = {name: value for name, value in said.items() if name not in {"full_name", "is_temporary"}}
    return registry.register_patient(
        facility=adt.facility,
        by=adt.account,
        full_name=name or _("Unknown patient"),
        sex=changes.pop("sex", Patient.Sex.UNKNOWN),
        mrn=numbers.own,
        numbers=[registry.NewNumber(*number) for number in numbers.others],
        another_person=True,  # the HIS knows; what looks alike is shown to the records staff
        is_temporary=is_unknown,
        description=_("Registered by %(sender)s as unknown") % {"sender": adt.channel.name}
        if is_unknown
        else "",
        **changes,
    )


def _add_numbers(adt: Adt, patient: Patient, numbers: Numbers) -> None:
    for system, value in numbers.others:
        try:
            registry.add_identifier(patient=patient, system=system, value=value, by=adt.account)
        except DomainError as refusal:
            adt.remark("left_out", text=str(refusal))


def _correct(adt: Adt, patient: Patient, changes: dict[str, Any]) -> Patient:
    if adt.keeps_here(DEMOGRAPHICS):
        other = [label(name) for name, said in changes.items() if getattr(patient, name) != said]
        if other:
            adt.left_alone(DEMOGRAPHICS, f"PID ({', '.join(other)})")
        return patient
    return (
        registry.update_patient(patient=patient, by=adt.account, version=None, **changes)
        if changes
        else patient
    )


def demographics(adt: Adt, pid: Pid) -> dict[str, Any]:
    """What PID says, as the registry's fields: empty fields are left out, `""` becomes the field's emptiness."""
    changes: dict[str, Any] = {}
    if name := pid.patient_name.full_name:
        changes["full_name"] = name
    changes |= _birth(pid)
    if pid.administrative_sex is NULL:
        changes["sex"] = Patient.Sex.UNKNOWN
    elif isinstance(pid.administrative_sex, str):
        if known := _SEXES.get(pid.administrative_sex.upper()):
            changes["sex"] = known
        else:
            adt.remark("left_out", text="PID-8")
    _text(changes, "phone", pid.phone_number_home, 30)
    _text(changes, "other_phone", pid.phone_number_business, 30)
    _coded(adt, changes, "ethnic_group", "ethnic-group", pid.ethnic_group or pid.race, place="PID-22")
    citizenship = "VN" if pid.citizenship in {"VNM", "VIE"} else pid.citizenship
    _coded(adt, changes, "nationality", "country", citizenship, place="PID-26")
    changes |= _address(adt, pid)
    if pid.identity_unknown_indicator in {"N", "Y"}:
        changes["is_temporary"] = pid.identity_unknown_indicator == "Y"
    changes |= _death(pid)
    return changes


def _birth(pid: Pid) -> dict[str, Any]:
    born = pid.date_time_of_birth
    nothing: dict[str, date | int | None] = {"birth_date": None, "birth_month": None, "birth_year": None}
    if born is NULL:
        return nothing
    if not isinstance(born, Timestamp):
        return {}
    if born.has_day:
        return nothing | {"birth_date": born.on, "birth_month": born.on.month, "birth_year": born.on.year}
    return nothing | {
        "birth_month": born.on.month if born.precision == "month" else None,
        "birth_year": born.on.year,
    }


def _death(pid: Pid) -> dict[str, datetime | None]:
    """PID-29 with a time to the minute at least, or PID-30 = N; a bare "Y" has no time and is told at discharge."""
    died = pid.patient_death_date_and_time
    if died is NULL or pid.patient_death_indicator == "N":
        return {"deceased_at": None}
    if isinstance(died, Timestamp) and died.has_day:
        return {"deceased_at": died.at}
    return {}


def _text(changes: dict[str, Any], field: str, value: Value, length: int) -> None:
    if value is NULL:
        changes[field] = ""
    elif isinstance(value, str):
        changes[field] = value[:length]


def _coded(adt: Adt, changes: dict[str, Any], field: str, system: str, value: Value, *, place: str) -> None:
    if value is NULL:
        changes[field] = ""
    elif isinstance(value, str):
        if concept(system, value.upper()) is not None:
            changes[field] = value.upper()
        else:
            adt.remark("left_out", text=f"{place} ({value[:20]})")


def _address(adt: Adt, pid: Pid) -> dict[str, str]:
    """The line as sent is always kept; province and commune only as codes in force."""
    if pid.address_is_null:
        return {"address_line": "", "address_text": "", "province": "", "commune": ""}
    sent = pid.patient_address
    if not sent.line:
        return {}
    changes = {"address_line": sent.street_address[:200], "address_text": sent.line[:400]}
    if sent.state_or_province and concept("province", sent.state_or_province):
        changes["province"] = sent.state_or_province
    if sent.county_code and concept("commune", sent.county_code):
        changes["commune"] = sent.county_code
    return changes


def _keep_people(adt: Adt, patient: Patient) -> bool:
    """NK1: people not on the list yet are added; nobody is taken off it by a message. Whether anybody was."""
    if not adt.parsed.all("NK1"):
        return False
    is_news = False
    known = {
        fold(name)
        for name in patient.related_people.filter(ended_at=None).values_list("full_name", flat=True)
    }
    for nk1 in adt.next_of_kin():
        name = nk1.name.full_name
        if not name or fold(name) in known:
            continue
        known.add(fold(name))
        registry.set_related_person(
            patient=patient,
            full_name=name[:160],
            relationship=_RELATIONSHIPS.get(nk1.relationship.identifier.upper(), "O"),
            by=adt.account,
            phone=nk1.phone_number[:30],
        )
        is_news = True
    return is_news
