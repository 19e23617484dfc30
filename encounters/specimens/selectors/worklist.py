"""Who is to be drawn in my wards: a row a patient, the pressing ones first."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Case, Count, Exists, IntegerField, Min, OuterRef, Prefetch, Q, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.vietnamese import fold
from encounters.orders.models import ServiceRequest
from encounters.specimens import permissions
from encounters.specimens.models import Specimen, SpecimenRequest
from encounters.specimens.selectors.wanted import RANKS, Need, needs_of, wanted_requests
from encounters.visits.models import Encounter, EncounterLocation
from patients.registry.access import not_hidden

# How far ahead of its hour a test comes onto the list of what is due.
_AHEAD = dt.timedelta(hours=2)
DUE, STAT, AGAIN, LATER, ALL = "due", "stat", "again", "later", "all"
_TITLES: dict[str, StrOrPromise] = {
    DUE: _("Due now"),
    STAT: _("Immediately"),
    AGAIN: _("To be taken again"),
    LATER: pgettext_lazy("specimen", "Later"),
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
    """One patient with the tubes that are wanted."""

    encounter: Encounter
    bed: str
    needs: list[Need]


def _wanted(user: User, wanted: WorklistFilter) -> QuerySet[ServiceRequest]:
    found = wanted_requests(user.facility_id).filter(
        not_hidden(user, permissions.COLLECT, "encounter__patient")
    )
    reach = user.departments_for(permissions.COLLECT)
    if isinstance(reach, frozenset):
        found = found.filter(encounter__department__in=reach)
    if wanted.department_id is not None:
        found = found.filter(encounter__department=wanted.department_id)
    return found


def _conditions() -> dict[str, Q]:
    soon = now() + _AHEAD
    failed = SpecimenRequest.objects.filter(
        request=OuterRef("pk"),
        is_current=False,
        specimen__status__in=[
            Specimen.Status.UNSATISFACTORY,
            Specimen.Status.UNAVAILABLE,
            Specimen.Status.ENTERED_IN_ERROR,
        ],
    )
    return {
        DUE: Q(occurrence_at=None) | Q(occurrence_at__lte=soon),
        STAT: Q(priority=ServiceRequest.Priority.STAT),
        AGAIN: Q(Exists(failed)),
        LATER: Q(occurrence_at__gt=soon),
        ALL: Q(),
    }


def chips(user: User, wanted: WorklistFilter) -> list[Chip]:
    """The filters, each with its patients counted: one query."""
    found = _wanted(user, wanted)
    counts = found.aggregate(
        **{
            key: Count("encounter", distinct=True, filter=condition)
            for key, condition in _conditions().items()
            if key != ALL
        },
        **{ALL: Count("encounter", distinct=True)},
    )
    return [Chip(key, title, counts[key]) for key, title in _TITLES.items()]


def _of_chip(user: User, wanted: WorklistFilter) -> QuerySet[ServiceRequest]:
    conditions = _conditions()
    return _wanted(user, wanted).filter(conditions.get(wanted.chip, conditions[DUE]))


def wanted_stays(user: User, wanted: WorklistFilter) -> QuerySet[Encounter]:
    """The stays with something to draw: what is immediate first, then by the hour that it is due or was ordered."""
    rank = Case(
        *(When(priority=code, then=place) for code, place in RANKS.items()), output_field=IntegerField()
    )
    asked = (
        _of_chip(user, wanted)
        .order_by()
        .values("encounter")
        .annotate(rank=Min(rank), first=Min(Coalesce("occurrence_at", "confirmed_at")))
        .filter(encounter=OuterRef("pk"))
    )
    stays = Encounter.objects.filter(facility_id=user.facility_id, status=Encounter.Status.IN_PROGRESS)
    stays = stays.annotate(rank=asked.values("rank"), first=asked.values("first")).filter(rank__isnull=False)
    for word in fold(wanted.words).split():
        stays = stays.filter(
            Q(patient__search_name__contains=word)
            | Q(admission_number__startswith=word)
            | Q(identifier__startswith=word)
            | Q(locations__location__code__iexact=word, locations__ends_at=None, locations__cancelled_at=None)
        )
    return stays.order_by("rank", "first", "pk").distinct()


def rows_of(user: User, wanted: WorklistFilter, stays: list[Encounter]) -> list[Row]:
    """The page's stays with their tubes; five queries whatever their number."""
    ids = [stay.pk for stay in stays]
    places = EncounterLocation.objects.filter(ends_at=None, cancelled_at=None).select_related("location")
    known = Encounter.objects.select_related("patient", "department").prefetch_related(
        Prefetch("locations", places, to_attr="present")
    )
    whole = {stay.pk: stay for stay in known.filter(pk__in=ids)}
    needs: dict[int, list[Need]] = {}
    for need in needs_of(user.facility_id, _of_chip(user, wanted).filter(encounter__in=ids)):
        needs.setdefault(need.encounter_id, []).append(need)
    return [Row(whole[pk], _bed(whole[pk]), needs.get(pk, [])) for pk in ids]


def _bed(stay: Encounter) -> str:
    present: list[EncounterLocation] = stay.present  # type: ignore[attr-defined]  # prefetched
    for place in present:
        return place.location.name if place.location is not None else place.location_as_sent
    return ""
