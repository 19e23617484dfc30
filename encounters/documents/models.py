"""Clinical documents: drafted, frozen, rendered; a version once frozen never changes (principles 1 and 2)."""

import secrets

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord, Organization
from emr.common.clock import now
from emr.common.models import Record
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from emr.storage.models import Attachment

# Trích biên bản hội chẩn: a statutory book lists these of the whole hospital by day.
CONSULTATION = "27/BV2"
_VERIFY_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def make_verify_code() -> str:
    """Sixteen letters and digits that can't be guessed or misread (80 bits), printed as QR for `/verify/<code>/`."""
    return "".join(secrets.choice(_VERIFY_ALPHABET) for _ in range(16))


class Document(FacilityRecord):
    """One document of a stay (FHIR Composition): a record, a treatment-sheet entry, a consent."""

    # The public id of the order or procedure that is reported, while the first answers are gathered; the form keeps it.
    about: str = ""

    class Status(models.TextChoices):
        DRAFT = "draft"
        FINAL = "final"
        SIGNED = "signed"
        AMENDED = "amended"
        ENTERED_IN_ERROR = "entered-in-error"

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="documents")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="documents")
    department = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20, help_text="the form's code: 01/BV1, 36/BV2")
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # When what it tells happened; `created_at` is when it was entered.
    happened_at = models.DateTimeField(default=now)
    late_reason = models.CharField(max_length=200, blank=True, default="")
    is_addendum = models.BooleanField(
        default=False, db_default=False, help_text="begun after the stay's record was closed (R-24)"
    )
    error_reason = models.CharField(max_length=200, blank=True, default="")
    error_at = models.DateTimeField(null=True, blank=True)
    error_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    current_version = models.ForeignKey(
        "documents.DocumentVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    moved_from = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="moved_to",
        help_text="the same, written on the wrong patient and entered in error there",
    )

    class Meta:
        indexes = [
            models.Index(fields=["encounter", "happened_at"], name="document_course"),
            models.Index(
                fields=["author", "status"],
                name="document_unsigned",
                condition=Q(status__in=["draft", "final"]),
            ),
            models.Index(
                fields=["department", "author"],
                name="document_maybe_unsigned",
                condition=Q(status__in=["final", "amended"]),
            ),
            models.Index(
                fields=["facility", "happened_at"],
                name="document_consultations",
                condition=Q(code=CONSULTATION),
            ),
        ]
        constraints = [
            # One stay has one record of each kind; entries of the course repeat.
            models.UniqueConstraint(
                fields=["encounter", "code"],
                condition=Q(code__endswith="/BV1") & ~Q(status="entered-in-error"),
                name="one_record_of_a_kind_per_stay",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(status="entered-in-error") | Q(current_version__isnull=False),
                name="a_final_document_has_a_version",
            ),
            models.CheckConstraint(
                condition=Q(is_addendum=False) | ~Q(late_reason=""), name="an_addendum_says_why_it_is_late"
            ),
        ]
        triggers = [
            RowHistory(),
            pgtrigger.Trigger(
                name="a_closed_record_takes_addenda",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=(
                    "IF NOT NEW.is_addendum AND EXISTS (SELECT 1 FROM visits_encounter e WHERE e.id = NEW.encounter_id"
                    " AND e.record_state NOT IN ('open', 'returned', 'reopened'))"
                    " THEN RAISE EXCEPTION 'the record is closed' USING ERRCODE = 'check_violation'; END IF;"
                    " RETURN NEW;"
                ),
            ),
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.uuid}"

    @property
    def is_open_addendum(self) -> bool:
        """An addition to a closed record that is still being written."""
        return self.is_addendum and self.current_version_id is None and not self.is_closed

    @property
    def is_closed(self) -> bool:
        """Nothing more may be written on it."""
        return self.status == self.Status.ENTERED_IN_ERROR


class DocumentDraft(models.Model):
    """What is being typed: saved every second, no part of the record until frozen."""

    document = models.OneToOneField(
        Document, on_delete=models.CASCADE, primary_key=True, related_name="draft"
    )
    questionnaire = models.ForeignKey("forms.Questionnaire", on_delete=models.PROTECT, related_name="+")
    content = models.JSONField(
        default=dict, help_text="QuestionnaireResponse, incomplete and with what can't be read yet"
    )
    # Optimistic lock: a save names the revision that it was typed on (F-23).
    revision = models.PositiveIntegerField(default=1)
    # Which answers stand as the source gave them ("copied from 21/11"), for marking changes.
    copied_from = models.ForeignKey(
        "documents.DocumentVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    amend_reason = models.CharField(max_length=200, blank=True, default="")
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(default=now)

    walled_by = "document"

    def __str__(self) -> str:
        return f"{self.document_id} r{self.revision}"


class DocumentVersion(Record):
    """The document frozen: its answers, and everything that its print shows, as it was at that moment."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    facility = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    response = models.ForeignKey("forms.QuestionnaireResponse", on_delete=models.PROTECT, related_name="+")
    # {"header": {…}, "sections": {name: {…}}}: rendered from this alone, so the same version gives the same bytes.
    composition = models.JSONField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True, default="", help_text="why it was amended")
    verify_code = models.CharField(max_length=16, unique=True, default=make_verify_code)

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="one_version_per_number"),
            models.CheckConstraint(condition=Q(number=1) | ~Q(reason=""), name="an_amendment_has_a_reason"),
        ]
        triggers = [AppendOnly()]

    def __str__(self) -> str:
        return f"{self.document_id} v{self.number}"


class DocumentBytes(Record):
    """The PDF of a version: revision 0 as rendered, one more after each signature or seal; older ones stay."""

    version = models.ForeignKey(DocumentVersion, on_delete=models.PROTECT, related_name="bytes")
    revision = models.PositiveIntegerField()
    attachment = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    by_seal = models.BooleanField(
        default=False, db_default=False, help_text="the facility's seal was added, nobody's signature"
    )

    append_only = True
    walled_by = "version"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "revision"], name="one_pdf_per_revision")]
        ordering = ["revision"]
        triggers = [AppendOnly()]

    def __str__(self) -> str:
        return f"{self.version_id} r{self.revision}"


def print_triggers(*frozen: str) -> list[pgtrigger.Trigger]:
    """What was asked for never changes, what is ready stays, nothing is deleted; `frozen`: the fields of whose it is."""
    return [
        pgtrigger.ReadOnly(name="what_is_printed_stays", fields=["facility", *frozen, "content", "digest"]),
        pgtrigger.Protect(
            name="a_ready_print_stays",
            operation=pgtrigger.Update,
            condition=pgtrigger.Q(old__status="ready"),
        ),
        pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
    ]


class FrozenPrint(FacilityRecord):
    """Paper asked for by a person and made by a worker: what it shows is frozen in `content` when it is asked for.

    `digest` is the content's SHA-256: the same content is one print, however often and by whomever it is asked for. A room
    above gives it whose it is, and its constraints and triggers.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting for its turn")
        RENDERING = "rendering", _("Being made")
        READY = "ready", _("Ready")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    content = models.JSONField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content, hexadecimal")
    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    pages = models.PositiveIntegerField(default=0, help_text="laid out so far")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=now)
    attachment = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True

    @property
    def is_under_way(self) -> bool:
        """A worker has it before it, or in hand."""
        return self.status in {self.Status.QUEUED, self.Status.RENDERING}


class CoursePrint(FrozenPrint):
    """A stay's treatment sheets as one running print: the same entries with the same signatures are one print."""

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey("visits.Encounter", on_delete=models.PROTECT, related_name="course_prints")
    content = models.JSONField(help_text="see encounters.documents.sheets")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["encounter", "digest"], name="one_print_of_the_same_sheets"),
            models.CheckConstraint(
                condition=Q(status="ready", attachment__isnull=False)
                | (~Q(status="ready") & Q(attachment__isnull=True)),
                name="a_ready_print_has_its_file",
            ),
        ]
        triggers = [
            SameFacility("patient_id", "registry_patient"),
            SameFacility("encounter_id", "visits_encounter"),
            *print_triggers("patient", "encounter"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.digest[:8]} {self.status}"
