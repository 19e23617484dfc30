"""Forms and what was answered on them; both only ever grow."""

import pgtrigger
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from emr.accounts.models import FacilityRecord, Organization
from emr.common.models import Record
from emr.common.triggers import AppendOnly, SameFacility


class Questionnaire(Record):
    """One version of one form (FHIR R4 Questionnaire): the ministry's, or a facility's own.

    Once active its content never changes: records refer to it for as long as the law keeps them. It may only be retired,
    or given a last day.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        RETIRED = "retired"

    facility = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="null: every facility",
    )
    url = models.CharField(max_length=255)
    version = models.CharField(max_length=40)
    code = models.CharField(max_length=20, help_text="as printed on the form: 01/BV1")
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    resource = models.JSONField(encoder=DjangoJSONEncoder)
    sha256 = models.CharField(max_length=64, help_text="of the canonical JSON of the resource")
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True, help_text="last day on which it may be begun")

    class Meta:
        indexes = [models.Index(fields=["code", "effective_from"], name="questionnaire_in_force")]
        constraints = [
            models.UniqueConstraint(fields=["url", "version"], name="one_content_per_url_and_version"),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gte=F("effective_from")),
                name="questionnaire_ends_after_it_begins",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="frozen_once_active",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.status <> 'draft'"),
                func=(
                    "IF TG_OP = 'DELETE' OR NEW.status = 'draft' "
                    "OR (OLD.status = 'retired' AND NEW.status <> 'retired') "
                    "OR ROW(NEW.uuid, NEW.facility_id, NEW.url, NEW.version, NEW.code, NEW.title, NEW.resource, "
                    "NEW.sha256, NEW.effective_from) IS DISTINCT FROM "
                    "ROW(OLD.uuid, OLD.facility_id, OLD.url, OLD.version, OLD.code, OLD.title, OLD.resource, "
                    "OLD.sha256, OLD.effective_from) THEN "
                    "RAISE EXCEPTION 'a form in force is never changed' USING ERRCODE = 'restrict_violation'; "
                    "END IF; RETURN NEW;"
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"

    @property
    def canonical(self) -> str:
        """`url|version`, as responses name it."""
        return f"{self.url}|{self.version}"


class QuestionnaireResponse(FacilityRecord):
    """The answers to one form, as they were at one moment (FHIR R4 QuestionnaireResponse). Insert-only."""

    append_only = True

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="responses")
    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey(
        "visits.Encounter", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    authored_at = models.DateTimeField()
    resource = models.JSONField()
    sha256 = models.CharField(max_length=64, help_text="of the canonical JSON of the resource")

    class Meta:
        indexes = [models.Index(fields=["encounter", "questionnaire"], name="response_of_encounter")]
        triggers = [
            AppendOnly(),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
        ]

    def __str__(self) -> str:
        return f"{self.questionnaire_id} {self.authored_at:%Y-%m-%d %H:%M}"
