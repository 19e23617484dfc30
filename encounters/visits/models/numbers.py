"""The registers' running numbers: số vào viện and số lưu trữ have no gaps, so no sequence will do."""

from django.db import models

from emr.accounts.models import FacilityRecord, User
from emr.common.triggers import RowHistory, SameFacility


class NumberSeries(FacilityRecord):
    """The last number given out; its row is locked until the transaction that took a number ends."""

    class Kind(models.TextChoices):
        ADMISSION = "admission"
        ARCHIVE = "archive"

    kind = models.CharField(max_length=12, choices=Kind)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "kind", "year"], name="one_series_a_facility_and_year"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"


class AdmissionEntry(FacilityRecord):
    """A line of the admission register (sổ vào viện): a number once given stays, also when the admission is cancelled."""

    encounter = models.ForeignKey(
        "visits.Encounter", on_delete=models.PROTECT, related_name="admission_entries"
    )
    place = models.ForeignKey("visits.EncounterLocation", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    request_key = models.UUIDField(null=True, help_text="the form that was sent: twice sent is once done")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    cancel_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "year", "sequence"], name="one_admission_per_place"),
            models.UniqueConstraint(fields=["facility", "number"], name="one_admission_per_number"),
            models.UniqueConstraint(fields=["facility", "request_key"], name="one_admission_per_request"),
        ]
        triggers = [RowHistory(), SameFacility("encounter_id", "visits_encounter")]

    def __str__(self) -> str:
        return self.number
