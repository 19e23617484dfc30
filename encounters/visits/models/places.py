"""Where the patient was, and who was responsible."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from emr.accounts.models import FacilityRecord, Location, Organization, TsTzRange, User
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility
from encounters.visits import codes
from encounters.visits.models.encounter import DepartmentOfFacility, Encounter


class EncounterLocation(FacilityRecord):
    """A department, and a bed where there is one, from one instant to another (FHIR Encounter.location).

    Without `department` or `location` the patient is there nevertheless: the HIS named a place that we don't know, and
    `department_as_sent`, `location_as_sent` keep its words until somebody maps them.
    """

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="locations")
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, related_name="+")
    department_as_sent = models.CharField(max_length=100, blank=True, default="")
    location_as_sent = models.CharField(max_length=100, blank=True, default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    entered_at = models.DateTimeField(default=now)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    late_reason = models.CharField(max_length=300, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    cancel_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            models.Index(
                fields=["facility", "department"],
                condition=Q(ends_at=None, cancelled_at=None),
                name="encounter_location_present",
            ),
            models.Index(
                fields=["facility"],
                condition=Q(cancelled_at=None) & (~Q(department_as_sent="") | ~Q(location_as_sent="")),
                name="encounter_location_unmapped",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")),
                name="location_ends_after_it_starts",
            ),
            ExclusionConstraint(
                name="no_two_patients_in_a_bed",
                expressions=[
                    ("location", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at=None, location__isnull=False),
            ),
            ExclusionConstraint(
                name="one_place_at_a_time",
                expressions=[
                    ("encounter", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at=None),
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("location_id", "accounts_location"),
            DepartmentOfFacility(),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def is_unmapped(self) -> bool:
        """The sender's word for the place waits to be mapped."""
        return bool(
            (self.department_id is None and self.department_as_sent)
            or (self.location_id is None and self.location_as_sent)
        )


class EncounterParticipant(FacilityRecord):
    """A member of staff responsible during a stay, from one instant to another (FHIR Encounter.participant)."""

    Role = codes.ParticipantRole

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="participants")
    practitioner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=5, choices=codes.ParticipantRole)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")),
                name="participation_ends_after_it_starts",
            ),
            models.UniqueConstraint(
                fields=["encounter"],
                condition=Q(role="ATND", ends_at=None),
                name="one_attending_doctor_at_a_time",
            ),
        ]
        triggers = [RowHistory(), SameFacility("encounter_id", "visits_encounter")]

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.role}"
