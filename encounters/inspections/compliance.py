"""What shows that readers from outside read by letter, and that the insurance is answered in time."""

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.clock import local_today, now
from emr.common.evidence import Evidence, Fact, evidence, met_when
from encounters.inspections.models import Mandate

_APPROVED = Q(status=Mandate.Status.APPROVED)


@evidence("R-28")
def mandates(facility: Organization) -> Evidence:
    """Letters, those in force, those without an approver though approved."""
    found = Mandate.objects.filter(facility=facility).aggregate(
        n=Count("pk"),
        running=Count("pk", filter=_APPROVED & Q(starts_at__lte=now(), ends_at__gt=now())),
        bare=Count("pk", filter=_APPROVED & Q(approved_by=None)),
    )
    return Evidence(
        met_when(found["bare"] == 0),
        _(
            "Who reads from outside sees the charts that a letter names, approved by a second person, until its day."
        ),
        [
            Fact(_("Letters"), found["n"], "encounters:inspections:list"),
            Fact(_("of them in force"), found["running"], "encounters:inspections:list"),
        ],
    )


@evidence("R-35")
def answers(facility: Organization) -> Evidence:
    """Letters with a day by which they are owed an answer, and those that wait past it."""
    owed = Q(due_on__isnull=False) & ~Q(status=Mandate.Status.WITHDRAWN)
    found = Mandate.objects.filter(facility=facility).aggregate(
        n=Count("pk", filter=owed),
        late=Count("pk", filter=owed & Q(answered_at=None, due_on__lt=local_today())),
    )
    return Evidence(
        met_when(found["late"] == 0),
        _(
            "Letters of the social insurance are owed an answer within three working days; late ones stand on top."
        ),
        [
            Fact(_("Letters that are owed an answer by a day"), found["n"], "encounters:inspections:list"),
            Fact(_("of them late"), found["late"], "encounters:inspections:list"),
        ],
    )
