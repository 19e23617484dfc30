"""What shows that the log is sealed day by day."""

from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.evidence import Evidence, Fact, evidence, met_when
from signatures.sealing.models import AuditSeal
from signatures.sealing.selectors import days_to_seal


@evidence("R-38")
def sealed_days(facility: Organization) -> Evidence:
    """The last sealed day, and days that wait."""
    last = AuditSeal.objects.order_by("-day").values_list("day", flat=True).first()
    waiting = len(days_to_seal())
    return Evidence(
        met_when(last is not None and waiting == 0, begun=True),
        _("The facility's seal signs the heads of the log each day."),
        [Fact(_("Last sealed day of the log"), last), Fact(_("Days that wait for the seal"), waiting)],
    )
