"""Which document holds a sheet of the vital-sign chart."""

from django.db import models
from django.db.models import Q

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility


class VitalSheet(FacilityRecord):
    """Sheet `number` (from 1, ten days each) of a stay's chart as a document. What is measured later amends it.

    `attempt`: another one where the document of the one before was taken back.
    """

    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="+")
    document = models.OneToOneField("documents.Document", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    attempt = models.PositiveSmallIntegerField(default=1)

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["encounter", "number", "attempt"], name="one_vital_sheet_per_number"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="vital_sheets_count_from_one"),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("document_id", "documents_document"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.number}"
