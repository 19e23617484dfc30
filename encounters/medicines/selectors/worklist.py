"""Whose medicines are due in my wards: a row a patient, the late ones first."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.vietnamese import fold
from encounters.medicines import permissions
from encounters.medicines.models import DeviceEvent, DueDose, GivingConflict
from encounters.medicines.selectors.tray import bed_of
from encounters.medicines.selectors.ward import DoseCounts, doses_by_stay, late_since
from encounters.orders.models import Order
from encounters.visits.models import Encounter, EncounterLocation
from patients.registry.access import not_hidden

_SOON = dt.timedelta(hours=1)
_AHEAD = dt.timedelta(hours=8)
LATE, DUE, RUNNING, ALL = "late", "due", "running", "all"
_TITLES: dict[str, StrOrPromise] = {
    DUE: pgettext_lazy("dose", "Due now"),
    LATE: pgettext_lazy("dose", "Late"),
    RUNNING: _("Infusions that run"),
    ALL: _("All"),
}


@dataclass(frozen=True, slots=True)
class WorklistFilter:
    """What the list shows."""

    chip: str = DUE
    department_id: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter with the number of patients that it shows."""

    key: str
    title: StrOrPromise
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """One patient with the counts of the next hours."""

    encounter: Encounter
    bed: str
    counts: DoseCounts


def _doses(user: User, wanted: WorklistFilter) -> QuerySet[DueDose]:
    found = DueDose.objects.filter(
        not_hidden(user, permissions.GIVE, "encounter__patient"),
        facility_id=user.facility_id,
        encounter__status=Encounter.Status.IN_PROGRESS,
        ended="",
        outcome__in=["", "running"],
    ).exclude(order__status=Order.Status.ON_HOLD, outcome="")
    reach = user.departments_for(permissions.GIVE)
    if isinstance(reach, frozenset):
        found = found.filter(encounter__department__in=reach)
    if wanted.department_id is not None:
        found = found.filter(encounter__department=wanted.department_id)
    return found


def _conditions(facility_id: int) -> dict[str, Q]:
    return {
        DUE: Q(outcome="", due_at__lte=now() + _SOON),
        LATE: Q(outcome="", due_at__lt=late_since(facility_id)),
        RUNNING: Q(outcome="running"),
        ALL: Q(),
    }


def chips(user: User, wanted: WorklistFilter) -> list[Chip]:
    """The filters, each with its patients counted: one query."""
    counts = _doses(user, wanted).aggregate(
        **{
            key: Count("encounter", distinct=True, filter=condition)
            if key != ALL
            else Count("encounter", distinct=True)
            for key, condition in _conditions(user.facility_id).items()
        }
    )
    return [Chip(key, title, counts[key]) for key, title in _TITLES.items()]


def wanted_stays(user: User, wanted: WorklistFilter) -> QuerySet[Encounter]:
    """The stays under the filter, by what is due first."""
    conditions = _conditions(user.facility_id)
    doses = _doses(user, wanted).filter(conditions.get(wanted.chip, conditions[DUE]))
    first = (
        doses.order_by()
        .filter(encounter=OuterRef("pk"))
        .values("encounter")
        .annotate(first=Min("due_at"))
        .values("first")
    )
    stays = Encounter.objects.filter(facility_id=user.facility_id, pk__in=doses.values("encounter"))
    for word in fold(wanted.words).split():
        stays = stays.filter(
            Q(patient__search_name__contains=word)
            | Q(admission_number__startswith=word)
            | Q(identifier__startswith=word)
            | Q(locations__location__code__iexact=word, locations__ends_at=None, locations__cancelled_at=None)
        )
    return stays.annotate(first=Subquery(first)).order_by("first", "pk").distinct()


def rows_of(stays: list[Encounter]) -> list[Row]:
    """The page's stays with their counts; five queries whatever their number."""
    ids = [stay.pk for stay in stays]
    places = EncounterLocation.objects.filter(ends_at=None, cancelled_at=None).select_related("location")
    known = Encounter.objects.select_related("patient", "department").prefetch_related(
        Prefetch("locations", places, to_attr="present")
    )
    whole = {stay.pk: stay for stay in known.filter(pk__in=ids)}
    counts = doses_by_stay(ids, now() - _SOON, now() + _AHEAD, stays[0].facility_id) if stays else {}
    return [Row(whole[pk], bed_of(whole[pk]), counts.get(pk, DoseCounts())) for pk in ids]


def open_conflicts(user: User) -> QuerySet[GivingConflict]:
    """What waits to be settled of the person's wards, the oldest first."""
    found = GivingConflict.objects.filter(
        not_hidden(user, permissions.SETTLE, "encounter__patient"), facility_id=user.facility_id, outcome=""
    )
    reach = user.departments_for(permissions.SETTLE)
    if isinstance(reach, frozenset):
        found = found.filter(encounter__department__in=reach)
    return found.select_related(
        "dose__order", "encounter__patient", "encounter__department", "performer", "standing__performer"
    )


_SHOWN_FOR, _MOST_REFUSED = dt.timedelta(days=7), 50


def refused_events(user: User) -> list[DeviceEvent]:
    """Acts of devices that nothing was made of in the last week, of the person's wards or of a stay that nobody named;
    the newest first, fifty at most. One query.
    """
    found = DeviceEvent.objects.filter(
        Q(encounter=None) | not_hidden(user, permissions.SETTLE, "encounter__patient"),
        facility_id=user.facility_id,
        status=DeviceEvent.Status.REFUSED,
        created_at__gte=now() - _SHOWN_FOR,
    )
    reach = user.departments_for(permissions.SETTLE)
    if isinstance(reach, frozenset):
        found = found.filter(Q(encounter=None) | Q(encounter__department__in=reach))
    return list(
        found.select_related("encounter__patient", "by").order_by("-created_at", "-pk")[:_MOST_REFUSED]
    )
