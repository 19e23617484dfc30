"""A ward's medicines in the making: an order by telephone that waits for its doctor, a question of the pharmacist's."""

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal

from emr.accounts.models import User
from emr.common.clock import now
from encounters.orders.models import MedicationRequest, SpokenOrder
from encounters.orders.selectors.spoken import doctors_for
from encounters.orders.services import accept_orders, comment_on_order, record_spoken_order, understand
from encounters.results.services import record_vital_signs
from encounters.visits.models import Encounter

_LINE = "paracetamol 500 1v x3 PRN sốt"
_CHOICE = f"line:TH0001:{_LINE}"
# Insulin by the glucose, and a taper: what nurses give by more than a number.
_REGIMENS = tuple(
    (f"line:{code}:{line}", line)
    for code, line in (
        ("TH0088", "insulin thang <8:0 8-12:2 12-16:4 >16:6! x3 tdd"),
        ("TH0093", "methylprednisolon 2v x1 3n > 1v 3n > 0,5v 3n sa"),
    )
)


def build(people: dict[str, User]) -> None:
    """What stands on the home pages of An, Bình and the pharmacist."""
    doctor, nurse, pharmacist = people["bacsi"], people["dieuduong"], people["duocsi"]
    stays = Encounter.objects.filter(
        facility=doctor.facility, status=Encounter.Status.IN_PROGRESS, department__code="K03"
    ).select_related("patient", "department", "facility")
    for stay in stays.order_by("pk")[:8]:
        if _telephoned(stay, doctor, nurse):
            break
    for stay in stays.order_by("-pk")[:8]:
        if _by_regimen(stay, doctor, nurse):
            break
    medicines = MedicationRequest.objects.filter(
        facility=doctor.facility, status=MedicationRequest.Status.ACTIVE, confirmed_at__isnull=False
    ).order_by("pk")
    accept_orders(orders=medicines[:6], by=pharmacist)
    asked = medicines.filter(pharmacy_review=None, requester=doctor).first()
    if asked is not None:
        comment_on_order(
            order=asked, text="Người bệnh ăn được, có chuyển sang đường uống không?", by=pharmacist
        )


def _telephoned(stay: Encounter, doctor: User, nurse: User) -> bool:
    """One order of last night, where the checks have no question; whether it was written."""
    return _spoken(stay, doctor, nurse, ((_CHOICE, _LINE),), "Sốt 38,8 °C")


def _by_regimen(stay: Encounter, doctor: User, nurse: User) -> bool:
    """A scale with a value that chooses its line, and a taper; whether they were written."""
    if not _spoken(stay, doctor, nurse, _REGIMENS, "Đường huyết cao sau corticoid"):
        return False
    record_vital_signs(
        encounter=stay,
        values={"glucose": Decimal("13.2")},
        by=nurse,
        effective_at=max(now() - dt.timedelta(minutes=12), stay.started_at),
        batch=uuid.uuid5(stay.uuid, "demo glucose"),
        confirmed=True,
    )
    return True


def _spoken(stay: Encounter, doctor: User, nurse: User, said: Sequence[tuple[str, str]], reason: str) -> bool:
    at = max(now() - dt.timedelta(hours=3), stay.started_at)
    lines = understand(stay, said, at)
    asks = any(line.problem or any(a.level == "interrupt" for a in line.alerts) for line in lines)
    if asks or doctor.pk not in {found.pk for found in doctors_for(stay)}:
        return False
    record_spoken_order(
        encounter=stay,
        kind=SpokenOrder.Kind.TELEPHONE,
        prescriber=doctor,
        said=said,
        spoken_at=at,
        read_back=True,
        reason=reason,
        token=uuid.uuid5(stay.uuid, "demo spoken order"),
        by=nurse,
    )
    return True
