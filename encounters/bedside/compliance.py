"""What shows that a ward can go on without the server."""

import datetime as dt

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.clock import now
from emr.common.evidence import Evidence, Fact, evidence, met_when
from encounters.bedside.models import Outage, WardPack

_FRESH = dt.timedelta(hours=2)


@evidence("R-22")
def packs(facility: Organization) -> Evidence:
    """Wards with a pack, those whose pack is older than two hours, and outages."""
    found = WardPack.objects.filter(facility=facility).aggregate(
        n=Count("pk"), old=Count("pk", filter=Q(made_at__lt=now() - _FRESH))
    )
    outages = Outage.objects.filter(facility=facility).count()
    return Evidence(
        met_when(found["n"] > 0 and found["old"] == 0, begun=found["n"] > 0),
        _(
            "Wards keep an encrypted pack of their patients and blank forms; what is on paper is entered afterwards."
        ),
        [
            Fact(_("Wards with a pack"), found["n"]),
            Fact(_("Packs older than two hours"), found["old"]),
            Fact(_("Outages declared"), outages, "encounters:bedside:back_entry"),
        ],
    )
