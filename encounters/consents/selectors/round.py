"""The ward's round of daily disclosures: a row a patient in the order of the beds, and whose turn is next."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.accounts.models import Organization, User
from emr.common.clock import local_today
from emr.common.vietnamese import fold
from encounters.consents import permissions
from encounters.consents.models import Confirmation
from encounters.documents.daily import Told, daily_disclosure
from encounters.documents.models import Document, DocumentBytes
from encounters.visits.forms.fields import clinical_departments
from encounters.visits.models import Encounter, EncounterLocation
from encounters.visits.selectors.wards import day_bounds
from patients.registry.access import not_hidden

# As the round goes: to be made, being printed, waiting for the patient, done; those with nothing to be told last.
TO_MAKE, PRINTING, WAITING, DONE, NOTHING = "to-make", "printing", "waiting", "done", "nothing"
TITLES: dict[str, StrOrPromise] = {
    "all": _("All"),
    TO_MAKE: _("To be made"),
    WAITING: _("To be confirmed"),
    DONE: _("Confirmed today"),
    NOTHING: _("Nothing to tell"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One patient of the ward: bed, what there is to tell, the document that says it, its confirmation."""

    stay: Encounter
    bed: str
    state: str
    line_count: int
    document: Document | None
    confirmation: Confirmation | None


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter with its count."""

    key: str
    title: StrOrPromise
    count: int


def my_departments(user: User) -> list[Organization]:
    """The clinical departments in which the person may take confirmations."""
    return [d for d in clinical_departments(user.facility_id) if user.has_right(permissions.TAKE, d.pk)]


def places_of_ward(user: User, department: Organization) -> QuerySet[EncounterLocation]:
    """Where the ward's inpatients are now, in the order of the beds; without patients whom the person may not see."""
    return (
        EncounterLocation.objects.filter(
            not_hidden(user, permissions.TAKE, "encounter__patient"),
            facility_id=user.facility_id,
            department=department,
            ends_at=None,
            cancelled_at=None,
            encounter__status=Encounter.Status.IN_PROGRESS,
            encounter__encounter_class="IMP",
        )
        .select_related("encounter__patient", "encounter__department", "encounter__facility", "location")
        .order_by("location__position", "location__code", "encounter__patient__sort_key", "pk")
    )


def rows_of_round(user: User, department: Organization, day: dt.date | None = None) -> list[Row]:
    """The ward's patients with today's disclosure; as many queries for forty as for one."""
    places = list(places_of_ward(user, department))
    start, end = day_bounds(day or local_today())
    disclosure = daily_disclosure()
    told = disclosure.told([place.encounter_id for place in places], start, end) if disclosure else {}
    versions = [
        row.document.current_version_id
        for row in told.values()
        if row.document is not None and row.document.current_version_id
    ]
    given = Confirmation.objects.filter(version__in=versions).select_related("staff")
    confirmed = {row.version_id: row for row in given.defer("strokes", "witness_strokes")}
    printed = set(DocumentBytes.objects.filter(version__in=versions).values_list("version_id", flat=True))
    return [_row(place, told.get(place.encounter_id), confirmed, printed) for place in places]


def _row(
    place: EncounterLocation,
    told: Told | None,
    confirmed: dict[int, Confirmation],
    printed: Collection[int],
) -> Row:
    bed = place.location.name if place.location is not None else place.location_as_sent
    if told is None:
        return Row(place.encounter, bed, NOTHING, 0, None, None)
    document = told.document if told.document is not None and not told.document.is_closed else None
    version_id = document.current_version_id if document is not None else None
    confirmation = confirmed.get(version_id or 0)
    if document is None or not told.is_current:
        state = TO_MAKE
    elif confirmation is not None:
        state = DONE
    else:
        state = WAITING if version_id in printed else PRINTING
    return Row(place.encounter, bed, state, told.line_count, document, confirmation)


def chips_of(rows: list[Row]) -> list[Chip]:
    """The filters with their counts; what is being printed counts as waiting."""
    return [
        Chip(key, title, len(rows) if key == "all" else len([row for row in rows if _fits(row, key)]))
        for key, title in TITLES.items()
    ]


def _fits(row: Row, key: str) -> bool:
    return key in {"all", row.state} or (key == WAITING and row.state == PRINTING)


def wanted_rows(rows: list[Row], *, chip: str, words: str) -> list[Row]:
    """Those under the filter: by state, and by name without accents or bed."""
    asked = fold(words).split()
    return [row for row in rows if _fits(row, chip) and all(_said(row, word) for word in asked)]


def _said(row: Row, word: str) -> bool:
    return (
        word in row.stay.patient.search_name or word in fold(row.bed) or row.stay.identifier.startswith(word)
    )


def next_of_round(user: User, department: Organization, *, after: Document | None = None) -> Document | None:
    """Whose disclosure waits next in the order of the beds, after this one and then from the beginning."""
    rows = rows_of_round(user, department)
    places = [i for i, row in enumerate(rows) if after is not None and row.stay.pk == after.encounter_id]
    first = places[0] + 1 if places else 0
    around = [*rows[first:], *rows[:first]]
    ready = (row.document for row in around if row.state == WAITING and row.document != after)
    return next(ready, None)


def is_all_told(rows: list[Row]) -> bool:
    """Whether everybody whom there was something to tell has confirmed it; not where nothing was to be told yet."""
    return {row.state for row in rows} - {NOTHING} == {DONE}


def stays_to_make(rows: list[Row]) -> list[Encounter]:
    """Those whose disclosure isn't made, or no longer says all."""
    return [row.stay for row in rows if row.state == TO_MAKE]


def of_department(user: User, wanted: str) -> Organization | None:
    """The chosen department of the person's own, else the first; None for somebody without any."""
    own = my_departments(user)
    return next((d for d in own if str(d.uuid) == wanted), own[0] if own else None)
