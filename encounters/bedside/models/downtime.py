"""When the server is away: the ward's code and its pack, and the outages during which people wrote on paper."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord, Organization
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility
from encounters.visits.models.encounter import DepartmentOfFacility


class WardCode(FacilityRecord):
    """With what a ward's packs are sealed: the key derived from the code, kept as file keys are; the code is on paper."""

    department = models.OneToOneField(Organization, on_delete=models.PROTECT, related_name="+")
    salt = models.BinaryField(max_length=16)
    wrapped_key = models.BinaryField(max_length=64)
    wrapped_by = models.CharField(max_length=16)
    set_at = models.DateTimeField(default=now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers = [RowHistory(), DepartmentOfFacility()]

    def __str__(self) -> str:
        return f"{self.department_id} {self.set_at:%Y-%m-%d}"


class WardPack(FacilityRecord):
    """The newest pack of a ward, sealed: a copy of what is in the record, of which no older one is kept."""

    code = models.OneToOneField(WardCode, on_delete=models.CASCADE, related_name="pack")
    content = models.BinaryField()
    made_at = models.DateTimeField()
    patient_count = models.PositiveIntegerField()

    class Meta:
        triggers = [SameFacility("code_id", "bedside_wardcode")]

    def __str__(self) -> str:
        return f"{self.code_id} {self.made_at:%Y-%m-%d %H:%M}"


class Outage(FacilityRecord):
    """A time without the system; what happened then was written on paper and is entered later under its name (R-22)."""

    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("What happened"), max_length=200)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gt=F("began_at")),
                name="an_outage_ends_after_it_begins",
            ),
        ]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M} {self.reason}"
