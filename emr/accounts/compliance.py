"""What shows that rights are given by role."""

from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, PractitionerRole, RoleGrant, User
from emr.accounts.selectors import roles_of
from emr.common.clock import now
from emr.common.evidence import Evidence, Fact, evidence, met_when


@evidence("R-26")
def rights_by_role(facility: Organization) -> Evidence:
    """Roles, rights, and who may come in without any role."""
    held = PractitionerRole.objects.filter(user=OuterRef("pk")).at(now())
    people = User.objects.filter(facility=facility, is_active=True)
    without = people.exclude(Exists(held)).count()
    rights = RoleGrant.objects.aggregate(n=Count("right", distinct=True))["n"]
    return Evidence(
        met_when(rights > 0),
        _("Every page declares its right; rights come with roles, which the hospital may change."),
        [
            Fact(_("Roles in use"), len(roles_of(facility.pk)), "staff:matrix"),
            Fact(_("Rights that can be given"), rights, "staff:matrix"),
            Fact(_("Accounts in use"), people.count(), "staff:people"),
            Fact(_("of them without any role, who see nothing"), without, "staff:people"),
        ],
    )
