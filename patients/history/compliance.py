"""What shows that allergies, chronic diseases and implants are kept as such."""

from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.evidence import Evidence, Fact, State, evidence
from patients.history.models import AllergyIntolerance, Condition, Device


@evidence("R-65")
def history(facility: Organization) -> Evidence:
    """How many of each there are."""
    return Evidence(
        State.PARTLY,
        _(
            "Allergies, chronic diseases and devices in the body are rows of their own; nothing is sent to the ministry yet."
        ),
        [
            Fact(
                _("Allergies, and that there are none"),
                AllergyIntolerance.objects.filter(facility=facility).count(),
            ),
            Fact(_("Chronic diseases"), Condition.objects.filter(facility=facility).count()),
            Fact(_("Devices in the body"), Device.objects.filter(facility=facility).count()),
        ],
    )
