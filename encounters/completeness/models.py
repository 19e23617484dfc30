"""What a facility asks of its records beside what is delivered, and what somebody let a record be closed without."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import AppendOnly, SameFacility


class RuleVersion(FacilityRecord):
    """A rule as a facility has it from a day on: another version of a delivered one, or one of its own. Insert-only.

    `content` has the shape of an entry of `rules.json`; see `encounters.completeness.rules`.
    """

    code = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField(help_text="1 is the facility's first of that code")
    begins_on = models.DateField(help_text="for stays that end on this day or later")
    content = models.JSONField()
    reason = models.CharField(max_length=300)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)

    append_only = True

    class Meta:
        ordering: ClassVar[list[str]] = ["code", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "code", "number"], name="one_version_per_number_of_a_rule"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_changed_rule_says_why"),
        ]
        triggers = [AppendOnly(), SameFacility("made_by_id", "accounts_user")]

    def __str__(self) -> str:
        return f"{self.code}/{self.number}"


class Override(FacilityRecord):
    """A gap that somebody answers for: the record may be closed with it. Shown with the record for ever. Insert-only."""

    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=40)
    key = models.CharField(max_length=120, help_text="of the gap")
    words = models.CharField(max_length=400, help_text="what was missing, as it was shown")
    reason = models.CharField(max_length=300)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)

    append_only = True

    class Meta:
        ordering: ClassVar[list[str]] = ["made_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["encounter", "key"], name="one_override_per_gap"),
            models.CheckConstraint(condition=~Q(reason=""), name="an_override_says_why"),
        ]
        triggers = [
            AppendOnly(),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("made_by_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.key}"
