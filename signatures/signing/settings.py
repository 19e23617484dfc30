"""What a facility may choose about signing."""

import datetime as dt

from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.services import facility_setting
from emr.common.choices import Whole, declare

declare(
    Whole(
        name="signing_reminder_hours",
        room="signing",
        label=gettext_lazy("Who is to sign is reminded after"),
        help=gettext_lazy("From then on the ladder of that notice is climbed, until the document is signed."),
        default=12,
        least=1,
        most=240,
        unit=pgettext_lazy("unit", "hours"),
    )
)


def reminder_time(facility_id: int) -> dt.timedelta:
    """For how long a document may wait for one person's signature before anybody is reminded."""
    return dt.timedelta(hours=int(facility_setting(facility_id, "signing_reminder_hours")))
