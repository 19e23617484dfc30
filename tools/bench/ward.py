"""(w) a ward of sixty at the bedside: CPU beside the bare view, queries, bytes.

Each patient has five orders that nurses carry out, two of them with hours, a precaution, and a check mark in the shift.
"""

import datetime as dt
import uuid

from django.test import override_settings
from django.utils import timezone

from emr.accounts.models import Location, Organization, PractitionerRole, User
from encounters.bedside.models import Execution, Precaution
from encounters.documents import services as documents
from encounters.orders.models import ServiceRequest
from encounters.visits import services as visits
from encounters.visits.models import Encounter
from patients.registry.models import Patient
from tools.bench.pages import Browser, bare_site, queries_of, request
from tools.bench.report import Report, costs_in_turn

PATIENTS, TARGET, QUERIES, KILOBYTES = 60, 25, 12, 200
_ORDERS = (
    ("care-level", "Chăm sóc cấp II", ""),
    ("monitoring", "Theo dõi mạch, huyết áp", "mỗi 4 giờ"),
    ("monitoring", "Theo dõi nước tiểu", "mỗi ca"),
    ("diet", "Cháo", "3 bữa"),
    ("procedure", "Thay băng", ""),
)


def build(facility: Organization, doctor: User) -> tuple[User, Organization]:
    """A department with sixty patients in sixty beds, and its nurse."""
    ward = Organization.objects.create(kind="department", parent=facility, code="K99", name="Khoa đo")
    PractitionerRole.objects.create(user=doctor, role="doctor", department=ward)
    nurse = User.objects.create(
        username="bench.nurse", full_name="Vũ Thị Đo", facility=facility, staff_code="DO99"
    )
    PractitionerRole.objects.create(user=nurse, role="nurse", department=ward)
    for number in range(1, PATIENTS + 1):
        bed = Location.objects.create(
            facility=facility,
            department=ward,
            kind="bed",
            code=f"{number:02}",
            name=f"Giường {number:02}",
            position=number,
        )
        patient = Patient.objects.create(
            facility=facility,
            full_name=f"Người Bệnh Thứ {number}",
            sex="female",
            birth_date=dt.date(1960, 1, 1),
        )
        stay = visits.admit(patient=patient, department=ward, bed=bed, by=doctor, attending=doctor)
        _order(stay, doctor, nurse, number)
    return nurse, ward


def _order(stay: Encounter, doctor: User, nurse: User, number: int) -> None:
    moment = timezone.now()
    entry = documents.begin_document(encounter=stay, code="36/BV2", by=doctor)
    whose = {"facility": stay.facility, "patient_id": stay.patient_id, "encounter": stay}
    for position, (category, text, frequency) in enumerate(_ORDERS, start=1):
        order = ServiceRequest.objects.create(
            **whose, entry=entry, position=position, category=category, text=text, frequency=frequency, status="active",
            requester=doctor, confirmed_by=doctor, confirmed_at=moment, placer_number=f"B{number}-{position}",
        )  # fmt: skip
        if position == 1:
            Execution.objects.create(
                **whose, order=order, slot_at=moment, outcome="done", happened_at=moment, identified="scan",
                performer=nurse, key=uuid.uuid4(),
            )  # fmt: skip
    Precaution.objects.create(**whose, kind="fall", set_by=nurse)


@override_settings(EMR_RATE_LIMITS=False)
def measure(report: Report, doctor: User, patient: Patient) -> None:
    """The ward's page beside the bare view."""
    nurse, _ward = build(doctor.facility, doctor)
    site, browser = bare_site(), Browser(nurse)
    page, floor = costs_in_turn(
        lambda: browser.get("/bedside/"), lambda: request(site, "GET", f"/bare/{patient.pk}/")
    )
    bare = f"{floor.cpu:.2f} ms CPU"
    report.add("w", f"ward of {PATIENTS}", f"{page.cpu:.2f} ms CPU", bare, page.cpu / floor.cpu, TARGET)
    report.add("w", "its queries", "", "", queries_of(lambda: browser.get("/bedside/")), QUERIES)
    report.add("w", "its kilobytes", "", "", len(browser.get("/bedside/")) / 1000, KILOBYTES)
