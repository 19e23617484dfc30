"""The copy that a reader from outside is shown: marked on every page, without any signature, the original untouched."""

import io

import pypdfium2
import pytest
import weasyprint
from pyhanko.pdf_utils.reader import PdfFileReader

from encounters.inspections import stamping
from encounters.inspections.stamping import stamped
from tests.signatures import support

WORDS = "Vũ Thị Lan · Bảo hiểm xã hội tỉnh Hà Giang, công văn số 118/BHXH-GĐ · 28/11/2026 10:32"


def _texts(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded() for page in document]


def _ink(pdf: bytes) -> list[float]:
    """How much of each page isn't white."""
    shares = []
    for page in pypdfium2.PdfDocument(pdf):
        grey = page.render(scale=0.5).to_pil().convert("L")
        shares.append(sum(grey.histogram()[:250]) / (grey.width * grey.height))
    return shares


def test_every_page_says_whose_eyes_these_are_and_that_it_proves_nothing() -> None:
    pages = "".join(f"<p style='page-break-after: always'>Trang thử {n}</p>" for n in range(3))
    original = bytes(
        weasyprint.HTML(string=f"<style>@page {{ size: A5 landscape }}</style>{pages}").write_pdf()
    )
    copy = stamped(original, WORDS)
    assert len(_texts(copy)) == len(_texts(original))
    for number, text in enumerate(_texts(copy)):
        flat = " ".join(text.split())
        assert "BẢN XEM, KHÔNG CÓ GIÁ TRỊ PHÁP LÝ" in flat
        assert "118/BHXH-GĐ" in flat
        if number < 3:
            assert f"Trang thử {number}" in flat
    for before, after in zip(_ink(original), _ink(copy), strict=True):
        assert before + 0.03 < after < before + 0.6  # not to be missed, and to be read through


def test_of_a_signed_file_no_signature_is_left_and_the_original_stays_valid() -> None:
    original = support.sign_twice()
    kept = bytes(original)
    copy = stamped(original, WORDS)
    assert original == kept
    assert len(PdfFileReader(io.BytesIO(original)).embedded_signatures) == 2
    reader = PdfFileReader(io.BytesIO(copy))
    assert list(reader.embedded_signatures) == []
    assert "/AcroForm" not in reader.root
    assert b"/ByteRange" not in copy
    # Who signed is still to be read: the two blocks are drawn.
    assert _ink(copy)[0] > _ink(stamped(support.base_pdf(), WORDS))[0] + 0.005


def test_the_same_reader_within_a_minute_shares_a_sheet() -> None:
    stamping._sheet.cache_clear()
    stamped(support.base_pdf(), WORDS)
    stamped(support.base_pdf(), WORDS)
    assert stamping._sheet.cache_info().hits == 1


@pytest.mark.parametrize("words", ["<script>x</script> & Co", "Đặng Thị Ngọc Bích ưỡẫộ"])
def test_words_are_text(words: str) -> None:
    assert words.split(maxsplit=1)[0] in " ".join(_texts(stamped(support.base_pdf(), words))[0].split())
