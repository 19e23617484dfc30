"""What a facility chooses about results."""

from django.utils.translation import gettext_lazy as _

from emr.common.choices import OneOf, declare

declare(
    OneOf(
        name="result_second_signature",
        room="results",
        label=_("The head of the laboratory signs result forms after who made them"),
        help=_("The head of the department where the maker works is asked next, while there is one."),
        default="special",
        options=[
            ("none", _("No form")),
            ("special", _("Marrow, fluids and autopsy (18, 20, 21, 26)")),
            ("laboratory", _("All forms of the laboratory and of pathology")),
        ],
    )
)
