"""Where the keys are."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import SameFacility
from signatures.certificates.models import Certificate


class Credential(FacilityRecord):
    """Where a certificate's key is, and how often somebody guessed at its PIN.

    A software key stands here sealed; of a key in a token or at a remote authority only its place does.
    No row history here: it would keep copies of keys that were taken away and of old PINs' locks.
    """

    # In a row; after as many only an administrator helps (S-21).
    GUESS_LIMIT = 10

    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, related_name="credential")
    provider = models.CharField(max_length=20, default="pkcs12")
    service = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="its section in EMR_KEY_SERVICES"
    )
    reference = models.JSONField(
        default=dict, db_default={}, help_text="where the service keeps the key; nothing secret"
    )
    asks_pin = models.BooleanField(default=True, db_default=True)
    asks_code = models.BooleanField(default=False, db_default=False, help_text="a one-time code each time")
    sends_code = models.BooleanField(default=False, db_default=False, help_text="only when asked to")
    batch_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="signatures under one authorisation"
    )
    sealed_key = models.BinaryField(
        null=True, blank=True, help_text="PKCS #12 under the PIN, sealed again under EMR_FILE_KEY"
    )
    sealed_by = models.CharField(
        max_length=16, blank=True, default="", help_text="fingerprint of the instance's key that sealed both"
    )
    sealed_passphrase = models.BinaryField(
        null=True, blank=True, help_text="of the facility's seal alone: a rule uses it, nobody types it"
    )
    wrong_pins = models.PositiveIntegerField(default=0, help_text="in a row")
    locked_until = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    reset_until = models.DateTimeField(
        null=True, blank=True, help_text="till then its owner may choose a new PIN without the old one"
    )
    reset_allowed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(provider="pkcs12") | Q(sealed_key__isnull=False) | Q(destroyed_at__isnull=False),
                name="a_software_key_is_there_or_destroyed",
            ),
            models.CheckConstraint(
                condition=Q(destroyed_at=None) | Q(sealed_key=None, sealed_passphrase=None),
                name="what_was_destroyed_is_gone",
            ),
            models.CheckConstraint(
                condition=Q(reset_until=None) | Q(reset_allowed_by__isnull=False),
                name="a_reset_has_who_allowed_it",
            ),
        ]
        triggers = [
            SameFacility("certificate_id", "certificates_certificate"),
            SameFacility("reset_allowed_by_id", "accounts_user"),
        ]

    @property
    def is_blocked(self) -> bool:
        """Whether no PIN may be tried at all."""
        return self.wrong_pins >= self.GUESS_LIMIT

    @property
    def is_paused(self) -> bool:
        """Whether no PIN may be tried for a while."""
        return self.locked_until is not None and self.locked_until > now()

    @property
    def may_be_reset(self) -> bool:
        """Whether somebody else has allowed its owner to choose a new PIN, and the time isn't over."""
        return self.reset_until is not None and self.reset_until > now()

    def __str__(self) -> str:
        return f"{self.provider} {self.certificate_id}"
