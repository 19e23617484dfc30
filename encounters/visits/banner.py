"""What the line above every chart says of the stay: ward, bed, day, number."""

from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from encounters.visits.models import Encounter, EncounterLocation
from patients.registry.access import same_person
from patients.registry.banner import Part
from patients.registry.models import Patient


def stay_parts(patient: Patient, encounter: Any) -> list[Part]:
    """The stay shown, else the one that runs; one query."""
    places = EncounterLocation.objects.filter(cancelled_at=None)
    if isinstance(encounter, Encounter):
        places = places.filter(encounter=encounter)
    else:
        places = places.filter(
            encounter__patient__in=same_person(patient),
            encounter__status=Encounter.Status.IN_PROGRESS,
            ends_at=None,
        )
    place = (
        places.select_related("encounter", "department", "location", "location__parent")
        .order_by("-encounter__admitted_at", "-starts_at", "-pk")
        .first()
    )
    return [] if place is None else _parts(place)


def _parts(place: EncounterLocation) -> list[Part]:
    stay = place.encounter
    where = [str(place.department or place.department_as_sent)]
    if place.location is not None:
        if place.location.parent is not None:
            where.append(place.location.parent.name)
        where.append(place.location.name)
    elif place.location_as_sent:
        where.append(place.location_as_sent)
    parts = [Part("stay", " · ".join(word for word in where if word))]
    if stay.ended_at is not None:
        parts.append(Part("stay", f"{localtime(stay.ended_at):%d/%m/%Y}", label=_("Left")))
    elif stay.is_inpatient:
        parts.append(Part("stay", str(stay.day_of_stay), label=_("Day of treatment")))
    else:
        parts.append(Part("stay", str(stay.get_encounter_class_display())))
    if stay.admission_number:
        parts.append(Part("stay", stay.admission_number, label=_("Admission no.")))
    if stay.status == Encounter.Status.ENTERED_IN_ERROR:
        parts.append(Part("state", _("Stay entered in error"), kind="danger", icon="x-octagon"))
    return parts
