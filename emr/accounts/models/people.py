"""People, and who is what where."""

import datetime as dt
from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Concat
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django_stubs_ext import StrOrPromise

from emr.accounts import roles
from emr.accounts.models.places import Organization
from emr.common.clock import now
from emr.common.models import Record
from emr.common.triggers import RowHistory
from emr.common.vietnamese import fold, sort_key, tidy

if TYPE_CHECKING:
    from emr.accounts.models.choices import CoverDuty


class TsTzRange(Func):
    """`tstzrange(from, to)`: half-open, endless when `to` is null."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


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
    # Counted up to end every session that began before (S-19).
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

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

    def get_session_auth_hash(self) -> str:
        """What a session must carry to be the person's: another password or epoch ends it, without a further query."""
        parts = f"{self.password}:{self.session_epoch}"
        return salted_hmac("emr.accounts.sessions", parts, algorithm="sha256").hexdigest()

    @property
    def titled_name(self) -> str:
        """The name as printed under a signature: "BS.CKI Nguyễn Văn An"."""
        return f"{self.title} {self.full_name}".strip()

    @cached_property
    def current_roles(self) -> list["PractitionerRole"]:
        """The roles held at this moment, with their departments and grants: one query a request."""
        held = PractitionerRole.objects.filter(user=self).at(now()).with_grants()
        return list(held.select_related("department", "cover_duty"))

    @cached_property
    def rights(self) -> dict[str, "roles.Reach"]:
        """{right: departments it reaches (FACILITY or a set of ids)}."""
        reached: dict[str, roles.Reach] = {}
        for held in self.current_roles:
            for right, scope in held.grants.items():
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

    @property
    def covering(self) -> list["CoverDuty"]:
        """The departments that the person stands in for at this moment; costs no query of its own."""
        return [duty for role in self.current_roles if (duty := getattr(role, "cover_duty", None))]

    def has_role(self, role: str) -> bool:
        """Whether the person holds the role anywhere at this moment."""
        return any(held.role == role for held in self.current_roles)


class Role(Record):
    """A bundle of rights: shipped with the release (no facility), or a facility's own, which hides a shipped one.

    Nothing is granted by a row here that wasn't shipped or let through by `emr.staff`.
    """

    facility = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    code = models.SlugField(max_length=24)
    name = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True, help_text="off: hides no shipped role and grants nothing")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "code"], nulls_distinct=False, name="one_role_per_code_and_facility"
            )
        ]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return self.code

    @property
    def is_shipped(self) -> bool:
        """Whether the release keeps this bundle."""
        return self.facility_id is None

    @property
    def label(self) -> StrOrPromise:
        """The name on pages; that of a shipped code in the reader's language."""
        return roles.label_of(self.code) if self.code in roles.ROLES else self.name


class RoleGrant(Record):
    """One right of a role and how far it reaches."""

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="grants")
    right = models.CharField(max_length=60)
    scope = models.CharField(max_length=10, choices=[(scope.value, scope.name) for scope in roles.Scope])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "right"], name="one_scope_per_right")]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.right} {self.scope}"


class HeldRoles(models.QuerySet["PractitionerRole"]):
    """Questions about who is what."""

    def at(self, moment: dt.datetime) -> "HeldRoles":
        """Those held at the instant."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment), starts_at__lte=moment)

    def with_grants(self) -> "HeldRoles":
        """With departments, and the rights of the facility's own bundle or else the shipped one."""
        bundle = (
            Role.objects.filter(
                Q(facility=None) | Q(facility=OuterRef(OuterRef("user__facility"))),
                code=OuterRef(OuterRef("role")),
                is_active=True,
            )
            .order_by(F("facility").asc(nulls_last=True))
            .values("pk")[:1]
        )
        granted = RoleGrant.objects.filter(role=Subquery(bundle)).order_by()
        pairs = granted.values(pair=Concat("right", Value(" "), "scope"))
        return self.annotate(granted=ArraySubquery(pairs)).select_related("department")


class PractitionerRole(Record):
    """A role that a person holds in a department (or the whole facility) from one instant to another."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="practitioner_roles")
    # A role's code, not a key: the facility may put a bundle of its own in a shipped one's place.
    role = models.CharField(max_length=24)
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="practitioner_roles")
    starts_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = HeldRoles.as_manager()

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
        triggers = [
            RowHistory(),
            pgtrigger.Trigger(
                name="role_is_known",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("role", "user_id"),
                func=(
                    "IF NOT EXISTS (SELECT 1 FROM accounts_role r JOIN accounts_user u ON u.id = NEW.user_id "
                    "WHERE r.code = NEW.role AND (r.facility_id IS NULL OR r.facility_id = u.facility_id)) THEN "
                    "RAISE EXCEPTION 'no role %', NEW.role USING ERRCODE = 'foreign_key_violation'; END IF; "
                    "RETURN NEW;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role}"

    @property
    def grants(self) -> dict[str, str]:
        """{right: scope}, of rows read `with_grants`."""
        pairs: list[str] = vars(self)["granted"]
        return dict(pair.split(" ", 1) for pair in pairs)

    def overlaps(self, other: "PractitionerRole") -> bool:
        """Whether both are held at some instant."""
        return (other.ends_at is None or self.starts_at < other.ends_at) and (
            self.ends_at is None or other.starts_at < self.ends_at
        )

    def is_current(self, at: dt.datetime | None = None) -> bool:
        """Whether the role is held at the instant (now when none is given)."""
        moment = at or now()
        return self.starts_at <= moment and (self.ends_at is None or self.ends_at > moment)
