"""What a facility chooses about results that are entered here."""

from django.utils.translation import gettext_lazy as _

from emr.common.choices import YesNo, declare

declare(
    YesNo(
        name="release_own_laboratory",
        room="performing",
        label=_("Who entered a laboratory result may release it alone"),
        help=_("Otherwise a second person with the right to release does."),
        default=False,
        is_grave=True,
    )
)
declare(
    YesNo(
        name="release_own_imaging",
        room="performing",
        label=_("Who wrote an imaging report may release it alone"),
        help=_("Otherwise a second person with the right to release does."),
        default=True,
        is_grave=True,
    )
)
