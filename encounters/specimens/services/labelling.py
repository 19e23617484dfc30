"""Labels before tubes: what is wanted of a stay is put together into as few tubes as it needs."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F

from emr.accounts.models import User
from emr.audit.services import record
from encounters.orders.services.numbers import take_number
from encounters.specimens.models import Specimen, SpecimenRequest
from encounters.specimens.selectors.wanted import Need, needs_of_stay
from encounters.visits.models import Encounter


@transaction.atomic
def prepare_specimens(*, encounter: Encounter, by: User) -> list[Specimen]:
    """Give every wanted test of the stay its tube; returns the tubes that wait to be filled, in the order of draw.

    A test that came after the label was made goes into the tube that waits still. Asked twice, nothing is doubled.
    """
    encounter = (
        Encounter.objects.select_for_update(of=("self",)).select_related("patient").get(pk=encounter.pk)
    )
    for need in needs_of_stay(encounter):
        _give_tube(encounter, need, by)
    return waiting_specimens(encounter)


def waiting_specimens(encounter: Encounter) -> list[Specimen]:
    """The stay's labelled tubes that are for tests in effect, in the order of draw."""
    return [need.specimen for need in needs_of_stay(encounter) if need.specimen is not None]


def _give_tube(encounter: Encounter, need: Need, by: User) -> None:
    fresh = [request for request in need.requests if request.pk not in need.labelled]
    if not fresh:
        return
    specimen = need.specimen
    if specimen is None:
        specimen = Specimen.objects.create(
            facility_id=encounter.facility_id,
            patient_id=encounter.patient_id,
            encounter=encounter,
            accession_number=take_number(encounter.facility_id, "specimen", "BP"),
            tube=need.tube.code,
            kind=need.kind,
            due_at=need.due_at,
            replaces=need.failed,
        )
        record("specimen.prepare", by=by, of=specimen)
    for request in fresh:
        SpecimenRequest.objects.create(facility_id=encounter.facility_id, specimen=specimen, request=request)


@transaction.atomic
def count_labels(*, specimens: Iterable[Specimen], by: User, form: str) -> int:
    """The labels are printed; one printed before is on record as a reprint. Returns how many were reprints."""
    reprints = 0
    for specimen in specimens:
        row = Specimen.objects.select_for_update(of=("self",)).get(pk=specimen.pk)
        reprints += row.label_count > 0
        verb = "specimen.reprint" if row.label_count else "specimen.label"
        Specimen.objects.filter(pk=row.pk).update(label_count=F("label_count") + 1)
        specimen.label_count = row.label_count + 1
        record(verb, by=by, of=row, detail={"format": form, "copy": specimen.label_count})
    return reprints
