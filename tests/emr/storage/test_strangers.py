"""What a stranger sent is known by its content and can do nothing as us."""

from pathlib import Path

import pytest
from pytest_django import Settings

from emr.storage.services import store_bytes
from emr.storage.strangers import handed_over, kind_of
from tests.emr.people import make_facility

SCRIPT = b"<script>fetch('/administration/')</script>"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (PNG, "image/png"),
        (b"GIF89a" + SCRIPT, None),
        (b"\n%PDF-1.7", None),
        (b"<html>%PDF-1.7", None),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", None),
        (b"PK\x03\x04", None),
        (b"", None),
    ],
)
def test_a_file_is_what_it_begins_with(data: bytes, kind: str | None) -> None:
    """S-34."""
    assert kind_of(data) == kind


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "called", "handed_as"),
    [
        (b"%PDF-1.7\n" + SCRIPT, "text/html", "application/pdf"),
        (PNG + SCRIPT, "image/svg+xml", "image/png"),
        (SCRIPT, "text/html", "application/octet-stream"),
        (SCRIPT, "application/pdf", "application/octet-stream"),
    ],
)
def test_it_is_handed_over_in_an_origin_of_its_own(
    data: bytes, called: str, handed_as: str, settings: Settings, tmp_path: Path
) -> None:
    """S-34: whatever it was called when it came, it is a download of the kind that it is, and sandboxed."""
    settings.EMR_HOME = tmp_path
    answer = handed_over(store_bytes(data, content_type=called, facility=make_facility()), name="phieu")
    assert answer.content == data
    assert answer["Content-Type"] == handed_as
    assert answer["Content-Disposition"].startswith('attachment; filename="phieu.')
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
