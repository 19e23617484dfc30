"""An ADT message onto the record."""

from emr.common.masters import MOVEMENT
from integrations.his.reading import MERGES, Adt, read_adt
from integrations.his.services.merging import merge
from integrations.his.services.moves import cancel_transfer, transfer
from integrations.his.services.people import keep_patient
from integrations.his.services.stays import (
    admit_or_visit,
    cancel_stay,
    demand_stay,
    end_stay,
    find_stay,
    reopen_stay,
    visit_number,
)
from integrations.his.services.updates import update_stay
from integrations.hl7v2.identifying import find_patient, read_numbers
from integrations.hl7v2.inbox import Applied
from integrations.hl7v2.outcomes import CannotApply, NotYet
from integrations.transport.models import Message
from patients.registry.models import Patient

_STAYS = {
    "A01": admit_or_visit,
    "A02": transfer,
    "A03": end_stay,
    "A04": admit_or_visit,
    "A11": cancel_stay,
    "A12": cancel_transfer,
    "A13": reopen_stay,
}
# The person alone: pre-admission has no stay here yet.
_PEOPLE = {"A05", "A28", "A31", "A60"}


def apply_adt(message: Message) -> Applied:
    """One event of the HIS's; raises CannotApply, NotYet, Hl7Error, DomainError."""
    adt = read_adt(message)
    changed, is_waiting = apply_read(adt)
    return Applied(changed, adt.remarks, is_waiting)


def apply_read(adt: Adt) -> tuple[bool, bool]:
    """(whether anything changed, whether a part of it waits for its visit)."""
    if adt.event in MERGES:
        return merge(adt), False
    if adt.event in _STAYS:
        if adt.event not in {"A01", "A04"}:
            # A move or an end says nothing about somebody whom nobody has announced.
            return _move_or_end(adt)
        patient, is_news = keep_patient(adt)
        return _STAYS[adt.event](adt, patient) or is_news, False
    if adt.event in _PEOPLE or adt.event == "A08":
        patient, is_news = keep_patient(adt)
        if adt.event != "A08" or not visit_number(adt):
            return is_news, False
        stay = find_stay(adt, patient)
        if stay is None:
            return is_news, bool(adt.diagnoses() or adt.pv1.attending_doctor.id_number)
        return update_stay(adt, stay) or is_news, False
    raise CannotApply("unsupported", type=adt.message.message_type)


def _move_or_end(adt: Adt) -> tuple[bool, bool]:
    """A02, A03, A11, A12, A13: only for a visit that is known."""
    numbers = read_numbers(adt.channel, adt.pid.patient_identifier_list)
    known: Patient | None = find_patient(adt.channel, numbers)
    if known is None:
        raise NotYet("unknown_patient")
    demand_stay(adt, known)
    patient, is_news = keep_patient(adt)
    if adt.keeps_here(MOVEMENT):
        adt.left_alone(MOVEMENT, "PV1")
        return is_news, False
    return _STAYS[adt.event](adt, patient) or is_news, False
