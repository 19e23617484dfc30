"""What rooms beside this one say of a ward's patients. Nothing else of this room knows them."""

import datetime as dt
from collections.abc import Collection, Mapping

from django.utils.translation import pgettext
from django_stubs_ext import StrOrPromise

from emr.ui.navigation import address
from encounters.medicines.selectors.ward import DoseCounts, doses_by_stay
from encounters.monitoring.selectors.warning import Warning, warnings_by_stay
from encounters.visits.models import Encounter

__all__ = ["DoseCounts", "Warning", "doses_of", "pages_of", "warnings_of"]


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
