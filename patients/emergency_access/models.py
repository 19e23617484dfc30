"""Who broke the glass, why, and what was thought of it afterwards (R-34)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.clock import local_today, now
from emr.common.triggers import RowHistory, SameFacility


class EmergencyAccess(FacilityRecord):
    """One person saw one patient outside their care for an hour; somebody else says whether that was right."""

    class Verdict(models.TextChoices):
        JUSTIFIED = "justified", _("Justified")
        NOT_JUSTIFIED = "not-justified", _("Not justified")
        FOLLOW_UP = "follow-up", _("To be followed up")

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Where the patient was cared for at that moment: its head reviews; None: the auditors alone.
    department = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    context = models.OneToOneField("registry.CareContext", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=30)
    reason_text = models.CharField(max_length=120, help_text="as the list said it that day")
    words = models.CharField(max_length=400)
    opened_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField()
    review_due_on = models.DateField()
    verdict = models.CharField(max_length=15, choices=Verdict, blank=True, default="")
    remark = models.CharField(max_length=400, blank=True, default="")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("opened_at")), name="emergency_ends_after_it_opens"
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(words=""), name="emergency_says_why"),
            models.CheckConstraint(
                condition=Q(verdict="", reviewed_at=None, reviewed_by=None)
                | (~Q(verdict="") & Q(reviewed_at__isnull=False, reviewed_by__isnull=False)),
                name="verdict_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("user")), name="nobody_reviews_themselves"
            ),
        ]
        indexes = [
            models.Index(
                fields=["facility", "review_due_on"], name="emergency_waiting", condition=Q(verdict="")
            )
        ]
        triggers = [RowHistory(), SameFacility("patient_id", "registry_patient")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.patient_id}"

    @property
    def is_overdue(self) -> bool:
        """Whether the review should have been done by now."""
        return not self.verdict and local_today() > self.review_due_on
