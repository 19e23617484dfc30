"""Which signed and sealed files something is to be done for."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from emr.common.clock import now
from emr.storage.models import Attachment
from emr.storage.revisions import Revision
from encounters.bundles.models import Bundle
from encounters.documents.models import DocumentBytes, DocumentVersion
from encounters.documents.signed import Standing
from encounters.scanning.models import Paper
from signatures.preserving.models import Preservation, SealedRevision
from signatures.preserving.settings import LEVELS, wanted_level
from signatures.signing.models import SigningRequest
from signatures.signing.selectors import latest_bytes

# A version that somebody else still has to sign is left this long: each signature wants proof of its own.
SETTLES_IN = dt.timedelta(hours=24)
# An archive's timestamp is renewed this long before it can't be relied on any more.
RENEW_BEFORE = dt.timedelta(days=90)
TOO_LONG = dt.timedelta(days=1)


def due() -> QuerySet[Preservation]:
    """Files to be raised now, longest due first; without versions that somebody signs at present or is about to."""
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


def is_busy(row: Preservation) -> bool:
    """Whether somebody looks at the version in order to sign it, or has just signed it. Nobody signs a sealed file."""
    return (
        row.version_id is not None
        and SigningRequest.objects.filter(_busy(), version_id=row.version_id).exists()
    )


def _busy() -> Q:
    return Q(status=SigningRequest.Status.SIGNED) | Q(
        status=SigningRequest.Status.READY, expires_at__gt=now()
    )


@dataclass(frozen=True, slots=True)
class Newest:
    """A file as it is now. `revision` 0: as a version was rendered, unsigned, or as a file was sealed."""

    revision: int
    attachment: Attachment


def newest_file(row: Preservation) -> Newest | None:
    """The signed or sealed file as it is now; None while a version has no signature and no seal."""
    if row.version is not None:
        stored = latest_bytes(row.version)
        return Newest(stored.revision, stored.attachment) if stored is not None and stored.revision else None
    revision = row.revisions.select_related("attachment__key").order_by("-number").first()
    if revision is not None:
        return Newest(revision.number, revision.attachment)
    first = row.bundle.attachment if row.bundle is not None else row.paper.sealed if row.paper else None
    return Newest(0, first) if first is not None else None


def last_revisions(first_ids: Collection[int]) -> dict[int, Revision]:
    """{sealed file: what was last appended to it}, for `emr.storage.revisions`. One query."""
    rows = (
        SealedRevision.objects.filter(
            Q(preservation__bundle__attachment__in=first_ids) | Q(preservation__paper__sealed__in=first_ids)
        )
        .annotate(first=Coalesce("preservation__bundle__attachment", "preservation__paper__sealed"))
        .select_related("attachment__key")
        .order_by("preservation", "-number")
        .distinct("preservation")
    )
    return {row.first: Revision(row.number, row.attachment, row.level) for row in rows}


def is_revision(sha256: str) -> bool:
    """Whether exactly these bytes are a revision of a sealed file, for `emr.storage.revisions`."""
    return SealedRevision.objects.filter(attachment__sha256=sha256).exists()


def ending() -> QuerySet[Preservation]:
    """Files whose outermost timestamp ends soon, and for which nothing is planned."""
    return Preservation.objects.filter(protected_until__lt=now() + RENEW_BEFORE, next_try_at=None)


def too_low(facility_id: int) -> QuerySet[Preservation]:
    """Files of the facility below the level that it wants now, though nothing stood in the way when they were raised."""
    lower = LEVELS[: LEVELS.index(wanted_level(facility_id))]
    return Preservation.objects.filter(
        facility=facility_id, problem="", next_try_at=None, level__in=[level for level in lower if level]
    )


def unknown_versions() -> QuerySet[DocumentVersion]:
    """Versions signed or sealed before anybody kept account of them, oldest first."""
    signed = SigningRequest.objects.filter(version=OuterRef("pk"), status=SigningRequest.Status.COMPLETED)
    sealed = DocumentBytes.objects.filter(version=OuterRef("pk"), by_seal=True)
    return DocumentVersion.objects.filter(Exists(signed) | Exists(sealed), preservation=None).order_by("pk")


def unknown_bundles() -> QuerySet[Bundle]:
    """Records' files sealed before anybody kept account of them, oldest first."""
    return Bundle.objects.filter(status=Bundle.Status.READY, preservation=None).order_by("pk")


def unknown_papers() -> QuerySet[Paper]:
    """Copies of paper sealed before anybody kept account of them, oldest first."""
    return Paper.objects.filter(status=Paper.Status.SEALED, preservation=None).order_by("pk")


def waiting_long() -> QuerySet[Preservation]:
    """Files that wait for an authority for more than a day."""
    since = now() - TOO_LONG
    return Preservation.objects.filter(
        Q(version__signing_requests__completed_at__lt=since) | Q(created_at__lt=since),
        problem=Preservation.Problem.UNREACHABLE,
    ).distinct()


def refused() -> QuerySet[Preservation]:
    """Files whose signatures verification doesn't confirm: revoked before they signed, or doubted otherwise."""
    return Preservation.objects.filter(
        problem__in=[Preservation.Problem.REVOKED, Preservation.Problem.DOUBTED]
    )


def unprotected() -> QuerySet[Preservation]:
    """Files whose timestamps can't be relied on any more."""
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
