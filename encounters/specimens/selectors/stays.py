"""A stay's tubes."""

from django.db.models import Prefetch

from encounters.specimens.models import Specimen, SpecimenRequest
from encounters.visits.models import Encounter


def tubes_of_stay(encounter: Encounter) -> list[Specimen]:
    """Every tube that was labelled for the stay, newest first, with its tests; two queries."""
    tests = SpecimenRequest.objects.select_related("request").order_by("pk")
    return list(
        Specimen.objects.filter(encounter=encounter)
        .select_related("encounter__patient", "encounter__department", "encounter__facility", "collector")
        .prefetch_related(Prefetch("tests", tests, to_attr="all_tests"))
        .order_by("-pk")
    )
