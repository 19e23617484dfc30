"""The life of a record: what happened to it, how it is kept, to whom it is lent, and what is left when its time is over."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from encounters.visits.codes import RecordState

_STAFF = settings.AUTH_USER_MODEL
# The name of the triggers that stay on while the owner disposes of a record, see `shredding`.
GUARD = "nothing_before_its_date"


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
        triggers = [
            RowHistory(),
            SameFacility("encounter_id", "visits_encounter"),
            # While this row stands, its foreign key keeps the stay: what goes before its time takes the guard with it.
            pgtrigger.Trigger(
                name=GUARD,
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=(
                    "IF NOT EXISTS (SELECT 1 FROM records_tombstone t WHERE t.stay_id = OLD.encounter_id)"
                    " THEN RAISE EXCEPTION 'a record goes by minutes alone' USING ERRCODE = 'check_violation'; END IF;"
                    " RETURN OLD;"
                ),
            ),
        ]

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


class DisposalMinutes(FacilityRecord):
    """Records whose time is over, put down by the head's decision; two others agree before the owner disposes of them."""

    class Status(models.TextChoices):
        PREPARED = "prepared", pgettext_lazy("minutes", "To be approved")
        APPROVED = "approved", pgettext_lazy("minutes", "Approved")
        CANCELLED = "cancelled", pgettext_lazy("minutes", "Laid aside")

    number = models.CharField(max_length=20, help_text="BBH2036-0001")
    decision_number = models.CharField(max_length=60, help_text="of the head's decision (R-48)")
    decided_on = models.DateField()
    members = models.CharField(max_length=400, help_text="who sits on the board of disposal")
    status = models.CharField(max_length=9, choices=Status, default=Status.PREPARED)
    prepared_by = models.ForeignKey(_STAFF, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(default=now)
    first_by = models.ForeignKey(_STAFF, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    first_at = models.DateTimeField(null=True, blank=True)
    second_by = models.ForeignKey(_STAFF, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    second_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        _STAFF, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_reason = models.CharField(max_length=300, blank=True, default="")
    request_key = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "number"], name="one_disposal_per_number"),
            models.UniqueConstraint(fields=["facility", "request_key"], name="one_disposal_per_request"),
            models.CheckConstraint(
                condition=(Q(first_by=None) | ~Q(first_by=F("prepared_by")))
                & (Q(second_by=None) | ~Q(second_by=F("prepared_by")))
                & (Q(second_by=None) | Q(first_by__isnull=False) & ~Q(second_by=F("first_by"))),
                name="three_people_dispose",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved")
                | Q(first_by__isnull=False, first_at__isnull=False, second_by__isnull=False)
                & Q(second_at__isnull=False),
                name="a_disposal_is_approved_twice",
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | (Q(cancelled_by__isnull=False) & ~Q(cancelled_reason="")),
                name="minutes_laid_aside_say_why",
            ),
        ]
        indexes = [models.Index(fields=["facility", "-prepared_at"], name="disposals_newest_first")]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return self.number


class DisposalLine(FacilityRecord):
    """A record on minutes; it goes with the record, and a tombstone stands in its place."""

    minutes = models.ForeignKey(DisposalMinutes, on_delete=models.PROTECT, related_name="lines")
    encounter = models.OneToOneField(
        "visits.Encounter", on_delete=models.PROTECT, related_name="disposal_line"
    )

    class Meta:
        triggers = [
            RowHistory(),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("minutes_id", "records_disposalminutes"),
            pgtrigger.Trigger(
                name="nothing_is_slipped_in",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=(
                    "IF (SELECT status FROM records_disposalminutes WHERE id = NEW.minutes_id) <> 'prepared'"
                    " THEN RAISE EXCEPTION 'the minutes are closed' USING ERRCODE = 'check_violation'; END IF;"
                    " RETURN NEW;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minutes_id} {self.encounter_id}"


class Tombstone(FacilityRecord):
    """What is left of a record that was disposed of: its numbers, its dates, by which minutes. The owner alone writes it."""

    minutes = models.ForeignKey(DisposalMinutes, on_delete=models.PROTECT, related_name="tombstones")
    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    stay_id = models.BigIntegerField(unique=True, help_text="the stay's key, as the audit log names it")
    stay_uuid = models.UUIDField()
    identifier = models.CharField(max_length=64)
    admission_number = models.CharField(max_length=64, blank=True, default="")
    archive_number = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    retention_class = models.CharField(max_length=20)
    retained_until = models.DateField()
    bundle_sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="of the record's last bundle"
    )
    row_count = models.PositiveIntegerField()
    # Names of the encrypted files: what a killed run left of them is removed by the next.
    file_names = models.JSONField(default=list)
    disposed_at = models.DateTimeField(db_default=Now())

    append_only = True
    application_grants = "SELECT"

    class Meta:
        indexes = [models.Index(fields=["patient"], name="disposed_records_of_patient")]
        triggers = [
            AppendOnly(),
            SameFacility("minutes_id", "records_disposalminutes"),
            SameFacility("patient_id", "registry_patient"),
            pgtrigger.Trigger(
                name=GUARD,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=(
                    "IF NOT EXISTS (SELECT 1 FROM records_keeping k"
                    " JOIN visits_encounter e ON e.id = k.encounter_id"
                    " JOIN records_disposalline l ON l.encounter_id = e.id"
                    " JOIN records_disposalminutes m ON m.id = l.minutes_id"
                    " WHERE e.id = NEW.stay_id AND m.id = NEW.minutes_id AND m.status = 'approved'"
                    " AND e.record_state = 'archived' AND NOT k.is_held"
                    " AND k.retained_until < (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)"
                    " THEN RAISE EXCEPTION 'the record is not due' USING ERRCODE = 'check_violation'; END IF;"
                    " RETURN NEW;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.archive_number
