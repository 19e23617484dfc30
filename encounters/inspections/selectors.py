"""Questions about mandates."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.dateparse import parse_date, parse_datetime

from emr.accounts.models import Organization, PractitionerRole, User
from emr.common.clock import local_today, now
from emr.common.vietnamese import fold
from encounters.inspections import permissions
from encounters.inspections.access import mandates_in_force
from encounters.inspections.models import Mandate, MandateChart
from encounters.visits.models import Encounter
from patients.registry.access import patients_for
from patients.registry.models import Patient
from patients.registry.subjects import own_numbers, patients_with_number

OWED = Q(status=Mandate.Status.PREPARED, answered_at=None, due_on__isnull=False)


def by_state() -> dict[str, Q]:
    """The list's filters."""
    moment = now()
    approved = Q(status=Mandate.Status.APPROVED)
    prepared = Q(status=Mandate.Status.PREPARED)
    return {
        "all": Q(),
        "prepared": prepared & Q(ends_at__gt=moment),
        "coming": approved & Q(starts_at__gt=moment),
        "in-force": approved & Q(starts_at__lte=moment, ends_at__gt=moment),
        "ended": ~Q(status=Mandate.Status.WITHDRAWN) & Q(ends_at__lte=moment),
        "withdrawn": Q(status=Mandate.Status.WITHDRAWN),
    }


def listed(mandates: QuerySet[Mandate]) -> QuerySet[Mandate]:
    """For the list: what is overdue first, then what is owed by its day, then the newest letters."""
    today = local_today()
    place = Case(
        When(OWED & Q(due_on__lt=today), then=Value(0)),
        When(OWED, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    owed = Case(When(OWED, then=F("due_on")))
    return (
        mandates.annotate(place=place, owed_on=owed, chart_count=Count("charts", distinct=True))
        .select_related("prepared_by", "approved_by")
        .order_by("place", F("owed_on").asc(nulls_last=True), "-received_on", "-pk")
    )


def searched(mandates: QuerySet[Mandate], facility_id: int, words: str) -> QuerySet[Mandate]:
    """By our number or the letter's, words of the organisation, or a listed patient's whole number."""
    text = words.strip()
    if not text:
        return mandates
    of_patient = MandateChart.objects.filter(
        facility_id=facility_id, patient__in=patients_with_number(facility_id, text.replace(" ", ""))
    )
    named = Q()
    for word in fold(text).split():
        named &= Q(search_name__contains=word)
    return mandates.filter(
        named
        | Q(number__iexact=text)
        | Q(letter_number__istartswith=text)
        | Q(pk__in=of_patient.values("mandate"))
    )


@dataclass(frozen=True, slots=True)
class ListedChart:
    """A row of a mandate's list as this person may see it: the name where they reach the chart, else the number alone."""

    chart: MandateChart
    number: str
    name: str


def charts_of(mandate: Mandate, user: User) -> list[ListedChart]:
    """The mandate's charts in the order of listing; three queries."""
    charts = list(mandate.charts.select_related("patient", "encounter__department").order_by("pk"))
    ids = {chart.patient_id for chart in charts}
    reached = set(patients_for(user, at_the_desk=False).filter(pk__in=ids).values_list("pk", flat=True))
    numbers = own_numbers(ids)
    return [
        ListedChart(
            chart,
            numbers.get(chart.patient_id, ""),
            chart.patient.full_name if chart.patient_id in reached else "",
        )
        for chart in charts
    ]


def stays_of_each(patients: Iterable[Patient]) -> dict[int, list[Encounter]]:
    """{patient's id: stays, newest first}, for the choice of one; one query."""
    found = Encounter.objects.filter(patient__in=[patient.pk for patient in patients])
    stays: dict[int, list[Encounter]] = {}
    for stay in found.exclude(status="entered-in-error").select_related("department").order_by("-started_at"):
        stays.setdefault(stay.patient_id, []).append(stay)
    return stays


def possible_readers(facility: Organization) -> list[User]:
    """The accounts that hold the right to read what mandates list."""
    held = PractitionerRole.objects.filter(user__facility=facility, user__is_active=True).at(now())
    ids = {role.user_id for role in held.with_grants() if permissions.READ in role.grants}
    return list(User.objects.filter(pk__in=ids).order_by("sort_key"))


def is_only_a_reader(user: User) -> bool:
    """Whether the account holds nothing but the reading of listed charts."""
    return user.has_right(permissions.READ) and all(user.is_listed_only(right) for right in user.rights)


@dataclass(frozen=True, slots=True)
class ToRead:
    """A chart on the reader's own page."""

    chart: MandateChart
    number: str


def to_read(reader: User) -> list[tuple[Mandate, list[ToRead]]]:
    """The mandates in force with what opens by them, those that end first on top; four queries."""
    mandates = list(mandates_in_force(reader).order_by("ends_at", "pk"))
    charts = list(
        MandateChart.objects.filter(mandate__in=mandates)
        .select_related("patient__merged_into", "encounter__department")
        .order_by("pk")
    )
    reached = set(
        patients_for(reader, permissions.READ)
        .filter(pk__in={chart.patient_id for chart in charts})
        .values_list("pk", flat=True)
    )
    numbers = own_numbers(reached)
    return [
        (
            mandate,
            [
                ToRead(chart, numbers.get(chart.patient_id, ""))
                for chart in charts
                if chart.mandate_id == mandate.pk and chart.patient_id in reached
            ],
        )
        for mandate in mandates
    ]


def mandate_of_look(reader: User, patient_id: int) -> Mandate | None:
    """By which mandate this person looks at this patient now; asked once a request."""
    kept: dict[int, Mandate | None] = reader.__dict__.setdefault("_mandates_of_looks", {})
    if patient_id not in kept:
        person = Patient.objects.filter(pk=patient_id).values(root=Coalesce("merged_into", "pk"))
        charts = MandateChart.objects.annotate(root=Coalesce("patient__merged_into", "patient")).filter(
            root=Subquery(person), mandate__in=mandates_in_force(reader)
        )
        last = charts.select_related("mandate").order_by("-mandate__ends_at", "pk").first()
        kept[patient_id] = last.mandate if last else None
    return kept[patient_id]


def versions_of(mandate: Mandate) -> list[dict[str, Any]]:
    """What the letter said before each correction, the latest first: the version, and its times to be shown. One query."""
    found = mandate.versions.select_related("replaced_by").order_by("-number")
    return [
        {
            "version": version,
            **{name: parse_datetime(version.content[name]) for name in ("starts_at", "ends_at")},
            **{name: parse_date(version.content[name]) for name in ("letter_on", "received_on")},
        }
        for version in found
    ]
