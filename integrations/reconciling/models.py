"""What was signed off in the morning. The findings themselves are kept nowhere: they are read from the tables."""

from django.conf import settings
from django.db import models

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import AppendOnly, SameFacility


class SignOff(FacilityRecord):
    """One day, looked through and signed off by a person: the counts at that moment. A day that changed is signed anew."""

    day = models.DateField()
    version = models.PositiveSmallIntegerField(default=1)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=now)
    # About every finding that has no note of its own.
    note = models.CharField(max_length=1000, blank=True, default="")
    # {"matters": {matter: {neighbour: [told, here]}}, "findings": {kind: {neighbour: count}}}
    counts = models.JSONField()
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the findings that were open")

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "day", "version"], name="one_sign_off_a_day_and_version"
            ),
        ]
        triggers = [AppendOnly(), SameFacility("signed_by_id", "accounts_user")]

    def __str__(self) -> str:
        return f"{self.day} v{self.version}"


class SignedFinding(FacilityRecord):
    """A finding that was open when the day was signed off, and what was said about it."""

    sign_off = models.ForeignKey(SignOff, on_delete=models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=30)
    # Application and facility as MSH names them; "" is this record itself.
    neighbour = models.CharField(max_length=130, blank=True, default="")
    key = models.CharField(max_length=200)
    # What a person knows it by: an order's or visit's number, a control id. Never a name.
    number = models.CharField(max_length=200)
    at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True, default="")

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sign_off", "kind", "neighbour", "key"], name="one_row_a_signed_finding"
            ),
        ]
        triggers = [AppendOnly(), SameFacility("sign_off_id", "reconciling_signoff")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
