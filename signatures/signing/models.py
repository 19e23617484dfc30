"""Signatures asked for, and signatures made."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, SameFacility
from encounters.documents.models import DocumentVersion
from signatures.certificates.models import Certificate


class SigningRequest(FacilityRecord):
    """One step of a document version's signing: who, in which place, why, and the bytes prepared for it.

    The bytes shown are those of `base_revision` followed by `tail`; only the tail is kept here. Preparing again
    replaces it, until the signature is made: from then on the database refuses.
    """

    class Status(models.TextChoices):
        PENDING = "pending"  # waits for its turn, or for a worker to prepare it
        READY = "ready"  # may be shown and signed until `expires_at`
        SIGNED = "signed"  # the signature value is stored; a worker embeds it
        COMPLETED = "completed"  # the signed PDF is stored
        FAILED = "failed"  # can't be prepared; `problem` says why
        REFUSED = "refused"  # the signer declined
        WITHDRAWN = "withdrawn"  # the version was replaced before it was signed

    OPEN = (Status.PENDING, Status.READY, Status.FAILED)

    version = models.ForeignKey(DocumentVersion, on_delete=models.PROTECT, related_name="signing_requests")
    step = models.PositiveSmallIntegerField(help_text="1 is the author; each step waits for the one before")
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signing_requests"
    )
    capacity = models.CharField(
        max_length=120, blank=True, default="", help_text="as printed: Bác sĩ, Khoa Nội"
    )
    reason = models.CharField(max_length=200, blank=True, default="", help_text="as printed")
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    problem = models.CharField(max_length=300, blank=True, default="")

    base_revision = models.PositiveIntegerField(null=True, blank=True)
    certificate = models.ForeignKey(
        Certificate, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    tail = models.BinaryField(null=True, blank=True)
    sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="of the bytes shown, hexadecimal"
    )
    digest = models.CharField(
        max_length=96,
        blank=True,
        default="",
        help_text="of all but the hole, hexadecimal: SHA-256 or SHA-384",
    )
    hole_start = models.PositiveIntegerField(default=0)
    hole_end = models.PositiveIntegerField(default=0)
    prepared_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    completed_at = models.DateTimeField(null=True, blank=True)
    level = models.CharField(
        max_length=5, blank=True, default="", help_text="PAdES baseline: B-B, B-T, B-LT, B-LTA, as verified"
    )
    owes_timestamp = models.BooleanField(
        default=False, db_default=False, help_text="the authority was away: a document timestamp follows"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "step"], name="one_signature_per_step"),
            models.CheckConstraint(
                condition=~Q(status__in=["ready", "signed"])
                | Q(tail__isnull=False, base_revision__isnull=False),
                name="what_is_ready_has_bytes",
            ),
        ]
        indexes = [
            models.Index(
                fields=["signer", "status"],
                name="signing_waiting",
                condition=Q(status__in=["pending", "ready", "failed", "signed"]),
            ),
            models.Index(
                fields=["completed_at"], name="signing_owes_timestamp", condition=Q(owes_timestamp=True)
            ),
        ]
        triggers = [
            SameFacility("version_id", "documents_documentversion"),
            pgtrigger.Trigger(
                name="keep_what_was_signed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status__in=["signed", "completed"]),
                func=(
                    "IF (NEW.version_id, NEW.step, NEW.signer_id, NEW.base_revision, NEW.sha256, NEW.digest,"
                    " NEW.hole_start, NEW.hole_end, NEW.certificate_id) IS DISTINCT FROM"
                    " (OLD.version_id, OLD.step, OLD.signer_id, OLD.base_revision, OLD.sha256, OLD.digest,"
                    " OLD.hole_start, OLD.hole_end, OLD.certificate_id)"
                    " OR NEW.status NOT IN (OLD.status, 'completed')"
                    " OR (NEW.tail IS DISTINCT FROM OLD.tail AND NOT (NEW.tail IS NULL AND NEW.status = 'completed'))"
                    " THEN RAISE EXCEPTION 'what was signed stays as it was' USING ERRCODE = 'check_violation';"
                    " END IF; RETURN NEW;"
                ),
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.step} {self.status}"

    @property
    def is_open(self) -> bool:
        """Whether it still can be signed or declined."""
        return self.status in self.OPEN


class Signature(FacilityRecord):
    """A signature value and exactly what it was made over; exists once for a request, for ever."""

    request = models.OneToOneField(SigningRequest, on_delete=models.PROTECT, related_name="signature")
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="signatures")
    signed_attributes = models.BinaryField(help_text="DER, SET OF Attribute")
    value = models.BinaryField()
    signed_at = models.DateTimeField()
    cost = models.PositiveIntegerField(
        default=0, db_default=0, help_text="what its keeper asked for it that day, in đồng"
    )

    append_only = True

    class Meta:
        triggers = [AppendOnly(), SameFacility("request_id", "signing_signingrequest")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.signed_at:%Y-%m-%d}"
