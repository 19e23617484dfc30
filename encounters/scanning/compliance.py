"""What shows that paper stands in the record as a checked and sealed copy."""

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.evidence import Evidence, Fact, evidence, met_when
from encounters.scanning.models import Paper


def _counted(facility: Organization) -> dict[str, int]:
    return Paper.objects.filter(facility=facility).aggregate(
        n=Count("pk", filter=~Q(status=Paper.Status.ENTERED_IN_ERROR)),
        waiting=Count("pk", filter=Q(status__in=Paper.OPEN)),
        accepted=Count("pk", filter=Q(status=Paper.Status.ACCEPTED)),
        sealed=Count("pk", filter=Q(status=Paper.Status.SEALED)),
    )


@evidence("R-07", "R-18")
def papers(facility: Organization) -> Evidence:
    """Papers in records, and those that nobody has checked."""
    found = _counted(facility)
    return Evidence(
        met_when(found["waiting"] == 0),
        _("Paper is scanned or photographed, files itself by the code on it, and a second person checks it."),
        [
            Fact(_("Papers in records"), found["n"], "encounters:scanning:desk"),
            Fact(_("of them to be checked"), found["waiting"], "encounters:scanning:desk"),
        ],
    )


@evidence("R-60")
def seals(facility: Organization) -> Evidence:
    """Checked papers that carry the facility's seal, and those that wait for it."""
    found = _counted(facility)
    return Evidence(
        met_when(found["accepted"] == 0),
        _("A copy carries mark of conversion, system, code, moment and person, under the facility's seal."),
        [
            Fact(_("Sealed copies"), found["sealed"], "encounters:scanning:desk"),
            Fact(_("Checked and not sealed yet"), found["accepted"], "encounters:scanning:desk"),
        ],
    )
