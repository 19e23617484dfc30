"""What everybody who comes to the bed must know: isolation, risk of falling."""

import uuid

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility


class Precaution(FacilityRecord):
    """One precaution of a stay, from when a nurse or doctor set it until somebody ended it."""

    class Kind(models.TextChoices):
        CONTACT = "contact", _("Isolation: contact")
        DROPLET = "droplet", _("Isolation: droplets")
        AIRBORNE = "airborne", _("Isolation: airborne")
        FALL = "fall", _("Risk of falling")
        PRESSURE = "pressure", _("Risk of pressure sores")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="precautions")
    kind = models.CharField(max_length=8, choices=Kind)
    note = models.CharField(max_length=200, blank=True, default="")
    # Made on the device: what is sent again after somebody ended it doesn't begin anew.
    key = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID())
    starts_at = models.DateTimeField(default=now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_precaution_per_key"),
            models.UniqueConstraint(
                fields=["encounter", "kind"], condition=Q(ends_at=None), name="one_precaution_of_a_kind"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None, ended_by=None)
                | Q(ends_at__gte=F("starts_at"), ended_by__isnull=False),
                name="an_ended_precaution_says_who",
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.kind}"

    @property
    def is_isolation(self) -> bool:
        """Whether it says how to dress before coming near."""
        return self.kind in {self.Kind.CONTACT, self.Kind.DROPLET, self.Kind.AIRBORNE}
