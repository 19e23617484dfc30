"""What every order that we send says of the patient, the stay and our staff (HL7 v2.5.1 PID, PV1, XCN)."""

from django.db.models import Q

from emr.accounts.models import User
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.visits.models import Encounter, EncounterLocation
from integrations.hl7v2.building import build_segment
from patients.registry import systems
from patients.registry.models import Identifier, Patient

_SEXES = {"male": "M", "female": "F", "other": "O"}
_CLASSES = {"IMP": "I", "AMB": "O", "EMER": "E"}


def patient_segment(patient: Patient) -> str:
    """PID: the person who survives a merge, with every number that is in force."""
    person = patient.merged_into or patient
    held = Identifier.objects.filter(Q(patient=person) | Q(patient=patient), is_active=True).order_by(
        "-is_own", "pk"
    )
    numbers: list[list[str | None]] = []
    for number in held:
        if number.is_own and number.system.startswith(systems.MRN_PREFIX):
            authority = f"BV{number.system.removeprefix(systems.MRN_PREFIX)}"
            numbers.append([number.value, None, None, authority, "MR"])
        elif number.system == systems.CITIZEN:
            numbers.append([number.value, None, None, "CCCD", "NI"])
        elif number.system == systems.INSURANCE:
            numbers.append([number.value, None, None, "BHXH", "SB"])
    family, _, given = person.full_name.partition(" ")
    born = f"{person.birth_date:%Y%m%d}" if person.birth_date else str(person.birth_year or "")
    return build_segment(
        "PID", "1", None, numbers, None, [family, given], None, born, _SEXES.get(person.sex, "U"),
        None, None, [person.address_line or person.address_text or None], None, person.phone or None,
    )  # fmt: skip


def visit_segment(request: ServiceRequest | MedicationRequest) -> str:
    """PV1: where the patient is now, and the treatment code."""
    stay: Encounter = request.encounter
    place = (
        EncounterLocation.objects.filter(encounter=stay, ends_at=None, cancelled_at=None)
        .select_related("department", "location")
        .order_by("-starts_at")
        .first()
    )
    department = place.department if place and place.department else stay.department
    bed = place.location.code if place and place.location else None
    where = [department.code if department else None, None, bed]
    authority = f"BV{request.facility.code}"
    return build_segment(
        "PV1", "1", _CLASSES.get(stay.encounter_class, "I"), where, *[None] * 15,
        [stay.identifier, None, None, authority, "VN"],
    )  # fmt: skip


def staff_field(user: User | None) -> list[str | None] | None:
    """XCN: staff code and name."""
    if user is None:
        return None
    family, _, given = user.full_name.partition(" ")
    return [user.staff_code or user.username, family, given]
