"""Tubes at the laboratory's desk."""

from django.db.models import Prefetch, Q, QuerySet

from emr.accounts.models import User
from emr.common.vietnamese import fold
from encounters.specimens import permissions
from encounters.specimens.models import Specimen, SpecimenRequest
from encounters.visits.access import stay_reached

_STATES = {
    "": Q(status=Specimen.Status.AVAILABLE, received_at=None),
    "received": Q(status=Specimen.Status.AVAILABLE, received_at__isnull=False),
    "rejected": Q(status=Specimen.Status.UNSATISFACTORY),
}


def at_reception(user: User, state: str = "", text: str = "") -> QuerySet[Specimen]:
    """Tubes on their way (""), received or rejected; newest first; `text`: a label's number or a name. Two queries."""
    tests = SpecimenRequest.objects.select_related("request").order_by("pk")
    found = Specimen.objects.filter(
        _STATES[state], stay_reached(user, permissions.RECEIVE, "encounter"), facility_id=user.facility_id
    )
    for word in fold(text).split():
        found = found.filter(
            Q(accession_number__startswith=word.upper()) | Q(encounter__patient__search_name__contains=word)
        )
    return (
        found.select_related("encounter__patient", "encounter__department", "collector")
        .prefetch_related(Prefetch("tests", tests, to_attr="all_tests"))
        .order_by("-collected_at", "-pk")
    )
