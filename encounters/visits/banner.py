"""What the line above every chart says of the stay: ward, bed, day, number."""

from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from emr.common.compiled import Compiled
from encounters.switching.models import WardMode
from encounters.switching.selectors import mode_now
from encounters.visits.models import Encounter, EncounterLocation
from patients.registry.access import rows_of_root
from patients.registry.banner import Part
from patients.registry.models import Patient


def _newest(places: QuerySet[EncounterLocation]) -> QuerySet[EncounterLocation]:
    places = places.filter(cancelled_at=None).annotate(ward_mode=mode_now("department"))
    related = places.select_related("encounter", "department", "location", "location__parent")
    return related.order_by("-encounter__admitted_at", "-starts_at", "-pk")[:1]


@Compiled
def _last_place(encounter_id: int) -> QuerySet[EncounterLocation]:
    return _newest(EncounterLocation.objects.filter(encounter=encounter_id))


@Compiled
def _running_place(root_id: int, in_progress: str) -> QuerySet[EncounterLocation]:
    of_person = EncounterLocation.objects.filter(encounter__patient__in=rows_of_root(root_id), ends_at=None)
    return _newest(of_person.filter(encounter__status=in_progress))


def stay_parts(patient: Patient, encounter: Any) -> list[Part]:
    """The stay shown, else the one that runs; one query."""
    if isinstance(encounter, Encounter):
        place = _last_place.first(encounter.pk)
    else:
        place = _running_place.first(patient.root_id, Encounter.Status.IN_PROGRESS.value)
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
    if stay.ended_at is None:
        parts += _kept_on_paper(getattr(place, "ward_mode", None))
    return parts


def _kept_on_paper(mode: str | None) -> list[Part]:
    """Where the ward's record isn't this one alone, whoever reads must know it."""
    if mode == WardMode.Mode.PAPER:
        text = _("This department keeps paper records")
        told = _("What is missing here may stand in the paper record.")
        return [Part("state", text, kind="warning", icon="file-earmark-text", title=told)]
    if mode == WardMode.Mode.BOTH:
        text = _("Paper and electronic: print, sign and file")
        told = _("This department keeps a paper record beside this one.")
        return [Part("state", text, kind="info", icon="files", title=told)]
    return []
