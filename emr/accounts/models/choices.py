"""Standing in for others, and what a facility has chosen."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models.people import PractitionerRole, User
from emr.accounts.models.places import FacilityRecord, Organization
from emr.common.clock import now
from emr.common.triggers import RowHistory


class CoverDuty(FacilityRecord):
    """Somebody stands in for another department until a set hour ("tôi trực thay"), by their own word; the head sees it.

    The rights come from `role`, a role like any other with an end: what the person may do is asked of one table.
    """

    class Reason(models.TextChoices):
        NIGHT = "night", _("Nobody of the department on night duty")
        SWAP = "swap", _("Duty swapped with a colleague")
        SHORT = "short", _("Too few people")
        OTHER = "other", _("Other reason")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="cover_duties")
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="cover_duties")
    role = models.OneToOneField(PractitionerRole, on_delete=models.PROTECT, related_name="cover_duty")
    reason = models.CharField(max_length=10, choices=Reason)
    words = models.CharField(max_length=200, blank=True, default="")
    starts_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField()
    ended_early_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    remark = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="cover_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(seen_at=None, seen_by=None) | Q(seen_at__isnull=False, seen_by__isnull=False),
                name="cover_seen_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["department", "-starts_at"], name="cover_of_department")]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.user} {self.department}"

    @property
    def is_running(self) -> bool:
        """Whether the person stands in at this moment."""
        return self.ended_early_at is None and self.starts_at <= now() < self.ends_at


class FacilitySetting(FacilityRecord):
    """A facility's choice where the law leaves one (days, hours, on or off)."""

    name = models.CharField(max_length=60)
    value = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["facility", "name"], name="one_value_per_setting")]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return self.name
