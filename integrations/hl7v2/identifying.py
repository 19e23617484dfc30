"""A neighbour's patient numbers and ours: PID-3 and MRG-1 to identifier systems and patients."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from emr.common.compiled import Compiled
from emr.common.vietnamese import fold
from integrations.hl7v2.header import NO_NUMBER
from integrations.hl7v2.outcomes import CannotApply, NotYet
from integrations.hl7v2.segments import Cx, Pid
from integrations.hl7v2.timestamps import Timestamp
from integrations.transport.models import Channel
from patients.registry import systems
from patients.registry.models import Identifier, Patient

_OWN_TYPES = {"", "MR", "PI", "PT", "MRN"}
_CITIZEN_TYPES = {"NI", "NNVNM", "SS"}
_INSURANCE_TYPES = {"SB", "HC", "MC", "NIIP"}


@dataclass(frozen=True, slots=True)
class Numbers:
    """The facility's own patient number ("" when none was sent) and all others as (system, value)."""

    own: str
    others: tuple[tuple[str, str], ...]


def read_numbers(channel: Channel, listed: Sequence[Cx]) -> Numbers:
    """Sort the repetitions of PID-3 or MRG-1 by identifier system; the first own number counts, "null" is none."""
    own = ""
    others: list[tuple[str, str]] = []
    mrn = systems.mrn(channel.facility)
    for cx in listed:
        if cx.id_number.casefold() in NO_NUMBER:
            continue
        system = _system(channel, cx)
        if system == mrn:
            own = own or cx.id_number
        elif len(cx.id_number) <= 40:
            others.append((system, cx.id_number))
    return Numbers(own.upper().replace(" ", ""), tuple(others))


def _system(channel: Channel, cx: Cx) -> str:
    """The channel's own table first, then the type of number, then who assigned it."""
    code = channel.facility.code
    if mapped := channel.identifier_systems.get(cx.assigning_authority):
        return str(mapped)
    digits = cx.id_number.isascii() and cx.id_number.isdigit()
    if cx.identifier_type_code in _CITIZEN_TYPES and digits and len(cx.id_number) in {9, 12}:
        return systems.CITIZEN if len(cx.id_number) == 12 else systems.OLD_CITIZEN
    if cx.identifier_type_code in _INSURANCE_TYPES:
        return systems.INSURANCE
    if cx.identifier_type_code == "PPN":
        return systems.PASSPORT
    ours = {"", f"BV{code}", code, channel.sending_facility, channel.sending_application}
    if cx.identifier_type_code in _OWN_TYPES and cx.assigning_authority in ours:
        return systems.mrn(channel.facility)
    return f"urn:benhanmo:other:{cx.assigning_authority or cx.identifier_type_code}"[:60]


@Compiled
def _holder(facility_id: int, system: str, value: str) -> QuerySet[Identifier]:
    held = Identifier.objects.filter(facility_id=facility_id, system=system, value=value)
    return held.select_related("patient").order_by("pk")[:1]


def find_patient(channel: Channel, numbers: Numbers) -> Patient | None:
    """The row that holds the own number, also when it is merged; without one, the only holder of the citizen number.

    Never by name: whether two alike are one person is for people to say. Raises CannotApply without any number.
    """
    if numbers.own:
        found = _holder.first(channel.facility_id, systems.mrn(channel.facility), numbers.own)
        return found.patient if found else None
    if not numbers.others:
        raise CannotApply("no_patient_number")
    held = Identifier.objects.filter(facility=channel.facility).select_related("patient")
    for system, value in numbers.others:
        rows = list(held.filter(system=system, value=value, is_active=True, is_shared=False)[:2])
        if system in {systems.CITIZEN, systems.OLD_CITIZEN, systems.PASSPORT} and len(rows) == 1:
            return rows[0].patient
    return None


def patient_of(channel: Channel, pid: Pid, *, otherwise: CannotApply) -> Patient:
    """The holder of PID-3, who must not be somebody else by name and birth both.

    Raises NotYet when nobody holds the number, `otherwise` when the one who does is somebody else.
    """
    patient = find_patient(channel, read_numbers(channel, pid.patient_identifier_list))
    if patient is None:
        raise NotYet("unknown_patient")
    if _is_somebody_else(pid, patient):
        raise otherwise
    return patient


def _is_somebody_else(pid: Pid, patient: Patient) -> bool:
    """A number typed wrong leads to another person: then neither name nor birth fits. One of them may be misspelt."""
    name, born = fold(pid.patient_name.full_name), pid.date_time_of_birth
    if not name or not isinstance(born, Timestamp):
        return False
    people = [patient] if patient.merged_into is None else [patient, patient.merged_into]
    fits_name = any(set(name.split()) == set(fold(p.full_name).split()) for p in people)
    fits_birth = any(p.birth_year is None or p.birth_year == born.on.year for p in people)
    return not fits_name and not fits_birth
