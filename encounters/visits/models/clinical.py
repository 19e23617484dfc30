"""Diagnoses and procedures of a stay: what was written stays; a correction is a new row that names the old one."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from emr.accounts.models import FacilityRecord, Organization, User
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility
from encounters.visits import codes
from encounters.visits.models.encounter import DepartmentOfFacility, Encounter


class Condition(FacilityRecord):
    """A diagnosis in its role in the stay (FHIR Condition, Encounter.diagnosis.use): ICD-10 code and the doctor's words."""

    Role = codes.DiagnosisRole

    class Status(models.TextChoices):
        CONFIRMED = "confirmed"
        ENTERED_IN_ERROR = "entered-in-error"

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="conditions")
    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=20, choices=codes.DiagnosisRole)
    rank = models.PositiveSmallIntegerField(default=1)
    code = models.CharField(max_length=8, blank=True, default="", help_text="ICD-10; blank: text alone")
    text = models.CharField(max_length=500)
    status = models.CharField(max_length=16, choices=Status, default=Status.CONFIRMED)
    asserted_at = models.DateTimeField(default=now)
    entered_at = models.DateTimeField(default=now)
    late_reason = models.CharField(max_length=300, blank=True, default="")
    recorder = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    error_at = models.DateTimeField(null=True)
    error_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    error_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["rank", "asserted_at", "id"]
        indexes = [models.Index(fields=["patient", "code"], name="condition_of_patient")]
        constraints = [
            models.UniqueConstraint(
                fields=["encounter", "role"],
                condition=Q(status="confirmed", role__in=sorted(codes.SINGLE_ROLES)),
                name="one_diagnosis_in_single_roles",
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("patient_id", "registry_patient"),
            DepartmentOfFacility(),
            pgtrigger.ReadOnly(
                name="what_was_written_stays",
                fields=[
                    "encounter",
                    "patient",
                    "role",
                    "code",
                    "text",
                    "recorder",
                    "asserted_at",
                    "entered_at",
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class Procedure(FacilityRecord):
    """An operation or procedure that was done (FHIR Procedure): ICD-9-CM code (R-64), who, when, under what anaesthesia."""

    Kind = codes.ProcedureKind

    class Status(models.TextChoices):
        COMPLETED = "completed"
        ENTERED_IN_ERROR = "entered-in-error"

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="procedures")
    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=codes.ProcedureKind)
    code = models.CharField(max_length=10, blank=True, default="", help_text="ICD-9-CM; blank: text alone")
    text = models.CharField(max_length=500)
    status = models.CharField(max_length=16, choices=Status, default=Status.COMPLETED)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    anaesthesia = models.CharField(max_length=10, choices=codes.Anaesthesia, blank=True, default="")
    note = models.TextField(blank=True, default="")
    entered_at = models.DateTimeField(default=now)
    late_reason = models.CharField(max_length=300, blank=True, default="")
    recorder = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    error_at = models.DateTimeField(null=True)
    error_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    error_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["started_at", "id"]
        indexes = [models.Index(fields=["facility", "kind", "started_at"], name="procedure_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="procedure_ends_after_it_starts",
            ),
        ]
        triggers = [
            RowHistory(),
            SameFacility("encounter_id", "visits_encounter"),
            SameFacility("patient_id", "registry_patient"),
            DepartmentOfFacility(),
            pgtrigger.ReadOnly(
                name="what_was_written_stays",
                fields=[
                    "encounter",
                    "patient",
                    "kind",
                    "code",
                    "text",
                    "started_at",
                    "recorder",
                    "entered_at",
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class ProcedurePerformer(FacilityRecord):
    """Who operated, assisted or gave anaesthesia (FHIR Procedure.performer)."""

    Role = codes.PerformerRole

    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="performers")
    practitioner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=codes.PerformerRole)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["procedure", "practitioner", "role"], name="one_part_per_person_in_a_procedure"
            )
        ]
        triggers = [RowHistory(), SameFacility("procedure_id", "visits_procedure")]

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.role}"
