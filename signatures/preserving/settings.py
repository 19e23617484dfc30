"""What a facility may choose about the proof of its signatures."""

from django.utils.translation import gettext_lazy

from emr.accounts.services import facility_setting
from emr.common.choices import OneOf, declare

LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")

declare(
    OneOf(
        name="signature_level",
        room="signing",
        label=gettext_lazy("Signatures and seals are raised to"),
        help=gettext_lazy(
            "What is kept for ten years and more wants B-LTA. Proof that ends soon is renewed in any case."
        ),
        default="B-LTA",
        options=[
            ("B-T", gettext_lazy("B-T: a timestamp")),
            ("B-LT", gettext_lazy("B-LT: and the authorities' answers in the file")),
            ("B-LTA", gettext_lazy("B-LTA: and an archive timestamp over them")),
        ],
    )
)


def wanted_level(facility_id: int) -> str:
    """The level that the facility's signatures are raised to: B-T, B-LT or B-LTA."""
    return str(facility_setting(facility_id, "signature_level"))
