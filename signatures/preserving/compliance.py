"""What shows that signatures stay provable for as long as records are kept."""

from django.conf import settings
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.evidence import Evidence, Fact, evidence, met_when
from signatures.preserving.models import Preservation

_LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")


@evidence("R-49")
def levels(facility: Organization) -> Evidence:
    """Signed versions by level; how many verification doubts."""
    rows = Preservation.objects.filter(facility=facility)
    found = dict(rows.order_by().values_list("level").annotate(n=Count("pk")))
    doubted = rows.aggregate(n=Count("pk", filter=Q(problem__in=["doubted", "revoked"])))["n"]
    total = sum(found.values())
    return Evidence(
        met_when(total > 0 and found.get("B-LTA", 0) == total and not doubted),
        _("Signatures are raised to B-LTA where authorities answer; without EMR_TSA_URL they stay B-B."),
        [
            Fact(_("Signed versions at level %(level)s") % {"level": level}, found.get(level, 0))
            for level in _LEVELS
        ]
        + [
            Fact(_("Versions whose signature is doubted"), doubted),
            Fact(_("Timestamp authority"), _("named") if settings.EMR_TSA_URL else _("none")),
        ],
    )
