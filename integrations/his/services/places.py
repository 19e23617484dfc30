"""PV1-3 and PV1-7: the HIS's departments, beds and staff to ours; what we don't know is kept as sent and listed."""

from dataclasses import dataclass

from emr.accounts.models import Location, Organization, User
from integrations.his.reading import Adt, HisMessage
from integrations.hl7v2.segments import Pl, Xcn
from integrations.transport.selectors import mapping
from integrations.transport.services import note_unmapped


@dataclass(frozen=True, slots=True)
class Place:
    """Where the patient is: our department and bed where they are known, the sender's words where not."""

    department: Organization | None
    bed: Location | None
    department_as_sent: str = ""
    location_as_sent: str = ""

    def without_bed(self, sent: str) -> "Place":
        """The same department, the bed in words alone."""
        return Place(self.department, None, self.department_as_sent, sent)


def find_place(adt: Adt, sent: Pl) -> Place:
    """Our department and bed for PV1-3; unknown codes are noted and remarked on, never a reason to refuse."""
    department = _department(adt, sent.point_of_care)
    department_as_sent = "" if department or not sent.point_of_care else sent.point_of_care
    words = bed_words(sent)
    bed = _bed(adt, department, sent) if sent.bed else None
    if department_as_sent:
        note_unmapped(adt.channel, "department", department_as_sent)
        adt.remark("unmapped_department_kept", sent=department_as_sent)
    if sent.bed and bed is None:
        if department is not None:
            note_unmapped(adt.channel, "bed", f"{sent.point_of_care}/{words}")
        adt.remark("unmapped_bed", sent=words)
    return Place(department, bed, department_as_sent[:100], "" if bed else words[:100])


def bed_words(sent: Pl) -> str:
    """Room and bed in one: "P1-G1"."""
    return "-".join(part for part in (sent.room, sent.bed) if part)


def _department(adt: Adt, code: str) -> Organization | None:
    if not code:
        return None
    code = mapping(adt.channel, "department", code) or code
    departments = Organization.objects.filter(parent=adt.facility, kind=Organization.Kind.DEPARTMENT)
    return departments.filter(code__iexact=code).first()


def _bed(adt: Adt, department: Organization | None, sent: Pl) -> Location | None:
    """By the mapping a person made; else the bed's own code, alone or with its room's before it."""
    if department is None:
        return None
    beds = Location.objects.filter(department=department, kind=Location.Kind.BED)
    if mapped := mapping(adt.channel, "bed", f"{sent.point_of_care}/{bed_words(sent)}"):
        return beds.filter(code__iexact=mapped).first()
    # Bed codes are unique in a department; some senders leave the room out, some write it into the code.
    candidates = [f"{sent.room}{glue}{sent.bed}" for glue in ("-", ".", "/", "")] if sent.room else []
    known = {bed.code.casefold(): bed for bed in beds.filter(status=Location.Status.ACTIVE)}
    return next(
        (known[code.casefold()] for code in [*candidates, sent.bed] if code.casefold() in known), None
    )


def find_staff(adt: HisMessage, sent: Xcn) -> User | None:
    """Our member of staff by practising licence or staff code; None (and noted) when nobody has it."""
    if not sent.id_number:
        return None
    code = mapping(adt.channel, "staff", sent.id_number) or sent.id_number
    staff = User.objects.filter(facility=adt.facility, is_active=True)
    found = (
        staff.filter(staff_code=code).first()
        or staff.filter(licence_number=code).exclude(licence_number="").first()
    )
    if found is None:
        note_unmapped(adt.channel, "staff", sent.id_number)
    return found
