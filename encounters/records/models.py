"""The life of a record: what happened to it, how it is kept, to whom it is lent."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.visits.codes import RecordState

_STAFF = settings.AUTH_USER_MODEL


class RecordEvent(FacilityRecord):
    """One step of a record: from which state to which, by whom, when and why. Insert-only: a reopening shows for ever."""

    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="record_events")
    verb = models.CharField(max_length=12, help_text="see encounters.records.steps")
    from_state = models.CharField(max_length=13, choices=RecordState)
    to_state = models.CharField(max_length=13, choices=RecordState)
    by = models.ForeignKey(_STAFF, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)
    reason = models.CharField(max_length=400, blank=True, default="")
    request_key = models.UUIDField(
        null=True, blank=True, help_text="the form that was sent: twice sent is once done"
    )

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "request_key"], name="one_step_per_request"),
            models.CheckConstraint(
                condition=~Q(to_state__in=["returned", "reopened"]) | ~Q(reason=""),
                name="a_record_given_back_says_why",
            ),
        ]
        indexes = [models.Index(fields=["encounter", "-at"], name="record_events_of_stay")]
        ordering: ClassVar[list[str]] = ["at", "pk"]
        triggers = [AppendOnly(), SameFacility("encounter_id", "visits_encounter")]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.to_state}"


class RecordFault(FacilityRecord):
    """A fault that the planning office found: its code and words as the list had them then."""

    event = models.ForeignKey(RecordEvent, on_delete=models.PROTECT, related_name="faults")
    code = models.CharField(max_length=40)
    words = models.CharField(max_length=200)

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "code"], name="one_fault_of_a_kind_a_return")]
        triggers = [AppendOnly(), SameFacility("event_id", "records_recordevent")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.code}"


class Keeping(FacilityRecord):
    """How a stay's record is kept: the paper beside it (R-07), for how long (R-48), and what forbids its disposal."""

    encounter = models.OneToOneField(
        "visits.Encounter", on_delete=models.PROTECT, related_name="record_keeping"
    )
    is_hybrid = models.BooleanField(default=False, help_text="part of the record is paper (R-07)")
    barcode = models.CharField(max_length=40, blank=True, default="", help_text="on the paper folder")
    shelf = models.CharField(max_length=60, blank=True, default="")
    # What the stay's own data can't tell (transplant, incident): see encounters.records.retention.
    added_classes = models.JSONField(default=list, blank=True)
    retention_class = models.CharField(max_length=20, blank=True, default="")
    retained_until = models.DateField(
        null=True, blank=True, help_text="last day; empty with a class: for ever"
    )
    is_held = models.BooleanField(default=False, help_text="legal hold: never disposed of")
    hold_reason = models.CharField(max_length=300, blank=True, default="")
    held_by = models.ForeignKey(_STAFF, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    held_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "barcode"], condition=~Q(barcode=""), name="one_folder_per_barcode"
            ),
            models.CheckConstraint(
                condition=Q(is_held=False) | (~Q(hold_reason="") & Q(held_by__isnull=False)),
                name="a_legal_hold_says_why",
            ),
        ]
        indexes = [models.Index(fields=["facility", "retained_until"], name="records_due_for_disposal")]
        triggers = [RowHistory(), SameFacility("encounter_id", "visits_encounter")]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.retention_class}"


class Loan(FacilityRecord):
    """An archived record lent: on the screen to somebody of the house until a day, or the folder to whoever signs for it."""

    class Kind(models.TextChoices):
        ELECTRONIC = "electronic", _("On the screen")
        FOLDER = "folder", _("Paper folder")

    class Status(models.TextChoices):
        ASKED = "asked", pgettext_lazy("loan", "To be approved")
        LENT = "lent", pgettext_lazy("loan", "Lent")
        REFUSED = "refused", pgettext_lazy("loan", "Refused")
        RETURNED = "returned", pgettext_lazy("loan", "Returned")

    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="record_loans")
    kind = models.CharField(max_length=10, choices=Kind)
    borrower = models.ForeignKey(_STAFF, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    outsider = models.CharField(
        max_length=200, blank=True, default="", help_text="who from outside, and from where"
    )
    paper_number = models.CharField(
        max_length=60, blank=True, default="", help_text="of the request or letter"
    )
    purpose = models.CharField(max_length=300)
    is_kept_closely = models.BooleanField(default=False)
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status, default=Status.ASKED)
    asked_by = models.ForeignKey(_STAFF, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=now)
    decided_by = models.ForeignKey(_STAFF, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=300, blank=True, default="")
    returned_by = models.ForeignKey(_STAFF, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    returned_at = models.DateTimeField(null=True, blank=True)
    request_key = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "request_key"], name="one_loan_per_request"),
            models.UniqueConstraint(
                fields=["encounter"],
                condition=Q(kind="folder", status="lent"),
                name="a_folder_is_in_one_hand",
            ),
            models.CheckConstraint(
                condition=Q(borrower__isnull=False, outsider="")
                | (Q(borrower=None, kind="folder") & ~Q(outsider="")),
                name="a_loan_names_one_borrower",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="nobody_approves_their_own_loan",
            ),
            models.CheckConstraint(
                condition=Q(status="asked") | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="a_loan_was_decided_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["facility", "status", "ends_at"], name="loans_by_term")]
        triggers = [
            RowHistory(),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("borrower_id", "accounts_user"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.kind} {self.status}"

    @property
    def care_source(self) -> str:
        """What its care context names as its source."""
        return f"loan:{self.pk}"

    @property
    def is_running(self) -> bool:
        """Lent at this moment; what is lent on the screen comes back by itself at its term."""
        return self.status == self.Status.LENT and (self.kind == self.Kind.FOLDER or self.ends_at > now())

    @property
    def is_overdue(self) -> bool:
        """A folder that should be back."""
        return self.status == self.Status.LENT and self.kind == self.Kind.FOLDER and self.ends_at <= now()
