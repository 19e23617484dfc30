"""Questions about certificates."""

from emr.accounts.models import Organization, User
from signatures.certificates.models import Certificate


def certificate_of(user: User) -> Certificate | None:
    """The person's newest certificate that isn't revoked; None when there is none."""
    return user.certificates.exclude(status=Certificate.Status.REVOKED).order_by("-not_before", "-pk").first()


def seal_of(facility: Organization) -> Certificate | None:
    """The facility's seal in use; None when there is none."""
    seals = Certificate.objects.filter(
        facility=facility, purpose=Certificate.Purpose.SEAL, status=Certificate.Status.ACTIVE
    )
    return seals.order_by("-not_before", "-pk").first()
