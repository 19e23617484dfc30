"""What shows that the clocks agree."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from emr.common.evidence import Evidence, Fact, State, evidence
from emr.watching.models import Pulse

if TYPE_CHECKING:
    from emr.accounts.models import Organization


@evidence("R-38")
def clocks(facility: "Organization") -> Evidence:
    """Whether a time server is named; asking it is the health page's business."""
    newest = Pulse.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    server = settings.EMR_NTP_SERVER
    said = (
        _("Clocks are compared with a time server.")
        if server
        else _("No time server is named (EMR_NTP_SERVER).")
    )
    return Evidence(
        State.MET if server else State.PARTLY,
        said,
        [
            Fact(_("Time server"), server, "watching:status"),
            Fact(_("Clocks of the programs last compared"), newest, "watching:status"),
        ],
    )
