"""A stay: one course of care (đợt điều trị) from arrival to departure."""

import datetime as dt

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from emr.accounts.models import FacilityRecord, Organization, TsTzRange, User
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility
from encounters.visits import codes


class DepartmentOfFacility(pgtrigger.Trigger):
    """Refuse a row whose department belongs to another facility (a department's facility is its parent)."""

    def __init__(self) -> None:
        super().__init__(
            name="department_of_facility",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("department_id", "facility_id"),
            func=(
                "IF NEW.department_id IS NOT NULL AND NEW.facility_id IS DISTINCT FROM (SELECT parent_id FROM"
                " accounts_organization WHERE id = NEW.department_id) THEN RAISE EXCEPTION"
                " 'the department belongs to another facility' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;"
            ),
        )


class Encounter(FacilityRecord):
    """One course of care (FHIR Encounter): an outpatient or emergency visit, or an inpatient stay.

    A visit that ends in admission stays the same encounter: its class becomes IMP and `admitted_at` is set, so that
    the facility reports one course of treatment under one code (MA_LK).
    """

    Class = codes.EncounterClass
    Status = codes.EncounterStatus
    Outcome = codes.Outcome
    Disposition = codes.Disposition
    RecordState = codes.RecordState

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="encounters")
    encounter_class = models.CharField(max_length=4, choices=codes.EncounterClass)
    arrival_class = models.CharField(max_length=4, choices=codes.EncounterClass)
    status = models.CharField(
        max_length=16, choices=codes.EncounterStatus, default=codes.EncounterStatus.IN_PROGRESS
    )
    # five different numbers, all text, leading zeros kept.
    identifier = models.CharField(max_length=40, help_text="mã điều trị (MA_LK)")
    admission_number = models.CharField(max_length=20, blank=True, default="", help_text="số vào viện")
    archive_number = models.CharField(max_length=20, blank=True, default="", help_text="số lưu trữ")
    # when it happened, when it was typed, and why later.
    started_at = models.DateTimeField(default=now)
    admitted_at = models.DateTimeField(null=True, blank=True)
    entered_at = models.DateTimeField(default=now)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    late_reason = models.CharField(max_length=300, blank=True, default="")
    department = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Changed by `encounters.records.services` alone.
    record_state = models.CharField(
        max_length=13,
        choices=codes.RecordState,
        default=codes.RecordState.OPEN,
        db_default=codes.RecordState.OPEN.value,
    )
    record_type = models.CharField(max_length=12, blank=True, default="", help_text="01/BV1, 02/BV1 …")
    reason = models.CharField(max_length=500, blank=True, default="")
    admission_source = models.CharField(max_length=1, choices=codes.AdmissionSource, blank=True, default="")
    referral_source = models.CharField(max_length=1, choices=codes.ReferralSource, blank=True, default="")
    referrer_name = models.CharField(max_length=200, blank=True, default="")
    referrer_code = models.CharField(max_length=13, blank=True, default="")
    times_admitted = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="vào viện do bệnh này lần thứ"
    )
    payer = models.CharField(max_length=6, choices=codes.Payer, blank=True, default="")
    child_weight_grams = models.PositiveIntegerField(null=True, blank=True)
    external_cause_code = models.CharField(
        max_length=8, blank=True, default="", help_text="ICD-10 V01 to Y98"
    )
    accident_type = models.CharField(max_length=1, choices=codes.AccidentType, blank=True, default="")
    accident_place = models.CharField(max_length=200, blank=True, default="")
    accident_at = models.DateTimeField(null=True, blank=True)

    ended_at = models.DateTimeField(null=True, blank=True)
    end_entered_at = models.DateTimeField(null=True, blank=True)
    end_entered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    end_late_reason = models.CharField(max_length=300, blank=True, default="")
    outcome = models.CharField(max_length=1, choices=codes.Outcome, blank=True, default="")
    disposition = models.CharField(max_length=20, choices=codes.Disposition, blank=True, default="")
    pathology = models.CharField(max_length=1, choices=codes.Pathology, blank=True, default="")
    transfer_direction = models.CharField(
        max_length=1, choices=codes.TransferDirection, blank=True, default=""
    )
    transfer_to_name = models.CharField(max_length=200, blank=True, default="")
    transfer_to_code = models.CharField(max_length=13, blank=True, default="")
    transfer_reason = models.CharField(max_length=300, blank=True, default="")

    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    cancel_reason = models.CharField(max_length=300, blank=True, default="")

    request_key = models.UUIDField(
        null=True, blank=True, help_text="the form that was sent: twice sent is once done"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["patient", "-started_at"], name="encounter_of_patient"),
            models.Index(
                fields=["facility", "department"],
                condition=Q(status="in-progress"),
                name="encounter_in_progress",
            ),
            models.Index(fields=["facility", "-admitted_at"], name="encounter_admitted"),
            models.Index(fields=["facility", "-ended_at"], name="encounter_ended"),
            models.Index(
                fields=["facility", "record_state", "ended_at"],
                condition=Q(status="finished"),
                name="encounter_record_state",
            ),
            # The search box finds numbers by their beginnings.
            models.Index(OpClass("identifier", name="varchar_pattern_ops"), name="encounter_identifier"),
            models.Index(
                OpClass("admission_number", name="varchar_pattern_ops"),
                condition=~Q(admission_number=""),
                name="encounter_admission_number",
            ),
            models.Index(
                OpClass("archive_number", name="varchar_pattern_ops"),
                condition=~Q(archive_number=""),
                name="encounter_archive_number",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["facility", "identifier"], name="one_encounter_per_identifier"),
            models.UniqueConstraint(
                fields=["facility", "admission_number"],
                condition=~Q(admission_number=""),
                name="one_encounter_per_admission_number",
            ),
            models.UniqueConstraint(
                fields=["facility", "archive_number"],
                condition=~Q(archive_number=""),
                name="one_encounter_per_archive_number",
            ),
            models.UniqueConstraint(fields=["facility", "request_key"], name="one_encounter_per_request"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="stay_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(admitted_at=None)
                | (
                    Q(admitted_at__gte=F("started_at"))
                    & (Q(ended_at=None) | Q(ended_at__gte=F("admitted_at")))
                ),
                name="admitted_between_start_and_end",
            ),
            models.CheckConstraint(
                condition=~Q(encounter_class="IMP")
                | (Q(admitted_at__isnull=False) & ~Q(admission_number="")),
                name="inpatients_have_an_admission_number",
            ),
            models.CheckConstraint(
                condition=~Q(status="finished") | Q(ended_at__isnull=False), name="finished_stays_have_an_end"
            ),
            models.CheckConstraint(
                condition=~Q(status="in-progress") | Q(ended_at=None), name="running_stays_have_no_end"
            ),
            models.CheckConstraint(
                condition=~Q(record_state="archived") | ~Q(archive_number=""),
                name="an_archived_record_has_its_number",
            ),
            models.CheckConstraint(
                condition=Q(record_state="open") | Q(status__in=["finished", "entered-in-error"]),
                name="a_running_stay_has_an_open_record",
            ),
            # One person lies in one hospital bed at a time.
            ExclusionConstraint(
                name="no_overlapping_inpatient_stays",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    (TsTzRange("admitted_at", "ended_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(encounter_class="IMP", status__in=["in-progress", "finished"]),
            ),
        ]
        triggers = [RowHistory(), SameFacility("patient_id", "registry_patient"), DepartmentOfFacility()]

    def __str__(self) -> str:
        return self.identifier

    @property
    def is_open(self) -> bool:
        """Still in progress."""
        return self.status == codes.EncounterStatus.IN_PROGRESS

    @property
    def is_archived(self) -> bool:
        """It has an archive number, and its record wasn't reopened since."""
        return bool(self.archive_number) and self.record_state in {
            codes.RecordState.OPEN,
            codes.RecordState.ARCHIVED,
        }

    @property
    def is_record_closed(self) -> bool:
        """Whether its record is completed: nothing more is written on it but what comes late, as such."""
        return self.record_state not in codes.WRITABLE

    @property
    def is_inpatient(self) -> bool:
        """Admitted, now or then."""
        return self.encounter_class == codes.EncounterClass.INPATIENT

    @property
    def is_late_entry(self) -> bool:
        """Entered after the fact with a reason ("ghi bổ sung")."""
        return bool(self.late_reason)

    @property
    def begins_at(self) -> dt.datetime:
        """When the present kind of care began: admission for inpatients, arrival for visits."""
        return self.admitted_at or self.started_at

    @property
    def day_of_stay(self) -> int:
        """Ngày điều trị thứ …: 1 on the day of admission, in local days."""
        last = timezone.localdate(self.ended_at or now())
        return max((last - timezone.localdate(self.begins_at)).days, 0) + 1

    @property
    def treatment_days(self) -> int | None:
        """Tổng số ngày điều trị: day out less day in; out on the same day counts 1. None while it runs."""
        if self.ended_at is None:
            return None
        return max((timezone.localdate(self.ended_at) - timezone.localdate(self.begins_at)).days, 1)
