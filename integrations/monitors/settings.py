"""What a facility chooses about its monitors."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.common.choices import Whole, declare

declare(
    Whole(
        name="monitor_keep_seconds",
        room="monitors",
        label=_("Of a monitor's values one is kept in each"),
        help=_("What comes between is dropped. Of each sign; longer keeps the database smaller."),
        default=60,
        least=60,
        most=3600,
        unit=pgettext_lazy("unit", "seconds"),
    )
)
declare(
    Whole(
        name="monitor_clock_seconds",
        room="monitors",
        label=_("A monitor's clock may differ from ours by"),
        help=_("What is further off, or came later, is used for nobody: whose it is couldn't be known."),
        default=120,
        least=10,
        most=600,
        unit=pgettext_lazy("unit", "seconds"),
    )
)
declare(
    Whole(
        name="monitor_fresh_minutes",
        room="monitors",
        label=_("A monitor's value may be confirmed for"),
        help=_("What is confirmed together becomes one round at the time of its newest value."),
        default=15,
        least=2,
        most=60,
        unit=pgettext_lazy("unit", "minutes"),
    )
)
declare(
    Whole(
        name="monitor_kept_days",
        room="monitors",
        label=_("A monitor's values that nobody confirmed are kept for"),
        help=_("Then they are removed for good. What was taken over into the chart stays with it."),
        default=30,
        least=2,
        most=365,
        unit=pgettext_lazy("unit", "days"),
    )
)
