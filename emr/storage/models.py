"""Files: what they are is append-only, the keys that open them can be wrapped anew."""

from django.db import models
from django.db.models.functions import Now

from emr.common.models import Record
from emr.common.triggers import AppendOnly


class Attachment(Record):
    """A file's bytes, encrypted, kept under the SHA-256 of what is stored (FHIR Attachment)."""

    facility = models.ForeignKey("accounts.Organization", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, help_text="of the bytes as given")
    size = models.BigIntegerField(help_text="bytes as given")
    content_type = models.CharField(max_length=100)
    stored_sha256 = models.CharField(max_length=64, help_text="of the encrypted bytes: the file's name")

    append_only = True
    facility_sql = "facility_id"  # behind the wall, though of this house: documents and scans

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="attachment_sha256")]
        triggers = [AppendOnly()]

    def __str__(self) -> str:
        return self.sha256


class AttachmentKey(models.Model):
    """The file's own AES-256 key, wrapped (RFC 3394) by one of the instance's keys."""

    attachment = models.OneToOneField(
        Attachment, on_delete=models.PROTECT, primary_key=True, related_name="key"
    )
    wrapped_key = models.BinaryField()
    wrapped_by = models.CharField(max_length=16, help_text="fingerprint of the instance's key")

    walled_by = "attachment"

    def __str__(self) -> str:
        return self.wrapped_by


class BackupRun(models.Model):
    """One try to back this instance up, and how it ended."""

    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(db_default=Now())
    succeeded = models.BooleanField()
    reason = models.CharField(max_length=300, default="")
    slot = models.CharField(max_length=40, default="")
    rows = models.BigIntegerField(default=0)
    files = models.BigIntegerField(default=0)

    append_only = True

    class Meta:
        indexes = [models.Index(fields=["succeeded", "-id"], name="backup_newest")]
        triggers = [AppendOnly()]

    def __str__(self) -> str:
        return self.slot or self.reason
