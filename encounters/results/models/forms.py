"""Which document is the signed form of which report."""

from django.db import models

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility
from encounters.results.models.reports import DiagnosticReport


class ReportForm(FacilityRecord):
    """The official result form made of a report; later versions of the report amend the same document."""

    report = models.OneToOneField(DiagnosticReport, on_delete=models.PROTECT, related_name="form")
    document = models.OneToOneField("documents.Document", on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        triggers = [
            AppendOnly(),
            SameFacility("report_id", "results_diagnosticreport"),
            SameFacility("document_id", "documents_document"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.document_id}"
