"""What may be ordered on a day, found by words with or without accents."""

import datetime as dt
from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Q, QuerySet

from emr.common.clock import local_today
from emr.common.compiled import Compiled
from emr.terminology.text import words
from encounters.documents.models import Document
from encounters.orders.models import DatedRow, OrderableService, OrderSet, ReuseWindow
from encounters.visits.models import Condition

Row = TypeVar("Row", bound=DatedRow)


def in_force(rows: QuerySet[Row], on: dt.date | None = None) -> QuerySet[Row]:
    """The rows that mean something on that day (default today)."""
    day = on or local_today()
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=day)
    return rows.filter(begun & (Q(valid_to__isnull=True) | Q(valid_to__gte=day)))


def _worded(rows: QuerySet[Row], typed: str) -> QuerySet[Row]:
    for word in words(typed):
        rows = rows.filter(search_text__contains=f" {word}")
    return rows


def orderable(facility_id: int, typed: str = "", *, category: str = "") -> QuerySet[OrderableService]:
    """The services in force today that have all the words, by code."""
    found = in_force(OrderableService.objects.filter(facility_id=facility_id))
    if category:
        found = found.filter(category=category)
    return _worded(found, typed).order_by("code")


def services_by_code(facility_id: int, codes: Iterable[str]) -> dict[str, OrderableService]:
    """The services in force today; an unknown code is left out. One query, none without codes."""
    wanted = sorted(set(codes))
    found = _services_of_codes(facility_id, wanted, local_today()) if wanted else ()
    return {row.code: row for row in found}


@Compiled
def _services_of_codes(facility_id: int, codes: list[str], on: dt.date) -> QuerySet[OrderableService]:
    return in_force(OrderableService.objects.filter(facility_id=facility_id, code__any_of=codes), on)


def windows_by_code(facility_id: int, codes: Iterable[str]) -> dict[str, ReuseWindow]:
    """For how long results of these services are good, today. One query."""
    found = in_force(ReuseWindow.objects.filter(facility_id=facility_id, code__in=set(codes)))
    return {row.code: row for row in found}


def sets_for(entry: Document, typed: str = "") -> list[OrderSet]:
    """The sets that this entry's department may use, those for one of the stay's diagnoses first. Two queries."""
    found = OrderSet.objects.filter(facility_id=entry.facility_id, is_active=True).filter(
        Q(department_code="") | Q(department_code=entry.department.code)
    )
    for word in words(typed):
        found = found.filter(search_text__contains=f" {word}")
    codes = list(
        Condition.objects.filter(encounter_id=entry.encounter_id, status=Condition.Status.CONFIRMED)
        .exclude(code="")
        .values_list("code", flat=True)
    )

    def place(found_set: OrderSet) -> tuple[int, str]:
        fits = bool(found_set.diagnosis) and any(code.startswith(found_set.diagnosis) for code in codes)
        return (0 if fits else 2 if found_set.diagnosis else 1, found_set.code)

    return sorted(found, key=place)
