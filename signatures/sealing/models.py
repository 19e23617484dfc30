"""What stands under the facility's seal: the log day by day, extracts of it, and what patients confirmed."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from emr.storage.models import Attachment
from encounters.consents.models import Confirmation
from encounters.documents.models import DocumentBytes
from signatures.certificates.models import Certificate


class AuditSeal(FacilityRecord):
    """The heads of the log's four chains at a day's end under a facility's seal (CMS over `statement`).

    Whoever rewrites the log, database and files alike, can't make this signature again, nor its timestamp.
    """

    day = models.DateField(unique=True)
    statement = models.BinaryField(help_text="the signed bytes, JSON: day, heads, digest of the seal before")
    sha256 = models.CharField(max_length=64)
    signature = models.BinaryField()
    sealed_at = models.DateTimeField()

    append_only = True
    outside_the_wall = "one log for the whole house; its seal tells of no patient"

    class Meta:
        triggers = [AppendOnly()]

    def __str__(self) -> str:
        return f"{self.day}"


class AuditSealTimestamp(FacilityRecord):
    """The timestamp authority's token over a seal's signature; later than the seal where the authority was away."""

    seal = models.OneToOneField(AuditSeal, on_delete=models.PROTECT, related_name="timestamp")
    token = models.BinaryField()

    append_only = True
    outside_the_wall = AuditSeal.outside_the_wall

    class Meta:
        triggers = [AppendOnly()]

    def __str__(self) -> str:
        return f"{self.seal_id}"


class LogExtract(FacilityRecord):
    """A selection of the log as CSV with a manifest of digests under the facility's seal; made by a worker."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64, help_text="of the form: sent twice, it asks once")
    question = models.JSONField()
    reason = models.CharField(max_length=300)
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    line_count = models.PositiveIntegerField(default=0, help_text="lines written so far")
    attachment = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    manifest_sha256 = models.CharField(max_length=64, blank=True, default="")
    problem = models.CharField(max_length=200, blank=True, default="")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["requested_by", "key"], name="one_extract_per_form"),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(attachment__isnull=False),
                name="done_extracts_have_their_file",
            ),
        ]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.uuid}"


class ConfirmationSeal(FacilityRecord):
    """The facility's seal on a patient's confirmation: the revision of the PDF that lists the evidence. Once, for ever."""

    confirmation = models.OneToOneField(Confirmation, on_delete=models.PROTECT, related_name="seal")
    stored = models.OneToOneField(DocumentBytes, on_delete=models.PROTECT, related_name="+")
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=4, help_text="B-B, or B-T when timestamped")
    sealed_at = models.DateTimeField()

    append_only = True

    class Meta:
        triggers = [
            AppendOnly(),
            SameFacility("confirmation_id", "consents_confirmation"),
            SameFacility("certificate_id", "certificates_certificate"),
        ]

    def __str__(self) -> str:
        return f"{self.confirmation_id} {self.level}"
