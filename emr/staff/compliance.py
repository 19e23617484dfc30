"""What shows that accounts are personal and practitioners licensed."""

from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.common.clock import local_today
from emr.common.evidence import Evidence, Fact, evidence, met_when
from emr.staff.models import PractisingLicence
from emr.staff.selectors.practice import practice_check, unlicensed


@evidence("R-13", "R-69")
def licences(facility: Organization) -> Evidence:
    """Practitioners without a licence in force, and what the facility does about that."""
    missing = unlicensed(facility.pk).count()
    valid = PractisingLicence.objects.filter(
        facility=facility, withdrawn_on=None, valid_from__lte=local_today()
    )
    licensed = valid.values("user").distinct().count()
    check = practice_check(facility.pk)
    return Evidence(
        met_when(missing == 0 and licensed > 0, begun=licensed > 0),
        _("Accounts are personal; licences are kept with their scope and hours."),
        [
            Fact(
                _("Accounts in use"),
                User.objects.filter(facility=facility, is_active=True).count(),
                "staff:people",
            ),
            Fact(_("People with a practising licence"), licensed, "staff:licences"),
            Fact(_("Practitioners without one"), missing, "staff:licences"),
            Fact(_("What is stopped without one"), check, "staff:licences"),
        ],
    )
