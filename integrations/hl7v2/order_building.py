"""What every order that we send says of the patient, the stay, our staff and the service (HL7 v2.5.1 PID, PV1, XCN, CE).

Departments, beds, staff and services go out in the neighbour's codes where somebody has mapped them, else in ours.
"""

from collections.abc import Sequence

from django.db.models import Q

from emr.accounts.models import Location, Organization, User
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.orders.selectors.catalogue import services_by_code
from encounters.visits.models import Encounter, EncounterLocation
from integrations.hl7v2.building import build_segment
from integrations.transport.models import Channel, NeighbourCode
from integrations.transport.selectors import all_theirs, theirs
from patients.registry import systems
from patients.registry.models import Identifier, Patient

_SEXES = {"male": "M", "female": "F", "other": "O"}
_CLASSES = {"IMP": "I", "AMB": "O", "EMER": "E"}
_LONGEST_SYSTEM = 20  # CE.3
Kind = NeighbourCode.Kind


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


def visit_segment(request: ServiceRequest | MedicationRequest, channel: Channel) -> str:
    """PV1: where the patient is now, and the treatment code."""
    stay: Encounter = request.encounter
    place = (
        EncounterLocation.objects.filter(encounter=stay, ends_at=None, cancelled_at=None)
        .select_related("department", "location")
        .order_by("-starts_at")
        .first()
    )
    department = place.department if place and place.department else stay.department
    where = place_field(department, place.location if place else None, channel)
    authority = f"BV{request.facility.code}"
    return build_segment(
        "PV1", "1", _CLASSES.get(stay.encounter_class, "I"), where, *[None] * 15,
        [stay.identifier, None, None, authority, "VN"],
    )  # fmt: skip


def place_field(
    department: Organization | None, bed: Location | None, channel: Channel, *, room: str | None = None
) -> list[str | None]:
    """PL: department, room and bed, the neighbour's where they are mapped, else ours. Two queries at most.

    A bed is mapped under what the neighbour's messages call it, `department/room-bed`; `room` is ours.
    """
    if department is None:
        return [None, room, bed.code if bed else None]
    code = theirs(channel, Kind.DEPARTMENT, [department.code]).get(department.code, department.code)
    if bed is None:
        return [code]
    # Beds of several departments may have one code.
    for named in all_theirs(channel, Kind.BED, bed.code):
        if named.startswith(f"{code}/"):
            their_room, _hyphen, their_bed = named.removeprefix(f"{code}/").rpartition("-")
            return [code, their_room or None, their_bed]
    return [code, room, bed.code]


def staff_field(user: User | None, channel: Channel) -> list[str | None] | None:
    """XCN: the neighbour's code for who it is (mapped to our staff code or licence), else ours; the name. One query."""
    if user is None:
        return None
    family, _, given = user.full_name.partition(" ")
    own = [code for code in (user.staff_code, user.licence_number) if code]
    mapped = theirs(channel, Kind.STAFF, own)
    code = next((mapped[code] for code in own if code in mapped), user.staff_code or user.username)
    return [code, family, given]


def coded_field(
    channel: Channel, kind: str, order: ServiceRequest | MedicationRequest, common: Sequence[str | None] = ()
) -> list[str | None]:
    """CE: the neighbour's code with ours as the alternate; where nobody mapped one, ours with `common` beside it. One query.

    v2.5.1 has room for one alternate alone (CE.4 to CE.6).
    """
    if not order.code:
        return [None, order.text]
    own = [order.code, order.text, "L"]
    mapped = theirs(channel, kind, [order.code]).get(order.code)
    if mapped and mapped != order.code:
        return [mapped, order.text, channel.receiving_application[:_LONGEST_SYSTEM], *own]
    return [*own, *common]


def service_field(request: ServiceRequest, channel: Channel) -> list[str | None]:
    """OBR-4: as `coded_field`; what is common to all is LOINC's code, else the index code of QĐ 1227/QĐ-BYT. Two queries."""
    service = services_by_code(request.facility_id, [request.code] if request.code else []).get(request.code)
    common: list[str | None] = []
    if service is not None and service.loinc:
        common = [service.loinc, service.name, "LN"]
    elif service is not None and service.national_code:
        common = [service.national_code, service.name, "QD1227"]
    return coded_field(channel, Kind.SERVICE, request, common)
