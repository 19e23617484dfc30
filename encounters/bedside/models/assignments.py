"""Which nurse looks after which patient in which shift, and what each has read."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from emr.accounts.models import FacilityRecord, Organization
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility
from encounters.visits.models.encounter import DepartmentOfFacility


class Assignment(FacilityRecord):
    """A patient is a nurse's for one shift, by the head nurse's word; another word ends this row."""

    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="assignments")
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    nurse = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    shift_name = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["encounter", "starts_at"],
                condition=Q(ended_at=None),
                name="one_nurse_per_patient_and_shift",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="a_shift_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="an_ended_assignment_says_who",
            ),
        ]
        indexes = [
            models.Index(
                fields=["nurse", "starts_at"], condition=Q(ended_at=None), name="assignment_of_nurse"
            )
        ]
        triggers = [RowHistory(), SameFacility("encounter_id", "visits_encounter"), DepartmentOfFacility()]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.shift_name} {self.nurse_id}"


class Look(FacilityRecord):
    """Up to when a nurse has read a patient's orders: what was confirmed later is new to that nurse."""

    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["encounter", "user"], name="one_look_per_person_and_stay")
        ]
        triggers = [RowHistory(), SameFacility("encounter_id", "visits_encounter")]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.user_id} {self.seen_at:%Y-%m-%d %H:%M}"
