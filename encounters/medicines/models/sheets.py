"""Which document holds what a nurse carried out in a shift."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility


class ShiftSheet(FacilityRecord):
    """A composed sheet of a stay: of one nurse and time where it is somebody's work. Later facts amend its document."""

    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="+")
    document = models.OneToOneField("documents.Document", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20)
    nurse = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["encounter", "code", "nurse", "starts_at", "ends_at"],
                name="one_sheet_per_nurse_and_time",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a_sheet_is_of_some_time"),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("document_id", "documents_document"),
            SameFacility("nurse_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.document_id}"
