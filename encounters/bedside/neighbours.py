"""What rooms beside this one say of a ward's patients. Nothing else of this room knows them."""

import datetime as dt
from collections.abc import Collection, Mapping

from django.utils.translation import pgettext
from django_stubs_ext import StrOrPromise

from emr.ui.navigation import address
from encounters.medicines.models import MedicationAdministration
from encounters.medicines.selectors.ward import DoseCounts, doses_by_stay
from encounters.monitoring.models import EarlyWarning
from encounters.monitoring.selectors import fluids as balance
from encounters.monitoring.selectors.fluids import Amount
from encounters.monitoring.selectors.warning import Warning, held_warnings, warnings_by_stay
from encounters.results.models import Observation
from encounters.results.selectors import current_observations
from encounters.results.vital_signs import BY_LOINC
from encounters.visits.models import Encounter

__all__ = [
    "DoseCounts",
    "Warning",
    "doses_of",
    "fluids_between",
    "given_between",
    "pages_of",
    "scores_between",
    "signs_between",
    "warnings_of",
]


def doses_of(stay_ids: Collection[int], start: dt.datetime, end: dt.datetime) -> Mapping[int, DoseCounts]:
    """{stay: its doses due within the hours}; stays without medicines are left out."""
    return doses_by_stay(stay_ids, start, end)


def warnings_of(stay_ids: Collection[int]) -> Mapping[int, Warning]:
    """{stay: its newest early-warning score}; stays without one are left out."""
    return warnings_by_stay(stay_ids)


def pages_of(stay: Encounter) -> list[tuple[StrOrPromise, str]]:
    """(title, address) of the neighbours' pages of this patient; those that exist."""
    pages: list[tuple[StrOrPromise, str]] = [
        (pgettext("bedside", "Medicines"), "encounters:medicines:patient"),
        (pgettext("bedside", "Monitoring"), "encounters:monitoring:patient"),
    ]
    return [(title, url) for title, name in pages if (url := address(name, stay.uuid))]


# What stands beside a column of a care sheet: after `start`, up to and including `end`, oldest first; one query each.


def signs_between(stay: Encounter, start: dt.datetime, end: dt.datetime) -> list[Observation]:
    """Vital signs that hold."""
    found = current_observations(stay).filter(code__in=BY_LOINC)
    return list(found.filter(effective_at__gt=start, effective_at__lte=end))


def scores_between(stay: Encounter, start: dt.datetime, end: dt.datetime) -> list[EarlyWarning]:
    """Early-warning scores that hold."""
    found = held_warnings().filter(encounter=stay, measured_at__gt=start, measured_at__lte=end)
    return list(found.order_by("measured_at", "pk"))


def fluids_between(stay: Encounter, start: dt.datetime, end: dt.datetime) -> list[Amount]:
    """Amounts in and out that hold, those that infusions brought in among them."""
    return [row for row in balance.fluids_between(stay, start, end) if row.happened_at > start]


def given_between(stay: Encounter, start: dt.datetime, end: dt.datetime) -> list[MedicationAdministration]:
    """Medicines given, begun or left out, with their orders."""
    found = MedicationAdministration.objects.filter(
        encounter=stay, happened_at__gt=start, happened_at__lte=end
    )
    found = found.exclude(status=MedicationAdministration.Status.ENTERED_IN_ERROR)
    return list(found.select_related("dose__order").order_by("happened_at", "pk"))
