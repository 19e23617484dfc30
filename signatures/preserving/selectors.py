"""Which signed versions something is to be done for."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet

from emr.common.clock import now
from encounters.documents.models import DocumentVersion
from encounters.documents.signed import Standing
from signatures.preserving.models import Preservation
from signatures.signing.models import SigningRequest

# A version that somebody else still has to sign is left this long: each signature wants proof of its own.
SETTLES_IN = dt.timedelta(hours=24)
# An archive's timestamp is renewed this long before it can't be relied on any more.
RENEW_BEFORE = dt.timedelta(days=90)
TOO_LONG = dt.timedelta(days=1)


def due() -> QuerySet[Preservation]:
    """Versions to be raised now, longest due first; without those that somebody signs at present or is about to."""
    requests = SigningRequest.objects.filter(version=OuterRef("version"))
    hours = now() - SETTLES_IN
    return (
        Preservation.objects.filter(next_try_at__lte=now())
        .exclude(Exists(requests.filter(_busy())))
        .exclude(Exists(requests.filter(owes_timestamp=True)))
        .exclude(
            Exists(requests.filter(status__in=SigningRequest.OPEN))
            & Exists(requests.filter(completed_at__gt=hours))
        )
        .order_by("next_try_at", "pk")
    )


def is_busy(version_id: int) -> bool:
    """Whether somebody looks at the version in order to sign it, or has just signed it."""
    return SigningRequest.objects.filter(_busy(), version_id=version_id).exists()


def _busy() -> Q:
    return Q(status=SigningRequest.Status.SIGNED) | Q(
        status=SigningRequest.Status.READY, expires_at__gt=now()
    )


def ending() -> QuerySet[Preservation]:
    """Versions whose outermost timestamp ends soon, and for which nothing is planned."""
    return Preservation.objects.filter(protected_until__lt=now() + RENEW_BEFORE, next_try_at=None)


def unknown_versions() -> QuerySet[DocumentVersion]:
    """Versions signed before anybody kept account of them, oldest first."""
    signed = SigningRequest.objects.filter(version=OuterRef("pk"), status=SigningRequest.Status.COMPLETED)
    return DocumentVersion.objects.filter(Exists(signed), preservation=None).order_by("pk")


def waiting_long() -> QuerySet[Preservation]:
    """Versions that wait for an authority for more than a day."""
    since = now() - TOO_LONG
    return Preservation.objects.filter(
        problem=Preservation.Problem.UNREACHABLE,
        version__signing_requests__completed_at__lt=since,
    ).distinct()


def refused() -> QuerySet[Preservation]:
    """Versions whose signatures verification doesn't confirm: revoked before they signed, or doubted otherwise."""
    return Preservation.objects.filter(
        problem__in=[Preservation.Problem.REVOKED, Preservation.Problem.DOUBTED]
    )


def unprotected() -> QuerySet[Preservation]:
    """Versions whose timestamps can't be relied on any more."""
    return Preservation.objects.filter(protected_until__lt=now())


def standings_of(versions: QuerySet[DocumentVersion]) -> dict[int, Standing]:
    """How the signatures of these versions stand: refused by verification, sealed, waiting for whom. Two queries."""
    doubted = Preservation.objects.filter(
        version__in=versions.values("pk"),
        problem__in=[Preservation.Problem.REVOKED, Preservation.Problem.DOUBTED],
    )
    refused = set(doubted.values_list("version_id", flat=True))
    steps = (
        SigningRequest.objects.filter(version__in=versions.values("pk"))
        .filter(Q(is_seal=True, status=SigningRequest.Status.COMPLETED) | Q(status__in=SigningRequest.OPEN))
        .order_by("turn", "step")
        .values_list("version_id", "signer_id", "status")
    )
    sealed: set[int] = set()
    waiting: dict[int, list[int]] = {}
    for version_id, signer_id, status in steps:
        if status == SigningRequest.Status.COMPLETED:
            sealed.add(version_id)
        else:
            waiting.setdefault(version_id, []).append(signer_id)
    return {
        pk: Standing(pk in refused, pk in sealed, tuple(dict.fromkeys(waiting.get(pk, ()))))
        for pk in refused | sealed | waiting.keys()
    }
