"""What shows that records have a life: states, lending, keeping."""

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.clock import local_today, now
from emr.common.evidence import Evidence, Fact, evidence, met_when
from encounters.records.models import Keeping, Loan, RecordEvent
from encounters.records.retention import classes
from encounters.visits.codes import RecordState
from encounters.visits.models import Encounter


@evidence("R-24")
def states(facility: Organization) -> Evidence:
    """Inpatient records by state; reopened ones have a reason, which the service demands."""
    stays = Encounter.objects.filter(facility=facility, encounter_class="IMP")
    found = dict(stays.order_by().values_list("record_state").annotate(n=Count("pk")))
    events = RecordEvent.objects.filter(facility=facility, verb="reopen")
    bare = events.filter(reason="").count()
    return Evidence(
        met_when(bare == 0),
        _(
            "One machine of states; each step is a right of its own, by different people; reopening needs a reason."
        ),
        [
            Fact(RecordState(code).label, found.get(code, 0), "encounters:records:list")
            for code in RecordState.values
        ]
        + [Fact(_("Reopened, with a reason"), events.count() - bare, "encounters:records:list")],
    )


@evidence("R-28")
def loans(facility: Organization) -> Evidence:
    """Loans that run and loans whose term is over."""
    found = Loan.objects.filter(facility=facility).aggregate(
        n=Count("pk"),
        running=Count("pk", filter=Q(status=Loan.Status.LENT)),
        late=Count("pk", filter=Q(status=Loan.Status.LENT, ends_at__lt=now())),
    )
    return Evidence(
        met_when(found["late"] == 0),
        _("Lending asks for a paper, a purpose, an approver and a term."),
        [
            Fact(_("Loans"), found["n"], "encounters:records:loans"),
            Fact(_("of them running"), found["running"], "encounters:records:loans"),
            Fact(_("of them past their term"), found["late"], "encounters:records:loans"),
        ],
    )


@evidence("R-48")
def keeping(facility: Organization) -> Evidence:
    """Archived records with a class and a last day, those on hold, those due."""
    archived = Encounter.objects.filter(facility=facility, record_state=RecordState.ARCHIVED).count()
    found = Keeping.objects.filter(facility=facility).aggregate(
        classed=Count("pk", filter=~Q(retention_class="") & Q(encounter__record_state=RecordState.ARCHIVED)),
        held=Count("pk", filter=Q(is_held=True)),
        due=Count("pk", filter=Q(retained_until__lt=local_today(), is_held=False)),
    )
    return Evidence(
        met_when(found["classed"] >= archived),
        _(
            "Each archived record has a class of keeping; the longest that applies counts, from the year of closing."
        ),
        [
            Fact(_("Classes of keeping"), len(classes()), "encounters:records:disposal"),
            Fact(_("Archived records"), archived, "encounters:records:list"),
            Fact(_("of them with a class"), found["classed"], "encounters:records:list"),
            Fact(_("On legal hold"), found["held"], "encounters:records:disposal"),
            Fact(_("Past their time"), found["due"], "encounters:records:disposal"),
        ],
    )


@evidence("R-07")
def hybrids(facility: Organization) -> Evidence:
    """Records that are partly paper, and where that lies."""
    found = Keeping.objects.filter(facility=facility).aggregate(
        n=Count("pk", filter=Q(is_hybrid=True)), shelved=Count("pk", filter=Q(is_hybrid=True) & ~Q(shelf=""))
    )
    return Evidence(
        met_when(found["n"] == found["shelved"]),
        _("A record may be closed with its paper's shelf."),
        [
            Fact(_("Records that are partly paper"), found["n"], "encounters:records:list"),
            Fact(_("of them with a shelf"), found["shelved"], "encounters:records:list"),
        ],
    )
