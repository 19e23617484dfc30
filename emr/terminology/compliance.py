"""What shows that the ministry's catalogues are used, with their days."""

from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emr.common.evidence import Evidence, Fact, evidence, met_when
from emr.terminology.models import CodeSystem, Concept, Flag

if TYPE_CHECKING:
    from emr.accounts.models import Organization

_WHOLE_ICD10 = 15000  # rows of TT 06/2026/TT-BYT: 15,844


@evidence("R-53")
def catalogues(facility: "Organization") -> Evidence:
    """How many catalogues there are, and how many were imported from the ministry's files."""
    found = CodeSystem.objects.aggregate(
        all=Count("pk"),
        imported=Count("pk", filter=Q(origin=CodeSystem.Origin.IMPORTED)),
    )
    return Evidence(
        met_when(found["imported"] > 0, begun=found["all"] > 0),
        _(
            "Codes have days of validity and are never overwritten; the ministry's files are imported by the operator."
        ),
        [
            Fact(_("Catalogues"), found["all"], "terminology:catalogues"),
            Fact(_("of them imported here"), found["imported"], "terminology:catalogues"),
        ],
    )


@evidence("R-54")
def icd10(facility: "Organization") -> Evidence:
    """Whether the whole ICD-10 list is there with the ministry's flags."""
    system = CodeSystem.objects.filter(code="icd10").first()
    found = Concept.objects.filter(system=system).aggregate(
        n=Count("pk"), flagged=Count("pk", filter=Q(properties__has_any_keys=[str(flag) for flag in Flag]))
    )
    return Evidence(
        met_when(found["n"] >= _WHOLE_ICD10 and found["flagged"] > 0, begun=found["n"] > 0),
        _(
            "Codes that may not be a main diagnosis, or are of one sex only, are refused where they are typed."
        ),
        [
            Fact(_("Version"), system.version if system else None, "terminology:catalogues"),
            Fact(_("Codes loaded (the ministry's list has 15,844)"), found["n"], "terminology:catalogues"),
            Fact(_("Codes with a flag"), found["flagged"], "terminology:catalogues"),
        ],
    )
