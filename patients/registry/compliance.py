"""What shows that each patient has one number, and that nobody is lost."""

import datetime as dt

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.clock import now
from emr.common.evidence import Evidence, Fact, evidence, met_when
from patients.registry import systems
from patients.registry.models import Identifier, MergeLink, Patient

_LONG = dt.timedelta(days=30)


@evidence("R-10")
def numbers(facility: Organization) -> Evidence:
    """Patients with a number of the house, with a personal number, and numbers that two patients show."""
    mrn = Identifier.objects.filter(patient=OuterRef("pk"), system=systems.mrn(facility), is_active=True)
    temporary = Identifier.objects.filter(patient=OuterRef("pk"), system=systems.temporary(facility))
    people = Patient.objects.filter(facility=facility, merged_into=None)
    count = people.count()
    without = people.exclude(Exists(mrn)).exclude(Exists(temporary)).count()
    found = Identifier.objects.filter(facility=facility, system=systems.CITIZEN, is_active=True).aggregate(
        people=Count("patient", distinct=True), shared=Count("pk", filter=Q(is_shared=True))
    )
    return Evidence(
        met_when(without == 0),
        _("A patient has one number for life; the personal number finds who was here before."),
        [
            Fact(_("Patients"), count),
            Fact(_("of them without any number of the house"), without),
            Fact(_("Patients with a personal number"), found["people"]),
            Fact(_("Personal numbers that two patients show"), found["shared"]),
        ],
    )


@evidence("R-11")
def merges(facility: Organization) -> Evidence:
    """Temporary codes that are open, merges, and merges undone."""
    links = MergeLink.objects.filter(facility=facility).aggregate(
        n=Count("pk"), undone=Count("pk", filter=Q(undone_at__isnull=False))
    )
    codes = Patient.objects.filter(facility=facility, is_temporary=True, merged_into=None).aggregate(
        n=Count("pk"), old=Count("pk", filter=Q(created_at__lt=now() - _LONG))
    )
    return Evidence(
        met_when(codes["old"] == 0),
        _(
            "Who can't be named gets a temporary code; duplicates are merged and separated again, both traced."
        ),
        [
            Fact(_("Temporary codes that are open"), codes["n"]),
            Fact(_("of them for more than 30 days"), codes["old"]),
            Fact(_("Merges"), links["n"]),
            Fact(_("of them undone"), links["undone"]),
        ],
    )


@evidence("R-61")
def addresses(facility: Organization) -> Evidence:
    """Patients whose commune and province are codes."""
    found = Patient.objects.filter(facility=facility, merged_into=None).aggregate(
        n=Count("pk"), coded=Count("pk", filter=~Q(commune="") & ~Q(province=""))
    )
    return Evidence(
        met_when(True),
        _("Addresses have two tiers, commune and province; older ones stay as text."),
        [Fact(_("Patients"), found["n"]), Fact(_("of them with coded commune and province"), found["coded"])],
    )
