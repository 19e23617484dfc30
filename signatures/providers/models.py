"""Where the keys are."""

from django.db import models

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import SameFacility
from signatures.certificates.models import Certificate


class Credential(FacilityRecord):
    """A certificate's key and how often somebody guessed at its PIN.

    No row history here: it would keep copies of keys that were taken away and of old PINs' locks.
    """

    # In a row; after as many only an administrator helps (S-21).
    GUESS_LIMIT = 10

    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, related_name="credential")
    provider = models.CharField(max_length=20, default="pkcs12")
    sealed_key = models.BinaryField(help_text="PKCS #12 under the PIN, sealed again under EMR_FILE_KEY")
    sealed_by = models.CharField(
        max_length=16, help_text="fingerprint of the instance's key that sealed both"
    )
    sealed_passphrase = models.BinaryField(
        null=True, blank=True, help_text="of the facility's seal alone: a rule uses it, nobody types it"
    )
    wrong_pins = models.PositiveIntegerField(default=0, help_text="in a row")
    locked_until = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        triggers = [SameFacility("certificate_id", "certificates_certificate")]

    @property
    def is_blocked(self) -> bool:
        """Whether no PIN may be tried at all."""
        return self.wrong_pins >= self.GUESS_LIMIT

    @property
    def is_paused(self) -> bool:
        """Whether no PIN may be tried for a while."""
        return self.locked_until is not None and self.locked_until > now()

    def __str__(self) -> str:
        return f"{self.provider} {self.certificate_id}"
