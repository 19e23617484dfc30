"""What shows that looking without treating is noticed."""

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.evidence import Evidence, Fact, evidence, met_when
from patients.oversight.models import LookupFinding


@evidence("R-27")
def lookups(facility: Organization) -> Evidence:
    """What stood out among who opened whose chart, and what nobody has judged."""
    found = LookupFinding.objects.filter(facility=facility).aggregate(
        n=Count("pk"), open=Count("pk", filter=Q(verdict=""))
    )
    return Evidence(
        met_when(found["open"] == 0),
        _(
            "Charts open to who treats; what looks like curiosity is found and judged, and patients are told who looked."
        ),
        [
            Fact(_("Findings"), found["n"], "patients:oversight:findings"),
            Fact(_("of them not judged yet"), found["open"], "patients:oversight:findings"),
        ],
    )
