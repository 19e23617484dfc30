"""What doses wait for: an operation or a procedure, when it is to be, as the ward is told."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility
from encounters.orders.models import MedicationRequest


class AwaitedEvent(FacilityRecord):
    """The stay's operation is at this time, or (without one) is put off. The newest row of its kind holds. Insert-only."""

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="awaited_events")
    kind = models.CharField(max_length=9, choices=MedicationRequest.BeforeEvent)
    at = models.DateTimeField(null=True, blank=True)
    key = models.UUIDField()
    note = models.CharField(max_length=200, blank=True, default="")
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_awaited_event_per_key"),
            models.CheckConstraint(
                condition=Q(at__isnull=False) | ~Q(note=""), name="what_is_put_off_says_why"
            ),
        ]
        indexes = [models.Index(fields=["encounter", "kind", "-id"], name="awaited_events_of_stay")]
        triggers = [
            AppendOnly(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("told_by_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.kind} {pgettext_lazy('event', 'put off') if self.at is None else self.at}"
