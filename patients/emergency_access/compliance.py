"""What shows that emergency access is looked at afterwards."""

import datetime as dt

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.clock import local_today, now
from emr.common.evidence import Evidence, Fact, evidence, met_when
from patients.emergency_access.models import EmergencyAccess


@evidence("R-34")
def reviews(facility: Organization) -> Evidence:
    """How often the glass was broken in 30 days, and whose review is late."""
    found = EmergencyAccess.objects.filter(facility=facility).aggregate(
        lately=Count("pk", filter=Q(opened_at__gte=now() - dt.timedelta(days=30))),
        late=Count("pk", filter=Q(reviewed_at=None, review_due_on__lt=local_today())),
    )
    return Evidence(
        met_when(found["late"] == 0),
        _("Emergency access asks for a reason, lasts an hour and is judged within three working days."),
        [
            Fact(_("In the last 30 days"), found["lately"], "patients:emergency_access:reviews"),
            Fact(_("Reviews that are late"), found["late"], "patients:emergency_access:reviews"),
        ],
    )
