"""The facility, its departments, wards, rooms and beds."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from emr.common.models import Record
from emr.common.triggers import RowHistory


class Organization(Record):
    """A facility (cơ sở khám bệnh, chữa bệnh) or one of its departments (khoa, phòng)."""

    class Kind(models.TextChoices):
        FACILITY = "facility"
        DEPARTMENT = "department"

    kind = models.CharField(max_length=12, choices=Kind)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="departments"
    )
    code = models.CharField(
        max_length=20, help_text="facility: insurance code; department: ministry's code (K03)"
    )
    name = models.CharField(max_length=200)
    # Printed above the facility's name on every form ("SỞ Y TẾ …").
    authority = models.CharField(max_length=200, blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    is_clinical = models.BooleanField(default=True, help_text="patients stay or are seen here")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(kind="facility"), name="one_facility_per_code"
            ),
            models.UniqueConstraint(
                fields=["parent", "code"], condition=Q(kind="department"), name="one_department_per_code"
            ),
            models.CheckConstraint(
                condition=Q(kind="facility", parent=None) | Q(kind="department", parent__isnull=False),
                name="departments_belong_to_a_facility",
            ),
        ]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return self.name

    @property
    def facility_id(self) -> int:
        """The facility itself, or the one that the department belongs to."""
        return self.parent_id or self.pk


class FacilityRecord(Record):
    """A row that belongs to one facility; everything clinical does."""

    facility = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Location(FacilityRecord):
    """A ward, a room or a bed (FHIR Location)."""

    class Kind(models.TextChoices):
        WARD = "ward"
        ROOM = "room"
        BED = "bed"

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        INACTIVE = "inactive"

    kind = models.CharField(max_length=4, choices=Kind)
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="locations")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    is_intensive_care = models.BooleanField(default=False, help_text="days here count as ICU days")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["department", "code"], name="one_location_per_code")]
        ordering: ClassVar[list[str]] = ["department", "position", "code"]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return self.name
