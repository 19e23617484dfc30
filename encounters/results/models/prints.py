"""Results on paper: a copy of a report, a table over the years."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emr.common.triggers import SameFacility
from encounters.documents.models import FrozenPrint, print_triggers


class ResultPrint(FrozenPrint):
    """A copy that a person asked for: a report as it stood, or a part of the table over the years; never a signed form."""

    class Kind(models.TextChoices):
        REPORT = "report", _("Result")
        TABLE = "table", _("Results through time")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind)
    # Of a report: the version that it shows.
    report = models.ForeignKey(
        "results.DiagnosticReport", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    content = models.JSONField(help_text="see encounters.results.paper")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "patient", "digest"], name="one_print_of_the_same_results"
            ),
            models.CheckConstraint(
                condition=Q(status="ready", attachment__isnull=False)
                | (~Q(status="ready") & Q(attachment__isnull=True)),
                name="a_ready_result_print_has_its_file",
            ),
        ]
        triggers = [
            SameFacility("patient_id", "registry_patient"),
            SameFacility("report_id", "results_diagnosticreport"),
            *print_triggers("patient", "kind", "report"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:8]} {self.status}"
