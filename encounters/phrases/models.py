"""Phrases: no part of any record until somebody has put one into a document."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from emr.accounts.models import FacilityRecord, Organization
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility


class Phrase(FacilityRecord):
    """`.abbreviation` and a space open as `text`, for its owner or for a whole department; exactly one of them is set."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="phrases"
    )
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    abbreviation = models.CharField(max_length=20, help_text="small letters without accents")
    typed = models.CharField(max_length=20, help_text="what Telex leaves of it, without accents")
    text = models.TextField(max_length=4000)
    changed_at = models.DateTimeField(default=now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=True, department__isnull=False)
                | Q(owner__isnull=False, department__isnull=True),
                name="a_phrase_is_a_persons_or_a_departments",
            ),
            models.UniqueConstraint(
                fields=["owner", "abbreviation"],
                condition=Q(owner__isnull=False),
                name="one_phrase_a_person_and_abbreviation",
            ),
            models.UniqueConstraint(
                fields=["department", "abbreviation"],
                condition=Q(department__isnull=False),
                name="one_phrase_a_department_and_abbreviation",
            ),
        ]
        triggers = [RowHistory(), SameFacility("owner_id", "accounts_user")]

    def __str__(self) -> str:
        return f".{self.abbreviation}"
