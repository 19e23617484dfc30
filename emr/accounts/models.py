"""People, departments, places, and who is what where."""

import datetime as dt
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.functional import cached_property

from emr.accounts import roles
from emr.common.clock import now
from emr.common.models import Record
from emr.common.triggers import RowHistory
from emr.common.vietnamese import fold, sort_key, tidy


class TsTzRange(Func):
    """`tstzrange(from, to)`: half-open, endless when `to` is null."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


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


class UserManager(BaseUserManager["User"]):
    """Makes members of staff; `emr.accounts.services.create_user` is the way in for everything but tests."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=(username or "").strip().lower())


class User(AbstractBaseUser, Record):
    """A member of staff who signs in (FHIR Practitioner): personal, never shared (R-13)."""

    username = models.CharField(max_length=60, unique=True)
    full_name = models.CharField(max_length=120)
    sort_key = models.CharField(max_length=800, editable=False)
    search_name = models.CharField(max_length=120, editable=False)
    facility = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="staff")
    staff_code = models.CharField(max_length=30)
    title = models.CharField(
        max_length=60, blank=True, default="", help_text="as printed before the name: BS.CKI, ĐD"
    )
    licence_number = models.CharField(
        max_length=40, blank=True, default="", help_text="số giấy phép hành nghề"
    )
    citizen_number = models.CharField(max_length=12, blank=True, default="")
    language = models.CharField(max_length=2, blank=True, default="")
    theme = models.CharField(max_length=5, blank=True, default="")
    is_active = models.BooleanField(default=True)

    outside_the_wall = "the door asks who somebody is before it knows whose they are"

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "staff_code"], name="one_person_per_staff_code")
        ]
        ordering: ClassVar[list[str]] = ["sort_key"]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: object, **kwargs: object) -> None:
        self.username = self.username.strip().lower()
        self.full_name = tidy(self.full_name)
        self.sort_key, self.search_name = sort_key(self.full_name), fold(self.full_name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def titled_name(self) -> str:
        """The name as printed under a signature: "BS.CKI Nguyễn Văn An"."""
        return f"{self.title} {self.full_name}".strip()

    @cached_property
    def current_roles(self) -> list["PractitionerRole"]:
        """The roles held at this moment, with their departments: one query a request."""
        moment = now()
        held = self.practitioner_roles.filter(Q(ends_at=None) | Q(ends_at__gt=moment), starts_at__lte=moment)
        return list(held.select_related("department"))

    @cached_property
    def rights(self) -> dict[str, "roles.Reach"]:
        """{right: departments it reaches (FACILITY or a set of ids)}."""
        reached: dict[str, roles.Reach] = {}
        for held in self.current_roles:
            for right, scope in roles.ROLES[held.role].items():
                if scope == roles.Scope.FACILITY:
                    reached[right] = roles.EVERYWHERE
                elif reached.get(right) != roles.EVERYWHERE:
                    before = reached.get(right, frozenset())
                    reached[right] = (
                        frozenset({held.department_id, *before}) if isinstance(before, frozenset) else before
                    )
        return reached

    def has_right(self, right: str, department_id: int | None = None) -> bool:
        """Whether the person holds the right (in that department, when one is named)."""
        reach = self.rights.get(right) if self.is_active else None
        if reach is None:
            return False
        return department_id is None or reach == roles.EVERYWHERE or department_id in reach

    def departments_for(self, right: str) -> "roles.Reach":
        """Where the right reaches: EVERYWHERE in the facility, or a set of department ids (empty: nowhere)."""
        return self.rights.get(right, frozenset()) if self.is_active else frozenset()

    def has_role(self, role: str) -> bool:
        """Whether the person holds the role anywhere at this moment."""
        return any(held.role == role for held in self.current_roles)


class PractitionerRole(Record):
    """A role that a person holds in a department (or the whole facility) from one instant to another."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="practitioner_roles")
    role = models.CharField(max_length=24, choices=roles.CHOICES)
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="practitioner_roles")
    starts_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="role_ends_after_it_starts"
            ),
            ExclusionConstraint(
                name="role_held_once_at_a_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("department", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.user} {self.role}"

    def is_current(self, at: dt.datetime | None = None) -> bool:
        """Whether the role is held at the instant (now when none is given)."""
        moment = at or now()
        return self.starts_at <= moment and (self.ends_at is None or self.ends_at > moment)


class FacilitySetting(FacilityRecord):
    """A facility's choice where the law leaves one (days, hours, on or off)."""

    name = models.CharField(max_length=60)
    value = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["facility", "name"], name="one_value_per_setting")]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return self.name
