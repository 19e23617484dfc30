"""A stranger's file is taken apart in a cage: whatever it is, the pages that can be read are, and nothing else comes out."""

import io
import zlib

import pytest
from PIL import Image

from encounters.scanning import cage
from encounters.scanning.cage import ReadPage, Unreadable, pages_of
from tests.encounters.scanning.sheets import A4, blank, jpeg, page_with, pdf_of, tiff_of

CODE = "BAM1/anything"


def read(data: bytes, **told: float) -> list[ReadPage]:
    return list(pages_of(data, **told))  # type: ignore[arg-type]


@pytest.mark.parametrize("turned", [0, 90, 180, 270, 3, 88])
def test_a_page_comes_out_upright_however_it_lay(turned: int) -> None:
    picture = page_with(CODE).rotate(turned, expand=True, fillcolor=250)
    (page,) = read(jpeg(picture, quality=40))
    assert page.codes == (CODE,)
    upright = Image.open(io.BytesIO(page.image))
    assert upright.height > upright.width
    (again,) = read(page.image)
    assert again.codes == (CODE,)
    # The code stands at the top right again.
    corner = upright.crop((int(upright.width * 0.7), 0, upright.width, int(upright.height * 0.25)))
    (found,) = read(jpeg(corner, quality=90))
    assert found.codes == (CODE,)


def test_nothing_but_the_dots_of_a_photograph_is_kept() -> None:
    """Where it was taken, by which telephone: gone. Turned as the camera held it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by a quarter
    exif[0x010F] = "TELEPHONE"
    sent = jpeg(page_with().rotate(90, expand=True), exif=exif)
    assert b"TELEPHONE" in sent
    (page,) = read(sent)
    kept = Image.open(io.BytesIO(page.image))
    assert b"TELEPHONE" not in page.image and not kept.getexif()
    assert kept.height > kept.width


def test_many_pages_in_one_file_and_blank_ones_are_told() -> None:
    pictures = [page_with(CODE), blank(), page_with()]
    for data in (pdf_of(pictures), tiff_of(pictures)):
        pages = read(data)
        assert [page.number for page in pages] == [1, 2, 3] and {page.count for page in pages} == {3}
        assert [page.is_blank for page in pages] == [False, True, False]
        assert [bool(page.codes) for page in pages] == [True, False, False]
        assert max(Image.open(io.BytesIO(pages[0].thumbnail)).size) <= 360
    assert [page.number for page in read(pdf_of(pictures), first=3)] == [3], "where it was"


def test_faint_pencil_is_no_blank_page() -> None:
    picture = blank()
    picture.paste(170, (300, 600, 900, 606))
    (page,) = read(jpeg(picture))
    assert not page.is_blank


def _encrypted() -> bytes:
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415
    from pyhanko.pdf_utils.writer import copy_into_new_writer  # noqa: PLC0415

    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf_of([page_with()])), strict=False))
    writer.encrypt(owner_pass="a", user_pass="b")
    kept = io.BytesIO()
    writer.write(kept)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "unreadable"),
        (b"%PDF-1.7\nrubbish", "unreadable"),
        (b"\xff\xd8\xff" + b"rubbish" * 50, "unreadable"),
        (b"MZ" + b"\0" * 500, "unreadable"),
    ],
)
def test_rubbish_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as trouble:
        read(data)
    assert trouble.value.code == code


def test_a_locked_pdf_says_so() -> None:
    with pytest.raises(Unreadable) as trouble:
        read(_encrypted())
    assert trouble.value.code == "encrypted"


def _png_bomb() -> bytes:
    """40,000 × 40,000 dots in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    side = (40_000).to_bytes(4, "big")
    head = chunk(b"IHDR", side + side + bytes([1, 0, 0, 0, 0]))
    return (
        b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 5001 * 100)) + chunk(b"IEND", b"")
    )


def _pdf_bomb() -> bytes:
    """A PDF whose only page draws a stream that unpacks to two gigabytes."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"0 0 m 9 9 l S\n" * 75_000) for _ in range(2000)) + packer.flush()
    parts = [
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n",
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n",
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>endobj\n",
        b"4 0 obj<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream endobj\n",
    ]
    return b"%PDF-1.4\n" + b"".join(parts) + b"trailer<</Root 1 0 R>>\n%%EOF"


def test_a_picture_that_would_fill_the_memory_is_too_large() -> None:
    with pytest.raises(Unreadable) as trouble:
        read(_png_bomb())
    assert trouble.value.code == "too_large"


def test_a_pdf_that_would_fill_the_memory_is_stopped_by_the_cage() -> None:
    try:
        pages = read(_pdf_bomb(), seconds=20)
    except Unreadable:
        return
    assert len(pages) == 1
    assert pages[0].problem == "unreadable" or len(pages[0].image) < 5_000_000


def test_a_page_over_which_the_cage_breaks_does_not_hold_its_neighbours_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    breaking = cage._START.replace(
        "from encounters.scanning.caged import main;",
        "from encounters.scanning import caged; from encounters.scanning.caged import main; kept = caged.is_blank;"
        " caged.is_blank = lambda p: __import__('os')._exit(9) if p.width > 1800 else kept(p);",
    )
    monkeypatch.setattr(cage, "_START", breaking)
    wide = page_with().resize((2000, A4[1]))
    pages = read(pdf_of([page_with(), wide, page_with(CODE)]))
    assert [(page.number, page.problem) for page in pages] == [(1, ""), (2, "unreadable"), (3, "")]
    assert pages[2].codes == (CODE,)


def test_a_page_that_takes_too_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = cage._START.replace(
        "from encounters.scanning.caged import main;",
        "from encounters.scanning import caged; from encounters.scanning.caged import main;"
        " caged.is_blank = lambda p: __import__('time').sleep(60);",
    )
    monkeypatch.setattr(cage, "_START", slow)
    pages = read(pdf_of([page_with(), page_with(CODE)]), seconds=3)
    assert [(page.number, page.problem) for page in pages] == [(1, "unreadable"), (2, "")]
