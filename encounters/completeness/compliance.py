"""What shows that records are looked through before they are closed."""

from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.clock import local_today
from emr.common.evidence import Evidence, Fact, evidence, met_when
from encounters.completeness.models import Override
from encounters.completeness.rules import rule_book


@evidence("R-23", "R-03")
def rules(facility: Organization) -> Evidence:
    """Rules that are asked, those that block, and what was set aside with a reason."""
    asked = [rule for rule in rule_book(facility.pk).in_force(local_today()) if rule.is_on]
    blocking = sum(rule.blocks for rule in asked)
    return Evidence(
        met_when(blocking > 0, begun=bool(asked)),
        _("A record is closed when nothing that its rules ask for is missing."),
        [
            Fact(_("Rules that are asked"), len(asked), "encounters:completeness:rules"),
            Fact(_("of them keep a record open"), blocking, "encounters:completeness:rules"),
            Fact(
                _("Set aside by name, with a reason"),
                Override.objects.filter(facility=facility).count(),
                "encounters:completeness:worklist",
            ),
        ],
    )
