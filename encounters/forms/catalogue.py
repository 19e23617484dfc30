"""Which catalogue of `emr.terminology` holds the codes of a FHIR code system, and where a page searches it."""

from typing import Final

from django.urls import NoReverseMatch, reverse

from encounters.forms.engine.definition import Item
from encounters.forms.engine.vocabulary import system_of

OURS: Final = "urn:benhanmo:"
_KNOWN: Final = {"http://hl7.org/fhir/sid/icd-10": "icd10", "http://hl7.org/fhir/sid/icd-9-cm": "icd9cm"}


def short_name(system: str) -> str:
    """The terminology room's name for a code system, or "" for one that it doesn't hold."""
    return _KNOWN.get(system) or (system.removeprefix(OURS) if system.startswith(OURS) else "")


def search_address(item: Item) -> str:
    """Where the choices of a coded item are searched: the form's own address on this server, else the catalogue's.

    "" when nobody here knows the codes: the field then takes text alone.
    """
    if item.search.startswith("/") and not item.search.startswith("//"):
        return item.search
    name = short_name(system_of(item.value_set))
    try:
        return reverse("terminology:search", args=[name]) if name else ""
    except NoReverseMatch:
        return ""
