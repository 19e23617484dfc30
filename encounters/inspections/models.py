"""Who from outside may read which charts until when, and by which paper (R-28, R-35)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord
from emr.common.clock import local_today, now
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from emr.common.vietnamese import fold, tidy


class Body(models.TextChoices):
    """Who asks, as the law on examination and treatment names them (Law 15/2023, Art. 69 (4))."""

    HEALTH_AUTHORITY = "health-authority", _("State management of health")
    INVESTIGATION = "investigation", _("Investigating agency")
    PROCURACY = "procuracy", _("Procuracy")
    COURT = "court", _("Court")
    INSPECTORATE = "inspectorate", _("Inspectorate")
    FORENSICS = "forensics", _("Forensic examination")
    LAWYER = "lawyer", _("The patient's lawyer")
    LEARNER = "learner", _("Learner or researcher in the house")
    PRACTITIONER = "practitioner", _("Practitioner of the house")
    SOCIAL_INSURANCE = "social-insurance", _("Social insurance")
    STATE_COMPENSATION = "state-compensation", _("State compensation")


# The point of the article under which each of them reads.
POINTS = {
    **dict.fromkeys(Body.values[:7], "a"),
    Body.LEARNER: "b",
    Body.PRACTITIONER: "b",
    Body.SOCIAL_INSURANCE: "c",
    Body.STATE_COMPENSATION: "c",
}


class Mandate(FacilityRecord):
    """A letter of an authority, what it lets whom read, and who let it come into force."""

    class Status(models.TextChoices):
        PREPARED = "prepared", _("To be approved")
        APPROVED = "approved", _("Approved")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    number = models.CharField(max_length=20, help_text="our own, on every line of the log: KT2026-0001")
    body = models.CharField(max_length=20, choices=Body)
    point = models.CharField(
        max_length=1, choices=[(p, p) for p in "abc"], help_text="of Art. 69 (4), as it was"
    )
    organisation = models.CharField(max_length=200)
    search_name = models.CharField(max_length=200, editable=False)
    letter_number = models.CharField(max_length=60)
    letter_on = models.DateField()
    received_on = models.DateField()
    purpose = models.CharField(max_length=400)
    readers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # By when the answer is owed, where the rules set a day, and when it was given.
    due_on = models.DateField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.PREPARED)
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "number"], name="one_mandate_per_number"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="mandate_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="approved_mandate_has_an_approver",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("prepared_by")),
                name="nobody_approves_their_own_mandate",
            ),
            models.CheckConstraint(
                condition=~Q(status="withdrawn")
                | (Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                name="withdrawn_mandate_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["facility", "-received_on"], name="mandates_newest_first"),
            models.Index(fields=["facility", "due_on"], name="mandates_owed", condition=Q(answered_at=None)),
        ]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: object, **kwargs: object) -> None:
        self.organisation = tidy(self.organisation)
        self.search_name, self.point = fold(self.organisation), POINTS[self.body]
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def care_source(self) -> str:
        """What its care contexts name as their source."""
        return f"mandate:{self.pk}"

    @property
    def is_prepared(self) -> bool:
        """Whether charts may still be listed, and nobody reads anything."""
        return self.status == self.Status.PREPARED

    @property
    def may_be_corrected(self) -> bool:
        """Whether nobody has read by it yet: it is prepared, or approved for a time that hasn't begun."""
        return self.is_prepared or (self.status == self.Status.APPROVED and now() < self.starts_at)

    @property
    def is_in_force(self) -> bool:
        """Whether its charts are read at this moment."""
        return self.status == self.Status.APPROVED and self.starts_at <= now() < self.ends_at

    @property
    def is_over(self) -> bool:
        """Whether its time has run out, approved or not."""
        return self.status != self.Status.WITHDRAWN and self.ends_at <= now()

    @property
    def is_owed(self) -> bool:
        """Whether somebody waits for an answer that has a day."""
        return self.due_on is not None and self.answered_at is None and self.status == self.Status.PREPARED

    @property
    def is_overdue(self) -> bool:
        """Whether the answer should have been given by now."""
        return self.is_owed and self.due_on is not None and self.due_on < local_today()


class MandateVersion(FacilityRecord):
    """What a letter said before it was corrected: who had prepared and approved that, who corrected it, when and why.

    `content` holds the fields as they stood ({name: text}), `readers` the public ids and names of who was to read.
    """

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(help_text="1 is what was entered first")
    content = models.JSONField()
    reason = models.CharField(max_length=400)
    replaced_at = models.DateTimeField(default=now)
    replaced_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mandate", "number"], name="one_version_per_number_of_a_mandate"),
            models.CheckConstraint(condition=~Q(reason=""), name="a_corrected_mandate_says_why"),
        ]
        ordering: ClassVar[list[str]] = ["-number"]
        triggers = [AppendOnly(), SameFacility("mandate_id", "inspections_mandate")]

    def __str__(self) -> str:
        return f"{self.mandate_id}/{self.number}"


class MandateChart(FacilityRecord):
    """One chart that a mandate lists: all of it, or one stay."""

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="charts")
    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey(
        "visits.Encounter", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Somebody who reaches the chart said that the letter names this person although the chart is kept closely (S-05).
    is_kept_closely = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mandate", "patient", "encounter"],
                nulls_distinct=False,
                name="chart_listed_once_by_a_mandate",
            )
        ]
        ordering: ClassVar[list[str]] = ["id"]
        triggers = [
            RowHistory(),
            SameFacility("mandate_id", "inspections_mandate"),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
        ]

    def __str__(self) -> str:
        return f"{self.mandate_id} {self.patient_id}"
