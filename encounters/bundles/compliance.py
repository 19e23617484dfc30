"""What shows that a closed record leaves as a file, an export, or an extract for somebody."""

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.evidence import Evidence, Fact, evidence, met_when
from encounters.bundles.models import Bundle, RecordExtract
from encounters.visits.codes import RecordState
from encounters.visits.models import Encounter


@evidence("R-29", "R-31")
def extracts(facility: Organization) -> Evidence:
    """Extracts by how far they are; each has receiver, purpose, a term and an approver."""
    found = RecordExtract.objects.filter(facility=facility).aggregate(
        n=Count("pk"),
        waiting=Count("pk", filter=Q(status=RecordExtract.Status.ASKED)),
        approved=Count("pk", filter=Q(status=RecordExtract.Status.APPROVED)),
        alone=Count("pk", filter=Q(status=RecordExtract.Status.APPROVED, decided_by=None)),
    )
    return Evidence(
        met_when(found["alone"] == 0),
        _(
            "An extract names receiver and purpose on every page, ends by a day, and is approved by a second person."
        ),
        [
            Fact(_("Extracts"), found["n"], "encounters:bundles:extracts"),
            Fact(_("of them to be approved"), found["waiting"], "encounters:bundles:extracts"),
            Fact(_("of them approved"), found["approved"], "encounters:bundles:extracts"),
        ],
    )


def _files(facility: Organization) -> dict[str, int]:
    return Bundle.objects.filter(facility=facility, extract=None).aggregate(
        n=Count("pk", filter=Q(made_at__isnull=False)),
        stays=Count("encounter", filter=Q(made_at__isnull=False), distinct=True),
        waiting=Count("pk", filter=Q(waits_for_seal=True)),
    )


@evidence("R-49")
def files(facility: Organization) -> Evidence:
    """Archived records and those of them with a sealed file."""
    archived = Encounter.objects.filter(facility=facility, record_state=RecordState.ARCHIVED).count()
    found = _files(facility)
    return Evidence(
        met_when(found["stays"] >= archived and not found["waiting"], begun=found["n"] > 0 or not archived),
        _(
            "A closed record is one PDF/A with every signed document inside, structured data and a sealed manifest."
        ),
        [
            Fact(_("Archived records"), archived, "encounters:records:list"),
            Fact(_("Records with a file"), found["stays"]),
            Fact(_("Files that wait for the seal"), found["waiting"]),
        ],
    )


@evidence("R-51")
def exports(facility: Organization) -> Evidence:
    """Files that carry HoSoBenhAn: every one does."""
    found = _files(facility)
    return Evidence(
        met_when(found["n"] > 0),
        _("Each record's file holds HoSoBenhAn with its eleven groups, as XML and JSON, with the schema."),
        [Fact(_("Records' files made"), found["n"]), Fact(_("of different stays"), found["stays"])],
    )
