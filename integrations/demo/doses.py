"""A ward's shift with medicines: most of what was due is given, something refused, something late, a tray filled."""

import datetime as dt
import uuid

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.medicines.gs1 import check_digit
from encounters.medicines.models import DueDose, MedicinePackage
from encounters.medicines.services import Given, Told, give_dose, not_given, plan_order
from encounters.medicines.services.tray import count_labels, fill_tray
from encounters.orders.models import MedicationRequest
from encounters.visits.models import Encounter
from encounters.visits.shifts import shift_at

People = dict[str, User]


def build(people: People) -> None:
    """The doses of the ward in which Bình and the head nurse work; the others' come with the workers."""
    nurse = people["dieuduong"]
    _packages(nurse)
    orders = MedicationRequest.objects.filter(
        facility=nurse.facility,
        status=MedicationRequest.Status.ACTIVE,
        encounter__department__code="K03",
        encounter__status=Encounter.Status.IN_PROGRESS,
    )
    for pk in orders.order_by("pk").values_list("pk", flat=True):
        plan_order(order_id=pk)
    past = DueDose.objects.filter(
        order__in=orders, outcome="", ended="", due_at__lt=now() - dt.timedelta(minutes=20)
    ).select_related("order", "patient", "encounter__patient", "encounter__department")
    for number, dose in enumerate(past.order_by("due_at", "pk")):
        _answer(number, dose, people)
    _fill(nurse)


def _packages(nurse: User) -> None:
    """Three packages to try a scanner with: numbers of GS1's internal range (02), no manufacturer's."""
    for number, code in enumerate(("TH0001", "TH0088", "TH0090"), start=1):
        digits = f"0200000000{number:03d}"
        MedicinePackage.objects.get_or_create(
            facility=nurse.facility,
            code=f"{digits}{check_digit(digits)}",
            defaults={"medicine": code, "source": "Số thử của bệnh viện mẫu"},
        )


def _answer(number: int, dose: DueDose, people: People) -> None:
    """Every twelfth is refused, every ninth nobody has answered; the others went in a few minutes after their time."""
    if number % 9 == 8:
        return
    key = uuid.uuid5(dose.order.uuid, f"demo dose {dose.slot}")
    if number % 12 == 5:
        not_given(dose=dose, reason="refused", told=Told(key=key), by=people["dieuduong"])
        return
    at = max(dose.due_at + dt.timedelta(minutes=number % 17), dose.encounter.started_at)
    try:
        give_dose(
            dose=dose,
            encounter=dose.encounter,
            told=Told(key=key, happened_at=min(at, now())),
            given=Given(),
            witness=people["ddtruong"],
            by=people["dieuduong"],
        )
    except DomainError:  # what asks for a vital sign first waits for it
        return


def _fill(nurse: User) -> None:
    departments = [role.department for role in nurse.current_roles if role.department.code == "K03"]
    shift = shift_at(nurse.facility_id, now())
    for department in departments[:1]:
        try:
            key = uuid.uuid5(department.uuid, "demo tray")
            tray = fill_tray(department=department, start=shift.start, end=shift.end, key=key, by=nurse)
        except DomainError:  # nothing more is due in this shift
            return
        count_labels(doses=tray.doses.all(), by=nurse, form="pdf")
