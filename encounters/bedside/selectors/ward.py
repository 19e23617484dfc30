"""A ward in a shift: a row a patient in the order of the beds; as many queries for sixty as for one."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, DateTimeField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.accounts.models import Organization, User
from emr.common.clock import now
from emr.common.compiled import Compiled
from emr.common.vietnamese import fold
from encounters.bedside import neighbours, permissions
from encounters.bedside.models import Assignment, Look, Precaution
from encounters.bedside.selectors.stays import NEVER_LOOKED, is_news
from encounters.bedside.selectors.tasks import DUE, LATER, RANK, Load, loads_by_stay
from encounters.bedside.selectors.tasks import OVERDUE as LATE
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.visits.models import Encounter, EncounterLocation
from encounters.visits.shifts import Shift
from patients.history.models import AllergyIntolerance
from patients.registry.access import known_of, not_hidden_from
from patients.registry.models import Patient

ALL, MINE, OVERDUE, NEWS = "all", "mine", "overdue", "news"
_TITLES: dict[str, StrOrPromise] = {
    ALL: pgettext_lazy("ward", "All"),
    MINE: pgettext_lazy("ward", "Mine"),
    OVERDUE: pgettext_lazy("ward", "Overdue"),
    NEWS: _("New orders"),
}
_ISOLATION = {Precaution.Kind.CONTACT, Precaution.Kind.DROPLET, Precaution.Kind.AIRBORNE}


@dataclass(frozen=True, slots=True)
class WardFilter:
    """What the list shows."""

    chip: str = ALL
    words: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter with the number of patients that it shows."""

    key: str
    title: StrOrPromise
    count: int


@dataclass(slots=True)
class Row:
    """One patient of the ward in the shift."""

    place: EncounterLocation
    nurse_id: int | None
    nurse: str
    precautions: list[str]
    allergies: list[str] = field(default_factory=list)
    load: Load = field(default_factory=Load)
    news: int = 0
    doses: neighbours.DoseCounts | None = None
    warning: neighbours.Warning | None = None

    @property
    def stay(self) -> Encounter:
        """The patient's stay."""
        return self.place.encounter

    @property
    def patient(self) -> Patient:
        """Who lies there."""
        return self.place.encounter.patient

    @property
    def bed(self) -> str:
        """The bed's name, or the sender's word for it."""
        return self.place.location.name if self.place.location is not None else self.place.location_as_sent

    @property
    def isolation(self) -> list[str]:
        """Kinds of isolation: how to dress before coming near."""
        return [kind for kind in self.precautions if kind in _ISOLATION]

    @property
    def risks(self) -> list[str]:
        """Kinds of the other precautions."""
        return [kind for kind in self.precautions if kind not in _ISOLATION]

    @property
    def next_dose_at(self) -> dt.datetime | None:
        """When the next dose is due, where that comes before the next task; None where the task does, or nothing is owed.

        What is late comes first, by its hour; of what is due by now the dose, which has an hour where a task may have the
        whole shift; then what comes later, by its hour.
        """
        doses, load = self.doses, self.load
        if doses is None or doses.next_at is None:
            return None
        rank = LATE if doses.overdue else DUE if doses.next_at <= now() else LATER
        if rank == LATER and not doses.due:  # it is for another shift
            return None
        if load.next_at is None or RANK[rank] < load.next_rank:
            return doses.next_at
        is_first = rank == DUE or doses.next_at <= load.next_at
        return doses.next_at if RANK[rank] == load.next_rank and is_first else None

    @property
    def overdue(self) -> int:
        """Tasks and doses whose time has passed."""
        return self.load.overdue + (self.doses.overdue if self.doses else 0)

    @property
    def due(self) -> int:
        """Tasks and doses for now, and for later in the shift."""
        return self.load.due + (max(self.doses.due - self.doses.overdue, 0) if self.doses else 0)

    @property
    def done(self) -> int:
        """Tasks and doses that were carried out or left out with a reason."""
        return self.load.done + (self.doses.given + self.doses.not_given if self.doses else 0)


def _counted(model: type[MedicationRequest] | type[ServiceRequest]) -> Coalesce:
    """How many of the stay's orders are news to the person whose `seen` stands in the row."""
    found = (
        model.objects.filter(is_news(OuterRef("seen")), encounter=OuterRef("encounter_id"))
        .order_by()
        .values("encounter")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return Coalesce(Subquery(found), 0)


# What a row shows: the rest of the four tables stays where it is.
_READ = (
    "location_as_sent",
    "location",
    "encounter",
    "encounter__patient",
    *(f"location__{name}" for name in ("name", "code", "position")),
    *(f"encounter__{name}" for name in ("uuid", "identifier", "admission_number")),
    *(
        f"encounter__patient__{name}"
        for name in ("full_name", "search_name", "sort_key", "sex", "merged_into")
    ),
    *(f"encounter__patient__birth_{name}" for name in ("date", "month", "year", "precision")),
)


def _places(user: User, department: Organization, shift: Shift) -> QuerySet[Any]:
    """Who lies there, of those that the person may know of."""
    if not user.has_right(permissions.READ):
        return EncounterLocation.objects.none()
    known = known_of(user, permissions.READ, at_the_desk=False)
    return _bed_places(known, user.pk, user.facility_id, department.pk, shift.start, now() - NEVER_LOOKED)


@Compiled
def _bed_places(  # noqa: PLR0917  each reaches the SQL
    known: str, user_id: int, facility_id: int, department_id: int, start: dt.datetime, never: dt.datetime
) -> QuerySet[Any]:
    here = EncounterLocation.objects.filter(
        not_hidden_from(known, "encounter__patient"),
        facility_id=facility_id,
        department=department_id,
        ends_at=None,
        cancelled_at=None,
        encounter__status=Encounter.Status.IN_PROGRESS,
    ).exclude(encounter__encounter_class=Encounter.Class.AMBULATORY)
    look = Look.objects.filter(encounter=OuterRef("encounter_id"), user=user_id).values("seen_at")[:1]
    given = Assignment.objects.filter(encounter=OuterRef("encounter_id"), starts_at=start, ended_at=None)
    held = Precaution.objects.filter(encounter=OuterRef("encounter_id"), ends_at=None).order_by("kind")
    return (
        here.annotate(seen=Coalesce(Subquery(look), Value(never, output_field=DateTimeField())))
        .annotate(
            nurse_id=Subquery(given.values("nurse_id")[:1]),
            nurse=Subquery(given.values("nurse__full_name")[:1]),
            precautions=ArraySubquery(held.values("kind")),
            news=_counted(MedicationRequest) + _counted(ServiceRequest),
        )
        .select_related("encounter__patient", "location")
        .only(*_READ)
        .order_by(
            F("location__position").asc(nulls_last=True),
            "location__code",
            "encounter__patient__sort_key",
            "pk",
        )
    )


def allergies_of(patients: Sequence[Patient]) -> dict[int, list[str]]:
    """{the person's first row: substances}, those of merged rows too; one query."""
    found: dict[int, list[str]] = {}
    for patient_id, merged_id, substance in _substances(list({patient.root_id for patient in patients})):
        found.setdefault(merged_id or patient_id, []).append(substance)
    return found


@Compiled
def _substances(roots: list[int]) -> QuerySet[Any, Any]:
    rows = AllergyIntolerance.objects.filter(
        Q(patient__any_of=roots) | Q(patient__merged_into__any_of=roots), status="active", is_none_known=False
    )
    return rows.order_by("pk").values_list("patient", "patient__merged_into", "substance")


def ward_rows(user: User, department: Organization, shift: Shift, before: Shift | None = None) -> list[Row]:
    """Everybody who lies in the department now, in the order of the beds; four queries and the neighbours'."""
    places = list(_places(user, department, shift))
    rows = [
        Row(place, place.nurse_id, place.nurse or "", place.precautions, news=place.news) for place in places
    ]
    ids = [row.stay.pk for row in rows]
    allergies = allergies_of([row.patient for row in rows])
    loads = loads_by_stay(ids, shift, before)
    doses = neighbours.doses_of(ids, shift.start, shift.end, department.facility_id)
    warnings = neighbours.warnings_of(ids)
    for row in rows:
        row.allergies = allergies.get(row.patient.root_id, [])
        row.load = loads[row.stay.pk]
        row.doses, row.warning = doses.get(row.stay.pk), warnings.get(row.stay.pk)
    return rows


def _fits(row: Row, chip: str, user: User) -> bool:
    match chip:
        case "mine":
            return row.nurse_id == user.pk
        case "overdue":
            return bool(row.overdue)
        case "news":
            return bool(row.news)
    return True


def chips_of(rows: list[Row], user: User) -> list[Chip]:
    """The filters with their counts; no query."""
    counts = Counter(key for key in _TITLES for row in rows if _fits(row, key, user))
    return [Chip(key, title, counts[key]) for key, title in _TITLES.items()]


def shown_rows(rows: list[Row], wanted: WardFilter, user: User) -> list[Row]:
    """Those that fit the filter and the words: of a name without accents, a bed, or a number's beginning."""
    words = fold(wanted.words).split()
    return [
        row for row in rows if _fits(row, wanted.chip, user) and all(_has_word(row, word) for word in words)
    ]


def _has_word(row: Row, word: str) -> bool:
    bed = fold(row.bed).split()
    numbers = (row.stay.admission_number, row.stay.identifier)
    return (
        word in row.patient.search_name
        or word in bed
        or any(number.startswith(word) for number in numbers if number)
    )
