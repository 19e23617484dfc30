"""How well signed and sealed files are proven for the years to come."""

from django.db import models
from django.db.models import Q

from emr.accounts.models import FacilityRecord
from emr.common.triggers import AppendOnly, RowHistory, SameFacility
from emr.storage.models import Attachment
from encounters.bundles.models import Bundle
from encounters.documents.models import DocumentVersion
from encounters.scanning.models import Paper


class Preservation(FacilityRecord):
    """What was done so that a signed or sealed file stays provable, and when there is more to do. One row a file: a
    document's version, a record's file (an extract's too), the copy of a paper.
    """

    class Problem(models.TextChoices):
        UNREACHABLE = "unreachable"  # an authority's OCSP, list or timestamp service doesn't answer
        OLD_ANSWER = "old_answer"  # it answers, but out of a time before the signature
        UNPUBLISHED = (
            "unpublished"  # the signer's authority publishes no revocations: B-T is all there can be
        )
        NO_TIMESTAMP = "no_timestamp"  # signed before a timestamp authority was named
        REVOKED = "revoked"  # the answer: revoked before it signed
        NO_BETTER = "no_better"  # a newer timestamp wouldn't last longer
        DOUBTED = "doubted"  # verification doesn't confirm the signatures

    version = models.OneToOneField(
        DocumentVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="preservation"
    )
    bundle = models.OneToOneField(
        Bundle, on_delete=models.PROTECT, null=True, blank=True, related_name="preservation"
    )
    paper = models.OneToOneField(
        Paper, on_delete=models.PROTECT, null=True, blank=True, related_name="preservation"
    )
    level = models.CharField(
        max_length=5, blank=True, default="", help_text="the weakest signature's, as verified"
    )
    problem = models.CharField(max_length=12, choices=Problem, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="vain ones in a row")
    next_try_at = models.DateTimeField(null=True, blank=True, help_text="None: nothing is to be done")
    protected_until = models.DateTimeField(
        null=True, blank=True, help_text="until when the outermost timestamp can be relied on"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"], name="preserving_due", condition=Q(next_try_at__isnull=False)
            ),
            models.Index(
                fields=["protected_until"],
                name="preserving_ends",
                condition=Q(protected_until__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(version__isnull=False, bundle=None, paper=None)
                | Q(version=None, bundle__isnull=False, paper=None)
                | Q(version=None, bundle=None, paper__isnull=False),
                name="proof_is_kept_of_one_file",
            )
        ]
        triggers = [
            RowHistory("level"),
            SameFacility("version_id", "documents_documentversion"),
            SameFacility("bundle_id", "bundles_bundle"),
            SameFacility("paper_id", "scanning_paper"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id or self.bundle_id or self.paper_id} {self.level}"

    @property
    def sealed(self) -> Bundle | Paper | None:
        """What nobody signed and the facility sealed; None for a document's version."""
        return self.bundle or self.paper


class SealedRevision(FacilityRecord):
    """A sealed file with something appended: its seal's proof, a newer archive timestamp. The file before it stays."""

    preservation = models.ForeignKey(Preservation, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField(help_text="1 is the first after the sealed file itself")
    attachment = models.OneToOneField(Attachment, on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=5, help_text="what the bytes now prove, as verified")

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["preservation", "number"], name="one_file_per_revision")
        ]
        triggers = [
            AppendOnly(),
            SameFacility("preservation_id", "preserving_preservation"),
            SameFacility("attachment_id", "storage_attachment"),
        ]

    def __str__(self) -> str:
        return f"{self.preservation_id} r{self.number}"
