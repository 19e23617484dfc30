"""Questions about certificates."""

import datetime as dt

from emr.accounts.models import Organization, User
from signatures.certificates.models import Certificate


def certificate_of(user: User) -> Certificate | None:
    """The person's newest certificate that isn't revoked; None when there is none."""
    return user.certificates.exclude(status=Certificate.Status.REVOKED).order_by("-not_before", "-pk").first()


def last_certificate_of(user: User) -> Certificate | None:
    """The same, or the one revoked last when there is no other."""
    return certificate_of(user) or user.certificates.order_by("-revoked_at", "-pk").first()


def seal_of(facility: Organization) -> Certificate | None:
    """The facility's seal in use; None when there is none."""
    seals = Certificate.objects.filter(
        facility=facility, purpose=Certificate.Purpose.SEAL, status=Certificate.Status.ACTIVE
    )
    return seals.order_by("-not_before", "-pk").first()


def revocations() -> dict[str, dt.datetime]:
    """{fingerprint: since when} of the certificates that this hospital revoked."""
    revoked = Certificate.objects.filter(revoked_at__isnull=False)
    return dict(revoked.values_list("fingerprint", "revoked_at"))  # type: ignore[arg-type]
