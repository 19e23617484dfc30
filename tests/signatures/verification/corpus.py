"""Forged and damaged PDFs, each made from a good one the way attackers do (pdf-insecurity.org: ISA, SWA, USF, EAA)."""

import re
from collections.abc import Callable
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from tests.signatures import support


def _update(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """The PDF with one more revision."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def _page(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    reference = writer.find_page_for_modification(0)[0]
    writer.mark_update(reference)
    return reference.get_object()


def content_replaced(pdf: bytes) -> bytes:
    """Another page content in a later revision; the signed bytes are all still there."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        text = b"BT /F1 20 Tf 100 700 Td (Lieu gap muoi) Tj ET"
        _page(writer)[pdf_name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=text))

    return _update(pdf, change)


def annotation_added(pdf: bytes) -> bytes:
    """A note laid over the dose (EAA)."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        page = _page(writer)
        note = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Annot"),
                pdf_name("/Subtype"): pdf_name("/FreeText"),
                pdf_name("/Rect"): generic.ArrayObject(
                    [generic.NumberObject(n) for n in (60, 600, 400, 700)]
                ),
                pdf_name("/Contents"): generic.pdf_string("Liều gấp mười"),
                pdf_name("/DA"): generic.pdf_string("/Helv 12 Tf"),
                pdf_name("/F"): generic.NumberObject(4),
            }
        )
        annotations = page.get("/Annots", generic.ArrayObject())
        annotations.append(writer.add_object(note))
        page[pdf_name("/Annots")] = annotations

    return _update(pdf, change)


def page_swapped(pdf: bytes) -> bytes:
    """Another page tree in a later revision."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.root["/Pages"][pdf_name("/Count")] = generic.NumberObject(0)
        writer.root["/Pages"][pdf_name("/Kids")] = generic.ArrayObject()
        writer.update_container(writer.root["/Pages"])

    return _update(pdf, change)


def page_appended(pdf: bytes) -> bytes:
    """One more page after the signed ones."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        tree = writer.root["/Pages"]
        page = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Page"),
                pdf_name("/Parent"): writer.root.raw_get("/Pages"),
                pdf_name("/MediaBox"): generic.ArrayObject(
                    [generic.NumberObject(n) for n in (0, 0, 595, 842)]
                ),
            }
        )
        tree["/Kids"].append(writer.add_object(page))
        tree[pdf_name("/Count")] = generic.NumberObject(int(tree["/Count"]) + 1)
        writer.update_container(tree)
        writer.update_container(tree["/Kids"])

    return _update(pdf, change)


def signature_hidden(pdf: bytes) -> bytes:
    """The form is taken away, so that readers see an unsigned file."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        del writer.root["/AcroForm"]
        writer.update_root()

    return _update(pdf, change)


def bytes_appended(pdf: bytes) -> bytes:
    """Something after the end that no revision speaks of."""
    return pdf + b"\n% Lieu gap muoi\n" * 8


def one_bit(pdf: bytes) -> bytes:
    """A bit of the signed part flipped where it does no harm to the structure (inside the page's stream)."""
    changed = bytearray(pdf)
    changed[pdf.index(b"stream\n") + 40] ^= 1
    return bytes(changed)


def value_changed(pdf: bytes) -> bytes:
    """A digit of the signature value itself changed."""
    end = re.search(rb"0{40,}>", pdf)
    assert end is not None
    changed = bytearray(pdf)
    place = end.start() - 20
    changed[place] = ord("1") if changed[place] != ord("1") else ord("2")
    return bytes(changed)


def _byte_range(pdf: bytes, new: Callable[[list[int]], bytes]) -> bytes:
    """The ByteRange rewritten at the same length."""
    found = list(re.finditer(rb"/ByteRange ?\[([^\]]*)\]( *)", pdf))[-1]
    numbers = [int(number) for number in found[1].split()]
    replacement = b"/ByteRange " + new(numbers)
    return pdf[: found.start()] + replacement.ljust(len(found[0])) + pdf[found.end() :]


def range_starts_late(pdf: bytes) -> bytes:
    """The first bytes are left out of what is signed."""
    return _byte_range(pdf, lambda n: b"[%d %d %d %d]" % (9, n[1] - 9, n[2], n[3]))


def range_negative(pdf: bytes) -> bytes:
    """A negative length (USF)."""
    return _byte_range(pdf, lambda n: b"[0 -%d %d %d]" % (n[1], n[2], n[3]))


def range_empty(pdf: bytes) -> bytes:
    """No range at all (USF)."""
    return _byte_range(pdf, lambda _: b"[]")


def range_is_text(pdf: bytes) -> bytes:
    """The range is a name (USF)."""
    return _byte_range(pdf, lambda _: b"/Whatever")


def range_overlaps(pdf: bytes) -> bytes:
    """The second part starts inside the first."""
    return _byte_range(pdf, lambda n: b"[0 %d %d %d]" % (n[1], n[1] - 100, n[3]))


def range_too_long(pdf: bytes) -> bytes:
    """The range goes past the end of the file."""
    return _byte_range(pdf, lambda n: b"[0 %d %d %d]" % (n[1], n[2], n[3] + 50))


def contents_empty(pdf: bytes) -> bytes:
    """The container is all zeros (USF)."""
    return re.sub(rb"(/Contents ?<)([0-9A-Fa-f]{2000,})(>)", lambda m: m[1] + b"0" * len(m[2]) + m[3], pdf)


def contents_garbage(pdf: bytes) -> bytes:
    """The container is no DER (USF)."""
    return re.sub(
        rb"(/Contents ?<)([0-9A-Fa-f]{2000,})(>)", lambda m: m[1] + b"DEADBEEF" * (len(m[2]) // 8) + m[3], pdf
    )


def contents_wrapped(pdf: bytes) -> bytes:
    """New content hidden in the hole, the container moved on, the range widened around both (SWA)."""
    hole = re.search(rb"/Contents ?<([0-9A-Fa-f]{2000,})>", pdf)
    assert hole is not None
    used = re.sub(rb"(00)+$", b"", hole[1])
    evil = b"> /Evil (Lieu gap muoi) /Rest <"
    return (
        pdf[: hole.start(1)]
        + used
        + evil
        + b"0" * (len(hole[1]) - len(used) - len(evil))
        + pdf[hole.end(1) :]
    )


FORGERIES: list[Callable[[bytes], bytes]] = [
    content_replaced,
    annotation_added,
    page_swapped,
    page_appended,
    signature_hidden,
    bytes_appended,
    one_bit,
    value_changed,
    range_starts_late,
    range_negative,
    range_empty,
    range_is_text,
    range_overlaps,
    range_too_long,
    contents_empty,
    contents_garbage,
    contents_wrapped,
]


def signed() -> bytes:
    """What every forgery starts from."""
    return support.sign()
