"""A closed record as one file: everything in it, each signed document as signed, sealed, the same bytes again."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from emr.storage.services import read_bytes
from encounters.bundles import hosobenhan
from encounters.bundles.checking import attachments_of, check_bundle
from encounters.bundles.models import Bundle
from encounters.bundles.services.making import assembled
from encounters.documents.models import DocumentBytes
from signatures.verification.services import judge_file
from tests.encounters.bundles.rows import made, make_record
from tests.support.verapdf import broken_clauses

pytestmark = pytest.mark.django_db


def _pdf(bundle: Bundle) -> bytes:
    assert bundle.attachment is not None, (bundle.status, bundle.waits_for_seal)
    return read_bytes(bundle.attachment)


def test_the_whole_record_stands_in_it_and_each_signed_document_verifies_taken_out(
    tmp_path: Path, need_tool: Any
) -> None:
    an, stay, entries = make_record(signed=2, unsigned=1)
    bundle = made(stay, an)
    data = _pdf(bundle)
    assert bundle.status == "ready" and bundle.seal_level == "B-B"
    with pikepdf.open(io.BytesIO(data)) as pdf:
        files, pages = attachments_of(pdf), len(pdf.pages)
    manifest = json.loads(files["manifest.json"])
    assert [entry["uuid"] for entry in manifest["entries"]] == [str(entry.uuid) for entry in entries]
    assert [entry["flag"] for entry in manifest["entries"]] == ["", "", "unsigned"]
    for entry, document in zip(manifest["entries"], entries, strict=True):
        stored = DocumentBytes.objects.filter(version=document.current_version).latest("revision")
        assert files[entry["file"]] == read_bytes(stored.attachment), "byte for byte as it is kept"
        judged = judge_file(files[entry["file"]])
        assert judged.verdict == ("valid" if entry["signers"] else "unsigned")
    assert set(files) == {entry["file"] for entry in manifest["entries"]} | {
        "manifest.json",
        "HoSoBenhAn.xml",
        "HoSoBenhAn.json",
    }
    assert pages == manifest["pages"] == bundle.pages
    assert judge_file(data).verdict == "valid"
    checked = check_bundle(data)
    assert checked.holds, checked.problems
    assert [verdict for _name, verdict in checked.files].count("valid") == 2
    file = tmp_path / "bundle.pdf"
    file.write_bytes(data)
    assert broken_clauses(file, flavour="3b") == ""
    text = subprocess.run(
        [need_tool("pdftotext", "poppler-utils"), "-layout", file, "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\f")[:-1]
    assert len(text) == pages
    for number, page in enumerate(text, start=1):
        assert f"NT 000123 · Trang {number}/{pages}" in page
    assert "NGUYỄN THỊ ĐÀO" in text[0] and stay.facility.name in text[0]
    assert "MỤC LỤC" in text[1] and "CHƯA KÝ SỐ" in text[1]
    assert "Ngày 0: tỉnh, không sốt." in text[2] and "Người ký:" in text[2]


def test_the_same_content_gives_the_same_bytes_before_it_is_sealed() -> None:
    an, stay, _entries = make_record()
    bundle = made(stay, an)
    one, two = (assembled(bundle, on_page=lambda _pages: None) for _ in range(2))
    assert one == two
    assert one[1] == bundle.manifest_sha256
    assert _pdf(bundle).startswith(one[0]), "the seal is added behind it"
    assert made(stay, an).pk == bundle.pk
    assert hosobenhan.as_json(bundle.content["export"]).startswith(b'{\n "HoSoBenhAn"')


def test_one_byte_changed_anywhere_is_found() -> None:
    an, stay, _entries = make_record()
    data = _pdf(made(stay, an))
    for place in (len(data) // 5, len(data) // 2, len(data) * 4 // 5):
        broken = bytearray(data)
        broken[place] ^= 1
        assert not check_bundle(bytes(broken)).holds


def test_other_peoples_tools_take_it_apart_and_find_the_signatures(tmp_path: Path, need_tool: Any) -> None:
    an, stay, _entries = make_record(signed=1, unsigned=0)
    file = tmp_path / "bundle.pdf"
    file.write_bytes(_pdf(made(stay, an)))

    def tell(tool: str, *words: Any) -> str:
        return subprocess.run(
            [need_tool(tool, "poppler-utils"), *words], capture_output=True, text=True, check=False
        ).stdout

    assert "Signature is Valid" in tell("pdfsig", "-nocert", file)
    tell("pdfdetach", "-saveall", "-o", tmp_path, file)
    (document,) = tmp_path.glob("0001_36-BV2_*.pdf")
    assert "Signature is Valid" in tell("pdfsig", "-nocert", document)


def test_a_record_that_is_all_on_paper_is_a_cover_and_its_structured_data(tmp_path: Path) -> None:
    an, stay, _entries = make_record(signed=0, unsigned=0)
    bundle = made(stay, an)
    assert (bundle.status, bundle.pages) == ("ready", 1)
    file = tmp_path / "bundle.pdf"
    file.write_bytes(_pdf(bundle))
    assert check_bundle(file.read_bytes()).holds
    assert broken_clauses(file, flavour="3b") == ""
