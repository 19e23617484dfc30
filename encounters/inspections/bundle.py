"""A stay's signed documents as one file with a list of their fingerprints: what is handed to an auditor (R-35)."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from emr.common.clock import now
from emr.storage.services import read_bytes
from encounters.documents.models import Document, DocumentBytes
from encounters.inspections.models import Mandate
from encounters.visits.models import Encounter


@dataclass(frozen=True, slots=True)
class Bundle:
    """The file, and what the log says of it."""

    content: bytes
    signed: int
    unsigned: int
    manifest_sha256: str


def bundle_of(encounter: Encounter, mandate: Mandate) -> Bundle:
    """Every signed document of the stay as it is kept, byte for byte; those without a signature are named, not contained."""
    documents = list(
        Document.objects.filter(encounter=encounter, current_version__isnull=False)
        .exclude(status=Document.Status.ENTERED_IN_ERROR)
        .select_related("current_version", "author")
        .order_by("happened_at", "pk")
    )
    versions = [document.current_version_id for document in documents]
    grown = list(
        DocumentBytes.objects.filter(version__in=versions, revision__gt=0)
        .select_related("attachment__key")
        .order_by("revision")
    )
    # The facility's seal on what a patient confirmed is nobody's signature.
    signed_by_people = {stored.version_id for stored in grown if not stored.by_seal}
    newest = {stored.version_id: stored for stored in grown if stored.version_id in signed_by_people}
    rows: list[dict[str, Any]] = []
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, document in enumerate(documents, start=1):
            stored = newest.get(document.current_version_id or 0)
            row = _row(document)
            if stored is not None:
                row |= {"is_signed": True, "file": _name(place, document), "sha256": stored.sha256}
                archive.writestr(row["file"], read_bytes(stored.attachment))
            rows.append(row)
        manifest = json.dumps(_about(encounter, mandate) | {"documents": rows}, ensure_ascii=False, indent=1)
        archive.writestr("manifest.json", manifest)
        sums = "".join(f"{row['sha256']}  {row['file']}\n" for row in rows if "file" in row)
        archive.writestr("SHA256SUMS", sums)
    signed = sum("file" in row for row in rows)
    return Bundle(
        buffer.getvalue(), signed, len(rows) - signed, hashlib.sha256(manifest.encode()).hexdigest()
    )


def _about(encounter: Encounter, mandate: Mandate) -> dict[str, Any]:
    return {
        "facility": encounter.facility.code,
        "stay": encounter.identifier,
        "mandate": mandate.number,
        "letter": mandate.letter_number,
        "organisation": mandate.organisation,
        "made_at": timezone.localtime(now()).isoformat(timespec="seconds"),
    }


def _row(document: Document) -> dict[str, Any]:
    return {
        "form": document.code,
        "happened_at": timezone.localtime(document.happened_at).isoformat(timespec="minutes"),
        "author": document.author.titled_name,
        "version": document.current_version.number if document.current_version else None,
        "is_signed": False,
    }


def _name(place: int, document: Document) -> str:
    return f"{place:03d}-{document.code.replace('/', '-')}-{timezone.localtime(document.happened_at):%Y%m%d-%H%M}.pdf"
