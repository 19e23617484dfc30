"""Who may send people here with a signed link, and each link that was used."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import FacilityRecord, User
from emr.common.triggers import RowHistory, SameFacility
from patients.registry.models import Patient


class LaunchKey(FacilityRecord):
    """A key of a neighbour's that signs launch links (JWS, RFC 7515): a secret of both sides, or its public key.

    A neighbour has several while one takes the other's place; which one signed, the link says (`kid`).
    """

    class Algorithm(models.TextChoices):
        """JWA names (RFC 7518 §3.1); a link signed by another than its key's is refused."""

        HS256 = "HS256", _("Shared secret (HS256)")
        ES256 = "ES256", _("Public key, elliptic curve P-256 (ES256)")
        RS256 = "RS256", _("Public key, RSA (RS256)")

    class Names(models.TextChoices):
        """What the neighbour calls a member of staff by (`sub`)."""

        USERNAME = "username", _("Username here")
        STAFF_CODE = "staff-code", _("Staff code")

    issuer = models.CharField(max_length=60, help_text="iss")
    key_id = models.CharField(max_length=40, help_text="kid")
    algorithm = models.CharField(max_length=5, choices=Algorithm)
    sealed_secret = models.BinaryField(null=True, help_text="wrapped under EMR_FILE_KEY; HS256 alone")
    sealed_by = models.CharField(max_length=16, blank=True, default="")
    public_key = models.TextField(blank=True, default="", help_text="PEM; ES256 and RS256")
    names_by = models.CharField(max_length=10, choices=Names, default=Names.USERNAME)
    # False: the link opens a chart for who is signed in here already, and leads anybody else to the sign-in page.
    may_sign_in = models.BooleanField(default=True)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "issuer", "key_id"],
                name="one_launch_key_per_name",
                violation_error_code="taken",
            ),
            models.CheckConstraint(
                condition=Q(algorithm="HS256", sealed_secret__isnull=False, public_key="")
                | (~Q(algorithm="HS256") & Q(sealed_secret=None) & ~Q(public_key="")),
                name="launch_key_is_a_secret_or_public",
            ),
        ]
        ordering: ClassVar[list[str]] = ["issuer", "-id"]
        triggers = [RowHistory()]

    def __str__(self) -> str:
        return f"{self.issuer} {self.key_id}"


class Launch(FacilityRecord):
    """One link, used: that it can't be used again is this row's unique key."""

    key = models.ForeignKey(LaunchKey, on_delete=models.PROTECT, related_name="launches")
    issuer = models.CharField(max_length=60)
    jti = models.CharField(max_length=64)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    encounter_uuid = models.UUIDField(null=True)
    arrived_at = models.DateTimeField()
    # The browser that brought the link may still answer a question until then.
    open_until = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "issuer", "jti"], name="a_launch_link_is_used_once")
        ]
        indexes = [
            models.Index(fields=["key", "-arrived_at"], name="launches_of_a_key"),
            models.Index(fields=["arrived_at"], name="launches_by_age"),
        ]
        triggers = [
            SameFacility("key_id", "launch_launchkey"),
            SameFacility("user_id", "accounts_user"),
            SameFacility("patient_id", "registry_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.jti}"
