"""Files made by somebody else (a neighbour's program, a person's upload): known by what they hold, handed over powerless."""

from django.http import HttpResponse

from emr.storage.models import Attachment
from emr.storage.services import read_bytes

# Allowed kinds by their first bytes: what a sender or a browser calls a file isn't believed.
_BEGINNINGS = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


def kind_of(data: bytes) -> str | None:
    """The media type of a PDF, JPEG or PNG by its content; None for anything else (ASVS 5.0, 5.3.1)."""
    return next((kind for beginning, kind in _BEGINNINGS.items() if data.startswith(beginning)), None)


def handed_over(attachment: Attachment, *, name: str) -> HttpResponse:
    """The file as a download in an origin of its own, so that nothing in it runs as us; `name` is without its ending (S-34).

    Our pages still show it: pictures in <img>, a PDF drawn by pdf.js. Raises DamagedFile."""
    data = read_bytes(attachment)
    kind = kind_of(data)
    response = HttpResponse(data, content_type=kind or "application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{name}.{_ENDINGS.get(kind or "", "bin")}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
