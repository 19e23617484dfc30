"""A ward at half past ten: An who orders, Bình who is at the beds, Thu the head nurse, bà Đào in bed 01."""

import datetime as dt
import uuid
from typing import Any
from unittest.mock import patch

from django.utils import timezone

from emr.accounts.models import User
from emr.common.clock import now
from encounters.bedside import services
from encounters.bedside.models import Execution
from encounters.orders.models import ServiceRequest
from encounters.visits.models import Encounter
from encounters.visits.shifts import Shift, shift_at
from tests.emr.people import make_binh, make_facility, make_user
from tests.encounters import chart
from tests.encounters.results.reports import order
from tests.encounters.visits.ward import admit, department, make_bed
from tests.patients.people import make_patient

MORNING = "10:30"
TODAY = timezone.localdate()


def at(hour: str) -> dt.datetime:
    """That time of today at the hospital."""
    return timezone.make_aware(dt.datetime.combine(TODAY, dt.time.fromisoformat(hour)))


def clock(hour: str = MORNING) -> Any:
    """The time is that of today; real datetimes, which compiled queries ask for."""
    moment = at(hour)
    return patch("django.utils.timezone.now", lambda: moment)


def make_world(since: dt.datetime | None = None) -> tuple[User, User, Encounter]:
    """(An, Bình, Đào's stay since 05:00 in bed 01)."""
    an, stay = chart.make_stay(bed=make_bed("01"), at=since or at("05:00"))
    return an, make_binh(department()), stay


def make_thu() -> User:
    """Thu, head nurse of internal medicine."""
    return make_user("thu", "Phạm Thị Thu", "head_nurse", department(), title="CNĐD")


def care(stay: Encounter, by: User, text: str = "Chăm sóc cấp II", **told: Any) -> ServiceRequest:
    """An order that nurses carry out, in effect."""
    return order(stay, by, "", **{"category": "care-level", "text": text} | told)


def dressing(stay: Encounter, by: User, **told: Any) -> ServiceRequest:
    """A procedure, once today."""
    return care(stay, by, **{"category": "procedure", "text": "Thay băng vết mổ"} | told)


def neighbour(
    name: str = "Trần Thị Hoa", bed: str | None = None, since: dt.datetime | None = None
) -> Encounter:
    """Another patient of the ward."""
    place = make_bed(bed) if bed else None
    return admit(make_patient(name), bed=place, at=since or at("05:00"))


def this_shift() -> Shift:
    """The shift of now."""
    return shift_at(make_facility().pk, now())


def tick(request: ServiceRequest, slot_at: dt.datetime, by: User, **told: Any) -> Execution:
    """Done, now, after a scan."""
    usual = {"outcome": "done", "key": uuid.uuid4(), "happened_at": now(), "identified": "scan"}
    return services.record_execution(order=request, slot_at=slot_at, by=by, **usual | told)
