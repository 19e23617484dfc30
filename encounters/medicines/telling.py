"""Who is told that a dose has to be settled, and that doses were missed."""

import datetime as dt

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization, User
from emr.common import wall
from emr.common.clock import now
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.models import Notice
from emr.notices.services import Holders, notify, withdraw
from emr.notices.watches import register_watch
from encounters.medicines.models import DueDose, GivingConflict
from encounters.medicines.selectors.reasons import missed_hours
from encounters.orders.models import Order
from encounters.visits.models import Encounter

CONFLICT, MISSED = "medicines.conflict", "medicines.missed"


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=CONFLICT,
            title=_("A dose to settle, %(department)s"),
            body=_(
                "A device told of a dose that somebody had answered already, or that wasn't wanted any more."
                " Say what really happened."
            ),
            level=Level.URGENT,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD), Step(60, "head_of_department")),
        )
    )
    register_kind(
        Kind(
            code=MISSED,
            title=_("Doses that nobody answered, %(department)s: %(count)s"),
            body=_("They are past their time by hours: give them, or say why not."),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD), Step(60, "head_of_department")),
        )
    )
    register_watch("missed doses", look)


def tell_of_conflict(conflict: GivingConflict) -> None:
    """Ring for the head nurse of where the patient is."""
    department = conflict.encounter.department
    if department is None:
        return
    notify(
        kind=CONFLICT,
        key=f"{CONFLICT}:{conflict.pk}",
        facility=conflict.facility,
        to=[Holders("head_nurse", department)],
        parameters={"department": department.name},
        department=department,
        about=conflict,
        link=("encounters:medicines:conflicts",),
    )


def stop_telling(conflict: GivingConflict, *, by: User) -> None:
    """It is settled."""
    withdraw(key=f"{CONFLICT}:{conflict.pk}", facility=conflict.facility, by=by)


def look() -> None:
    """Each minute, a facility at a time: a department's missed doses are told once, until none is left."""
    for facility in Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True):
        with wall.within(facility.pk):
            _look_at(facility)


def _look_at(facility: Organization) -> None:
    since = now() - dt.timedelta(hours=missed_hours(facility.pk))
    missed = (
        DueDose.objects.filter(
            facility=facility,
            outcome="",
            ended="",
            due_at__lt=since,
            encounter__status=Encounter.Status.IN_PROGRESS,
            encounter__department__isnull=False,
        )
        .exclude(order__status=Order.Status.ON_HOLD)
        .order_by()
        .values("encounter__department")
        .annotate(count=Count("pk"))
    )
    counts = {row["encounter__department"]: row["count"] for row in missed}
    told = Notice.objects.filter(facility=facility, kind=MISSED, cause_gone_at=None)
    for key in set(told.values_list("key", flat=True)) - {f"{MISSED}:{pk}" for pk in counts}:
        withdraw(key=key, facility=facility)
    for department in Organization.objects.filter(pk__in=counts):
        notify(
            kind=MISSED,
            key=f"{MISSED}:{department.pk}",
            facility=facility,
            to=[Holders("nurse", department), Holders("head_nurse", department)],
            parameters={"department": department.name, "count": str(counts[department.pk])},
            department=department,
            link=("encounters:medicines:ward",),
        )
