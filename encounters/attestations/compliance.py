"""What shows that papers handed out are numbered, official and in full words."""

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.evidence import Evidence, Fact, evidence, met_when
from encounters.attestations.models import Abbreviation, Attestation, PaperHandover


@evidence("R-05")
def words(facility: Organization) -> Evidence:
    """The hospital's list of short words, and papers that kept some with a reason."""
    known = Abbreviation.objects.filter(facility=facility).count()
    kept = Attestation.objects.filter(facility=facility).exclude(kept_words=[]).count()
    return Evidence(
        met_when(known > 0),
        _("Papers handed out are searched for short words before they are confirmed."),
        [
            Fact(_("Short words of the hospital's list"), known, "encounters:attestations:words"),
            Fact(_("Papers that kept some, with a reason"), kept, "encounters:attestations:register"),
        ],
    )


@evidence("R-30")
def summaries(facility: Organization) -> Evidence:
    """Summaries and their requests."""
    found = Attestation.objects.filter(facility=facility).aggregate(
        n=Count("pk", filter=Q(number__gt="")), issued=Count("pk", filter=Q(issued_at__isnull=False))
    )
    handed = PaperHandover.objects.filter(facility=facility).count()
    return Evidence(
        met_when(True),
        _(
            "Summary (form 03), its request (form 04) and the other papers of TT 25/2025 are filled from the stay."
        ),
        [
            Fact(_("Papers with a number"), found["n"], "encounters:attestations:register"),
            Fact(_("of them issued"), found["issued"], "encounters:attestations:register"),
            Fact(_("Handed over"), handed, "encounters:attestations:register"),
        ],
    )
