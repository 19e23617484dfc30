"""A patient handed from one nurse to the next: what was said is a signed document, who took it over stands here."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from emr.accounts.models import FacilityRecord, Organization
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility
from encounters.visits.models.encounter import DepartmentOfFacility


class Handover(FacilityRecord):
    """One hand-over of one patient (44/BV2): at the end of a shift, or to another department's nurses."""

    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="handovers")
    document = models.OneToOneField("documents.Document", on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    to_department = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    shift_name = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    situation = models.CharField(max_length=2000)
    to_do = models.CharField(max_length=2000, blank=True, default="")
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    handed_at = models.DateTimeField(default=now)
    key = models.UUIDField(default=uuid.uuid4)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    received_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-handed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "key"], name="one_handover_per_key"),
            models.CheckConstraint(
                condition=Q(received_at=None, received_by=None)
                | Q(received_at__isnull=False, received_by__isnull=False),
                name="a_handover_is_received_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(received_by=None) | ~Q(received_by=F("handed_by")),
                name="a_handover_is_received_by_another",
            ),
        ]
        indexes = [models.Index(fields=["encounter", "-handed_at"], name="handover_of_stay")]
        triggers = [
            RowHistory(),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("document_id", "documents_document"),
            DepartmentOfFacility(),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.shift_name} {self.handed_at:%Y-%m-%d %H:%M}"
