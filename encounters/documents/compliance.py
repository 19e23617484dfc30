"""What shows that documents are written, dated, signed and never overwritten."""

import datetime as dt

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.accounts.services import facility_setting
from emr.common.clock import now
from emr.common.evidence import Evidence, Fact, evidence, met_when
from encounters.documents.models import Document, DocumentBytes, DocumentDraft, DocumentVersion
from encounters.documents.services import late_after_hours

_FINISHED = Q(status__in=[Document.Status.FINAL, Document.Status.SIGNED, Document.Status.AMENDED])
_GUARDED = ("documents_documentversion", "documents_documentbytes", "forms_questionnaireresponse")


@evidence("R-02")
def documents(facility: Organization) -> Evidence:
    """Documents by how far they are."""
    found = Document.objects.filter(facility=facility).aggregate(
        n=Count("pk"), finished=Count("pk", filter=_FINISHED), signed=Count("pk", filter=Q(status="signed"))
    )
    return Evidence(
        met_when(found["signed"] > 0, begun=found["n"] > 0),
        _(
            "Records are made, changed, shown, signed and kept in the program; results of tests stand in them."
        ),
        [
            Fact(_("Documents"), found["n"]),
            Fact(_("of them finished"), found["finished"]),
            Fact(_("of them signed"), found["signed"]),
        ],
    )


@evidence("R-04")
def authors(facility: Organization) -> Evidence:
    """Frozen versions, and whether the database lets none be without author and moment, at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM information_schema.columns WHERE table_name = 'documents_documentversion'"
            " AND column_name IN ('author_id', 'frozen_at') AND is_nullable = 'NO'"
        )
        demanded = cursor.fetchone()[0]
    versions = DocumentVersion.objects.filter(facility=facility).aggregate(
        n=Count("pk"), people=Count("author", distinct=True)
    )
    return Evidence(
        met_when(demanded == 2, begun=False),
        _(
            "Author and moment of writing stand with each version, on screen and in print; none can be without."
        ),
        [Fact(_("Frozen versions"), versions["n"]), Fact(_("People who wrote them"), versions["people"])],
    )


@evidence("R-06")
def guarded(facility: Organization) -> Evidence:
    """Whether the database itself refuses to change or remove a version, its answers and its bytes, at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT c.relname) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE c.relname = ANY(%s) AND t.tgname LIKE 'pgtrigger_append_only%%' AND t.tgenabled <> 'D'",
            [list(_GUARDED)],
        )
        on = cursor.fetchone()[0]
    amended = DocumentVersion.objects.filter(facility=facility, number__gt=1).count()
    return Evidence(
        met_when(on == len(_GUARDED), begun=False),
        _(
            "What is signed is never changed: the database refuses it whoever asks. A correction is a version with a reason."
        ),
        [
            Fact(_("Tables that refuse change (3 wanted)"), on),
            Fact(_("Corrections as new versions"), amended),
        ],
    )


@evidence("R-20")
def overdue(facility: Organization) -> Evidence:
    """Documents that were confirmed and not signed within the facility's hours."""
    hours = facility_setting(facility.pk, "sign_within_hours")
    signed = DocumentBytes.objects.filter(version=OuterRef("current_version"), revision__gt=0, by_seal=False)
    late = Document.objects.filter(
        ~Exists(signed),
        facility=facility,
        status__in=[Document.Status.FINAL, Document.Status.AMENDED],
        current_version__frozen_at__lt=now() - dt.timedelta(hours=hours),
    ).count()
    return Evidence(
        met_when(late == 0),
        _("The hours are a choice of the hospital; what is late stands on lists of its own."),
        [
            Fact(_("Hours to sign within"), hours, "staff:settings"),
            Fact(_("Documents that are late"), late, "encounters:documents:overdue"),
        ],
    )


@evidence("R-21")
def late_entries(facility: Organization) -> Evidence:
    """Documents entered later than the facility's hours, and those of them without a reason."""
    hours = late_after_hours(facility.pk)
    later = Q(created_at__gt=F("happened_at") + dt.timedelta(hours=hours))
    found = Document.objects.filter(facility=facility).aggregate(
        later=Count("pk", filter=later),
        bare=Count("pk", filter=later & Q(late_reason="")),
        additions=Count("pk", filter=Q(is_addendum=True)),
    )
    return Evidence(
        met_when(found["bare"] == 0),
        _("Both moments are kept; what is late says why, and what comes after closing is an addition."),
        [
            Fact(_("Hours after which a reason is asked for"), hours, "staff:settings"),
            Fact(_("Entered later than that"), found["later"]),
            Fact(_("of them without a reason"), found["bare"]),
            Fact(_("Additions to closed records"), found["additions"]),
        ],
    )


@evidence("R-25")
def drafts(facility: Organization) -> Evidence:
    """Drafts: each carries the revision that the writer saw."""
    found = DocumentDraft.objects.filter(document__facility=facility).count()
    return Evidence(
        met_when(True),
        _(
            "A draft is saved over the revision that its writer saw, or not at all; the second is shown the first's."
        ),
        [Fact(_("Drafts at this moment"), found, "encounters:documents:unfinished")],
    )


@evidence("R-52")
def pages(facility: Organization) -> Evidence:
    """Versions and those of them that are a PDF."""
    versions = DocumentVersion.objects.filter(facility=facility).count()
    made = DocumentBytes.objects.filter(version__facility=facility, revision=0).count()
    return Evidence(
        met_when(made >= versions, begun=made > 0),
        _("Every version is a PDF/A in the form's official look; pages work on tablets."),
        [Fact(_("Frozen versions"), versions), Fact(_("of them with their PDF/A"), made)],
    )
