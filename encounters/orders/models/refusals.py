"""What another system wouldn't do with an order of ours, until somebody has dealt with it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility


class OrderRefusal(FacilityRecord):
    """One refusal: out of stock, not insured, a code that isn't known there. The order itself stays as it is."""

    class Wanted(models.TextChoices):
        PLACE = "place", _("Order")
        CANCEL = "cancel", _("Stop")
        HOLD = "hold", _("Hold")
        RESUME = "resume", _("Resume")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="+")
    medication = models.ForeignKey(
        "orders.MedicationRequest", on_delete=models.PROTECT, null=True, blank=True, related_name="refusals"
    )
    service = models.ForeignKey(
        "orders.ServiceRequest", on_delete=models.PROTECT, null=True, blank=True, related_name="refusals"
    )
    system = models.CharField(max_length=60, help_text="who refuses: HIS")
    wanted = models.CharField(max_length=6, choices=Wanted)
    code = models.CharField(max_length=20, blank=True, default="", help_text="as sent: UA, 204")
    text = models.CharField(max_length=300, blank=True, default="", help_text="as sent")
    # What makes a second telling of the same refusal the same one.
    key = models.CharField(max_length=80)
    refused_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(medication__isnull=False, service=None)
                | Q(medication=None, service__isnull=False),
                name="a_refusal_is_of_one_order",
            ),
            models.UniqueConstraint(fields=["facility", "key"], name="one_refusal_per_key"),
        ]
        indexes = [
            models.Index(
                fields=["facility", "-refused_at"], condition=Q(settled_at=None), name="refusal_open"
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("medication_id", "orders_medicationrequest"),
            SameFacility("service_id", "orders_servicerequest"),
        ]

    def __str__(self) -> str:
        return f"{self.wanted} {self.code}"
