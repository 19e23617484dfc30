"""What shows that people prove who they are."""

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, PractitionerRole, User
from emr.accounts.services import facility_setting
from emr.common.clock import now
from emr.common.evidence import Evidence, Fact, evidence, met_when
from emr.signin.models import CodeApp, Passkey


@evidence("R-41")
def factors(facility: Organization) -> Evidence:
    """Whether everybody whose role asks for a second factor has one."""
    wanted = facility_setting(facility.pk, "second_factor_roles")
    app = CodeApp.objects.filter(user=OuterRef("pk")).exclude(confirmed_at=None)
    key = Passkey.objects.filter(user=OuterRef("pk"))
    held = PractitionerRole.objects.filter(user=OuterRef("pk"), role__in=wanted).at(now())
    people = User.objects.filter(facility=facility, is_active=True)
    with_factor = people.filter(Q(Exists(app)) | Q(Exists(key))).count()
    without = people.filter(Exists(held)).exclude(Q(Exists(app)) | Q(Exists(key))).count()
    return Evidence(
        met_when("admin" in wanted and without == 0),
        _(
            "Screens lock by themselves, guessing is slowed, passwords have 15 characters, or 8 beside a second factor."
        ),
        [
            Fact(_("Roles that need a second factor"), ", ".join(map(str, wanted)), "staff:settings"),
            Fact(_("of these people without one"), without, "signin:staff"),
            Fact(_("People with a second factor"), with_factor, "signin:staff"),
            Fact(_("Wrong guesses until a name is slowed"), settings.AXES_FAILURE_LIMIT),
        ],
    )
