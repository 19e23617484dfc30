"""Questions about kept files, by digest and by printed code."""

from emr.storage.revisions import is_revision
from encounters.bundles.models import Bundle
from encounters.consents.models import Confirmation
from encounters.consents.seals import seals_of
from encounters.documents.models import DocumentBytes, DocumentVersion
from encounters.scanning.models import Paper


def is_kept(sha256: str) -> bool:
    """Whether exactly these bytes are kept here: a document in any revision, a record's file or extract, sealed paper."""
    return (
        DocumentBytes.objects.filter(sha256=sha256).exists()
        or Bundle.objects.filter(attachment__sha256=sha256).exists()
        or Paper.objects.filter(sealed__sha256=sha256).exists()
        or is_revision(sha256)
    )


def newest_bytes(version: DocumentVersion) -> DocumentBytes | None:
    """The newest PDF of a version."""
    return version.bytes.select_related("attachment__key").order_by("-revision").first()


def version_by_code(code: str) -> DocumentVersion | None:
    """The version that a printed code names, however it was typed."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return DocumentVersion.objects.select_related("document", "facility").filter(verify_code=plain).first()


def paper_by_code(code: str) -> Paper | None:
    """The sealed copy of paper that a printed code names, however it was typed."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return (
        Paper.objects.select_related("facility", "sealed__key")
        .filter(verify_code=plain, sealed__isnull=False)
        .first()
    )


def confirmation_of(version: DocumentVersion) -> dict[str, object] | None:
    """That and how a patient confirmed this version, and when it was sealed: nobody's name, nothing clinical."""
    row = Confirmation.objects.filter(version=version).defer("strokes", "witness_strokes").first()
    if row is None:
        return None
    return {
        "way": row.get_way_display(),
        "who": row.get_who_display(),
        "is_declined": row.answer == Confirmation.Answer.DECLINED,
        "at": row.happened_at,
        "sha256": row.sha256,
        "sealed_at": seals_of([row.pk]).get(row.pk),
    }
