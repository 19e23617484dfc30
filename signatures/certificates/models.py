"""Certificates of people and of the facility."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from emr.accounts.models import FacilityRecord
from emr.common.clock import now
from emr.common.triggers import RowHistory, SameFacility


class Certificate(FacilityRecord):
    """A signing certificate (X.509) of a member of staff, or the facility's seal, with its issuers' certificates."""

    class Purpose(models.TextChoices):
        PERSON = "person"
        SEAL = "seal"

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        REVOKED = "revoked"

    purpose = models.CharField(max_length=6, choices=Purpose)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="certificates"
    )
    pem = models.TextField()
    chain_pem = models.TextField(blank=True, default="", help_text="issuers, nearest first, without the root")
    fingerprint = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the DER, hexadecimal")
    serial_number = models.CharField(max_length=64, help_text="hexadecimal")
    subject = models.CharField(max_length=400)
    issuer = models.CharField(max_length=400)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    status_reason = models.CharField(max_length=200, blank=True, default="")
    revoked_at = models.DateTimeField(null=True, blank=True)

    outside_the_wall = "public keys of staff: whoever verifies a paper needs everybody's"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose="person", owner__isnull=False) | Q(purpose="seal", owner=None),
                name="a_person_owns_a_certificate_or_it_is_the_seal",
            ),
            models.CheckConstraint(
                condition=Q(not_after__gt=F("not_before")), name="certificate_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(status="revoked", revoked_at__isnull=False)
                | (Q(revoked_at=None) & ~Q(status="revoked")),
                name="a_revoked_certificate_says_since_when",
            ),
        ]
        indexes = [models.Index(fields=["owner", "status"], name="certificate_owner_status")]
        triggers = [RowHistory(), SameFacility("owner_id", "accounts_user")]

    def __str__(self) -> str:
        return self.subject

    @property
    def has_expired(self) -> bool:
        """Whether its last day is over."""
        return self.not_after < now()

    @property
    def parsed(self) -> x509.Certificate:
        """The certificate itself."""
        return x509.load_pem_x509_certificate(self.pem.encode())

    @property
    def chain(self) -> list[x509.Certificate]:
        """Its issuers, nearest first, without the root."""
        return x509.load_pem_x509_certificates(self.chain_pem.encode()) if self.chain_pem else []

    @property
    def subject_lines(self) -> list[str]:
        """Who it was issued to, part by part, the person first."""
        return _name_lines(self.parsed.subject)

    @property
    def issuer_lines(self) -> list[str]:
        """Who issued it, part by part."""
        return _name_lines(self.parsed.issuer)

    @property
    def der(self) -> bytes:
        """The certificate as signatures embed it."""
        return self.parsed.public_bytes(Encoding.DER)

    @property
    def chain_der(self) -> list[bytes]:
        """The issuers as signatures embed them."""
        return [issuer.public_bytes(Encoding.DER) for issuer in self.chain]


def _name_lines(name: x509.Name) -> list[str]:
    """The parts that people read; a country says nothing here."""
    oids = (
        NameOID.COMMON_NAME,
        NameOID.TITLE,
        NameOID.SERIAL_NUMBER,
        NameOID.USER_ID,
        NameOID.ORGANIZATION_NAME,
    )
    return [str(part.value) for oid in oids for part in name.get_attributes_for_oid(oid)]
