"""Signed PDFs, as three programs of other people see them."""

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import PdfSignatureStatus, SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from emr.common.font import font_for, printable
from signatures.signing import pades
from signatures.signing.appearance import Block
from tests.signatures import support
from tests.support.verapdf import broken_clauses


def _statuses(pdf: bytes) -> list[PdfSignatureStatus]:
    root = support.authority().root.public_bytes(serialization.Encoding.PEM)
    roots = list(load_certs_from_pemder_data(root))
    return [
        validate_pdf_signature(one, ValidationContext(trust_roots=roots, allow_fetching=False))
        for one in PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
    ]


@pytest.mark.parametrize("variant", ["pdf/a-2b", "pdf/a-3u", "pdf/ua-1"])
def test_pyhanko_finds_the_signature_valid_and_covering_the_file(variant: str) -> None:
    (status,) = _statuses(support.sign(support.base_pdf(variant=variant)))
    assert status.bottom_line
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE


def test_two_people_sign_one_after_the_other() -> None:
    first, second = _statuses(support.sign_twice())
    assert first.bottom_line and first.modification_level.name == "FORM_FILLING"
    assert second.bottom_line and second.coverage == SignatureCoverageLevel.ENTIRE_FILE


@pytest.mark.peer
def test_pdfsig_and_qpdf_agree(tmp_path: Path, need_tool: Any) -> None:
    file = tmp_path / "two.pdf"
    file.write_bytes(support.sign_twice())
    told = support.run(need_tool("pdfsig", "poppler-utils"), file)
    assert told.count("Signature is Valid.") == 2
    assert "Nguyễn Văn An" in told and "Trần Thị Bình" in told
    assert "No syntax or stream encoding errors" in support.run(need_tool("qpdf", "qpdf"), "--check", file)


@pytest.mark.peer
def test_openssl_confirms_the_embedded_container(tmp_path: Path, need_tool: Any) -> None:
    pdf = support.sign()
    signature = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures[0]
    start, length, second, rest = (int(number) for number in signature.byte_range)
    for name, content in {
        "content": pdf[start : start + length] + pdf[second : second + rest],
        "cms": signature.pkcs7_content,
        "root.pem": support.authority().root.public_bytes(serialization.Encoding.PEM),
    }.items():
        (tmp_path / name).write_bytes(content)
    options = [
        "-inform",
        "DER",
        "-in",
        tmp_path / "cms",
        "-content",
        tmp_path / "content",
        "-out",
        tmp_path / "out",
    ]
    told = support.run(
        need_tool("openssl", "openssl"),
        "cms",
        "-verify",
        "-binary",
        *options,
        "-CAfile",
        tmp_path / "root.pem",
        "-purpose",
        "any",
    )
    assert "successful" in told


@pytest.mark.peer
def test_the_block_can_be_read_and_searched(tmp_path: Path, need_tool: Any) -> None:
    file = tmp_path / "one.pdf"
    file.write_bytes(support.sign())
    text = " ".join(support.run(need_tool("pdftotext", "poppler-utils"), file, "-").split())
    for words in (
        "Người ký: BS. Nguyễn Văn An",
        "Chức danh: Bác sĩ điều trị, Khoa Nội",
        f"Lý do: {support.REASON}",
        "+07:00",
    ):
        assert words in text
    fonts = support.run(need_tool("pdffonts", "poppler-utils"), file)
    assert "NotoSans-Regular" in fonts
    assert " no " not in " ".join(line[-40:-20] for line in fonts.splitlines()[2:]), "every font is embedded"


def test_nothing_that_was_there_is_touched() -> None:
    half = support.half_sign(support.base_pdf())
    signed = support.finish(half)
    assert half.shown.startswith(support.base_pdf())
    assert hashlib.sha256(half.shown).digest() == half.prepared.sha256
    outside = slice(0, half.prepared.hole_start), slice(half.prepared.hole_end, None)
    assert [signed[part] for part in outside] == [half.shown[part] for part in outside]
    assert len(signed) == len(half.shown)


def test_metadata_stay_as_rendered() -> None:
    """PDF/A wants title and dates alike in both places: the update touches neither."""
    half = support.half_sign(support.base_pdf())
    assert b"/ModDate" not in half.prepared.tail
    assert (
        b"/Metadata" not in half.prepared.tail.replace(b"/Type /Metadata", b"")
        or b"xpacket" not in half.prepared.tail
    )


def test_the_block_stands_where_the_renderer_left_room() -> None:
    reader = PdfFileReader(BytesIO(support.sign_twice()))
    fields = reader.root["/AcroForm"]["/Fields"]
    left, right = (fields[place]["/Rect"] for place in (0, 1))
    names = reader.root["/Names"]["/Dests"]["/Names"]
    for box, anchor in ((left, names[1]), (right, names[3])):
        assert abs(float(box[0]) - float(anchor[2])) < 1
        assert abs(float(box[3]) - float(anchor[3])) < 1
    assert float(right[0]) > float(left[2]), "two signers' blocks don't overlap"


def test_without_a_place_the_block_goes_to_the_last_page() -> None:
    half = pades.prepare(
        support.base_pdf(),
        field_name="S",
        block=Block("BS. An", "", support.NOW, ""),
        anchor="nowhere",
        reserved=4096,
    )
    reader = PdfFileReader(BytesIO(support.base_pdf() + half.tail))
    box = [float(edge) for edge in reader.root["/AcroForm"]["/Fields"][0]["/Rect"]]
    assert 0 < box[0] < box[2] < 596 and 0 < box[1] < box[3] < 200


def test_blocks_without_a_place_stand_beside_one_another() -> None:
    """Head, director and seal of a form that keeps no places: nobody's block covers another's."""
    names = [f"signature-{step}" for step in (7, 8, 9, 10)]
    boxes: list[tuple[float, float]] = []
    for present in range(4):
        prepared = pades.prepare(
            support.base_pdf(),
            field_name="Signature1",
            block=Block(signer="Đỗ Thu Hà", title="Giám đốc", signed_at=support.NOW, reason=""),
            anchor="signature-99",
            before=["signature-1", *names[:present]],  # the author's stands in its place
            reserved=100,
        )
        form = PdfFileReader(BytesIO(support.base_pdf() + prepared.tail)).root["/AcroForm"]
        left, bottom, right, top = (float(edge) for edge in form["/Fields"][0]["/Rect"])
        assert left >= 0 and right <= 595 and bottom > 0 and top < 842
        assert all(abs(left - x) >= 170 or abs(bottom - y) >= 62 for x, y in boxes), (left, bottom, boxes)
        boxes.append((left, bottom))


@pytest.mark.parametrize(
    "pdf",
    [b"", b"not a pdf", b"%PDF-1.7\n%%EOF", support.base_pdf()[:4000]],
    ids=["empty", "text", "hollow", "cut"],
)
def test_what_cannot_be_signed_is_refused_in_one_way(pdf: bytes) -> None:
    with pytest.raises(pades.UnfitPdf):
        support.half_sign(pdf)


def test_the_same_field_is_not_signed_twice() -> None:
    with pytest.raises(pades.UnfitPdf):
        support.half_sign(support.sign(), step=1)


def test_a_signature_for_another_file_is_not_embedded() -> None:
    half, other = support.half_sign(support.base_pdf()), support.half_sign(support.base_pdf("Tờ khác"))
    with pytest.raises(pades.UnfitPdf, match="digest"):
        pades.embed(
            other.shown,
            hole_start=half.prepared.hole_start,
            hole_end=half.prepared.hole_end,
            digest=half.prepared.digest,
            container=b"\x30\x00",
        )


def test_a_container_too_large_for_the_hole_is_refused() -> None:
    half = support.half_sign(support.base_pdf())
    with pytest.raises(pades.UnfitPdf, match="kept free"):
        pades.embed(
            half.shown,
            hole_start=half.prepared.hole_start,
            hole_end=half.prepared.hole_end,
            digest=half.prepared.digest,
            container=bytes(half.prepared.hole_end - half.prepared.hole_start),
        )


def test_long_names_wrap_and_shrink_but_stay_inside() -> None:
    name = "PGS.TS.BSCKII. " + "Nguyễn Phước Quý Châu Ngọc Minh Thư " * 2
    prepared = pades.prepare(
        support.base_pdf(),
        field_name="S",
        block=Block(
            name,
            "Phó giám đốc phụ trách chuyên môn, Trưởng khoa Hồi sức tích cực - Chống độc" * 2,
            support.NOW,
            "x" * 200,
        ),
        anchor="signature-1",
        reserved=4096,
    )
    assert prepared.tail


def test_letters_the_font_lacks_become_question_marks() -> None:
    decomposed = "Nguye\u0302\u0303n"
    assert printable(decomposed + "\n𓀀 Ž") == "Nguyễn ? Ž"
    font = font_for(printable("Y Wăn Ê-ban, K'Brêo Žuffka"))
    assert font.width("Žuffka", 10) > 20


def test_cutting_the_font_again_costs_nothing() -> None:
    assert font_for("Nguyễn Văn An 0123") is font_for("Nguyễn Văn An 9876")


@pytest.mark.peer
@pytest.mark.parametrize("flavour", ["2b", "3u"])
def test_a_signed_file_is_still_pdf_a(flavour: str, tmp_path: Path) -> None:
    """veraPDF finds nothing before, and nothing after two visible signatures."""
    before, after = tmp_path / "before.pdf", tmp_path / "after.pdf"
    before.write_bytes(support.base_pdf(variant=f"pdf/a-{flavour}"))
    binh = support.person("Trần Thị Bình", "NV002", "BSCKI.")
    after.write_bytes(support.sign(support.sign(before.read_bytes()), binh, step=2))
    assert broken_clauses(before, flavour=flavour) == ""
    assert broken_clauses(after, flavour=flavour) == ""
