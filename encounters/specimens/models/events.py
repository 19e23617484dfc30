"""What became of a request on its way from the order to the report. Insert-only."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility


class RequestEvent(FacilityRecord):
    """One step of a request, told by a person or by the system that performs it (FHIR Task.status, ORC-1 and ORC-5)."""

    class Kind(models.TextChoices):
        SCHEDULED = "scheduled", _("Appointment made")
        COLLECTED = "collected", _("Specimen collected")
        RECEIVED = "received", _("Arrived at the laboratory")
        STARTED = "started", _("In progress")
        RETAKE = "retake", _("Specimen to be taken again")
        REJECTED = "rejected", _("Specimen rejected")
        REFUSED = "refused", _("Order refused by who performs it")
        CANCELLED = "cancelled", _("Cancelled by who performs it")
        DONE = "done", _("Examination done, report to come")

    request = models.ForeignKey("orders.ServiceRequest", on_delete=models.PROTECT, related_name="events")
    specimen = models.ForeignKey(
        "specimens.Specimen", on_delete=models.PROTECT, null=True, blank=True, related_name="events"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    happened_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    system = models.CharField(max_length=40, blank=True, default="")
    # What tells it apart: the same told twice is kept once.
    key = models.CharField(max_length=120)

    append_only = True

    class Meta:
        ordering = ["happened_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["request", "key"], name="a_step_is_told_once"),
            models.CheckConstraint(
                condition=Q(by__isnull=False) | ~Q(system=""), name="a_step_says_who_told_it"
            ),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("request_id", "orders_servicerequest"),
            SameFacility("specimen_id", "specimens_specimen"),
        ]

    def __str__(self) -> str:
        return self.kind
