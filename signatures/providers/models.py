"""Where the keys are."""

from django.db import models

from emr.accounts.models import FacilityRecord
from emr.common.triggers import SameFacility
from signatures.certificates.models import Certificate


class Credential(FacilityRecord):
    """A certificate's key and how often somebody guessed at its PIN.

    No row history here: it would keep copies of keys that were taken away and of old PINs' locks.
    """

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

    def __str__(self) -> str:
        return f"{self.provider} {self.certificate_id}"
