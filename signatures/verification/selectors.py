"""Questions about kept files, by digest and by printed code."""

from encounters.documents.models import DocumentBytes, DocumentVersion


def is_kept(sha256: str) -> bool:
    """Whether a document with exactly these bytes is kept here (in any revision)."""
    return DocumentBytes.objects.filter(sha256=sha256).exists()


def newest_bytes(version: DocumentVersion) -> DocumentBytes | None:
    """The newest PDF of a version."""
    return version.bytes.select_related("attachment__key").order_by("-revision").first()


def version_by_code(code: str) -> DocumentVersion | None:
    """The version that a printed code names, however it was typed."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return DocumentVersion.objects.select_related("document", "facility").filter(verify_code=plain).first()
