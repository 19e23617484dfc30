"""What the office keeps about members of staff: licences, absences, changes of roles that wait, imports."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord, User
from emr.common.triggers import RowHistory, SameFacility


class RoleChange(FacilityRecord):
    """A bundle that somebody wants with rights they don't hold: it waits for a second administrator."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")

    code = models.SlugField(max_length=24)
    name = models.CharField(max_length=80)
    grants = models.JSONField(help_text="{right: scope}, the whole bundle as it shall be")
    base_version = models.PositiveIntegerField(help_text="of the bundle that the proposer saw")
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "code"], condition=Q(status="pending"), name="one_pending_change_per_role"
            ),
            models.CheckConstraint(
                condition=Q(status="pending", decided_by=None) | Q(decided_by__isnull=False),
                name="a_decision_has_its_person",
            ),
            # Four eyes: whoever asked may take it back, never let it through.
            models.CheckConstraint(
                condition=~Q(status="approved", decided_by=F("proposed_by")), name="approved_by_somebody_else"
            ),
        ]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.code} {self.status}"


class Absence(FacilityRecord):
    """Why and since when an account is shut: suspended for a while, or gone."""

    class Kind(models.TextChoices):
        SUSPENDED = "suspended", _("Suspended")
        LEFT = "left", _("Left")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="absences")
    kind = models.CharField(max_length=9, choices=Kind)
    reason = models.CharField(max_length=200, blank=True, default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ends_at=None), name="one_open_absence_per_person"
            )
        ]
        triggers = [RowHistory(), SameFacility("user_id", "accounts_user")]

    def __str__(self) -> str:
        return f"{self.user} {self.kind}"


class PractisingLicence(FacilityRecord):
    """Leave to practise (giấy phép hành nghề): what, since when, at which hours registered here (R-69)."""

    class Profession(models.TextChoices):
        DOCTOR = "doctor", _("Doctor")
        ASSISTANT_DOCTOR = "assistant_doctor", _("Assistant doctor")
        NURSE = "nurse", _("Nurse")
        MIDWIFE = "midwife", _("Midwife")
        TECHNICIAN = "technician", _("Medical technician")
        PHARMACIST = "pharmacist", _("Pharmacist")
        DIETITIAN = "dietitian", _("Clinical dietitian")
        OTHER = "other", _("Other")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="licences")
    number = models.CharField(max_length=40)
    profession = models.CharField(max_length=16, choices=Profession)
    scope = models.CharField(
        max_length=300, blank=True, default="", help_text="phạm vi hành nghề, as written"
    )
    issued_on = models.DateField(null=True, blank=True)
    issued_by = models.CharField(max_length=120, blank=True, default="")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True, help_text="its last day")
    hours = models.CharField(max_length=200, blank=True, default="", help_text="empty: at any hour")
    withdrawn_on = models.DateField(null=True, blank=True, help_text="from this day on it counts no more")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "number"], name="one_licence_per_number"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="licence_ends_after_it_starts",
            ),
        ]
        triggers = [RowHistory(), SameFacility("user_id", "accounts_user")]

    def __str__(self) -> str:
        return self.number

    def is_valid_on(self, day: dt.date) -> bool:
        """Whether it counts on that day."""
        if self.withdrawn_on is not None and day >= self.withdrawn_on:
            return False
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class StaffImport(FacilityRecord):
    """A list of staff as it was read: shown with what is wrong in each row, then applied or forgotten."""

    class Status(models.TextChoices):
        CHECKED = "checked", _("Checked")
        APPLYING = "applying", _("Being applied")
        APPLIED = "applied", _("Applied")

    file_name = models.CharField(max_length=200)
    rows = models.JSONField(help_text="[{line, values, errors, action}]")
    status = models.CharField(max_length=8, choices=Status, default=Status.CHECKED)
    done_count = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.file_name

    @property
    def row_count(self) -> int:
        """How many people the list has."""
        return len(self.rows)

    @property
    def error_count(self) -> int:
        """How many rows can't be applied."""
        return sum(1 for row in self.rows if row["errors"])
