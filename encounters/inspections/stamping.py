"""A copy of a PDF with a reader's name across each page; it carries no signature and says that it proves nothing."""

import hashlib
import io
from functools import lru_cache

from django.template.loader import render_to_string
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer

from encounters.documents.rendering import OVERLAY, render_pdf

# What a copy must not carry: it would be shown as a signature that is broken.
_OF_SIGNATURES = ("/AcroForm", "/Perms", "/DSS")
_OF_FIELDS = ("/FT", "/T", "/V", "/Lock", "/SV")
_MARK = "/ReaderMark"


@lru_cache(maxsize=16)
def _sheet(words: str) -> bytes:
    """One A4 sheet with nothing on it but the words; a reader's pages of one minute share it."""
    html = render_to_string("encounters/inspections/mark_print.html", {"words": words, "rows": range(9)})
    identifier = hashlib.sha256(words.encode()).digest()[:16]
    return render_pdf(html, identifier=identifier, stylesheets=OVERLAY)


def stamped(pdf: bytes, words: str) -> bytes:
    """The copy. The original's bytes aren't touched."""
    original = PdfFileReader(io.BytesIO(pdf))
    _unsign(original)
    writer = copy_into_new_writer(original)
    mark = writer.import_page_as_xobject(PdfFileReader(io.BytesIO(_sheet(words))))
    before = writer.add_object(generic.StreamObject(stream_data=b"q\n"))
    for number in range(int(writer.root["/Pages"]["/Count"])):
        _stamp(writer, number, mark, before)
    copy = io.BytesIO()
    writer.write(copy)
    return copy.getvalue()


def _stamp(
    writer: PdfFileWriter, number: int, mark: generic.IndirectObject, before: generic.IndirectObject
) -> None:
    page_reference, resources_reference = writer.find_page_for_modification(number)
    page, resources = page_reference.get_object(), resources_reference.get_object()
    left, bottom, right, top = (float(edge) for edge in _inherited(page, "/MediaBox"))
    _x, _y, width, height = (float(edge) for edge in mark.get_object()["/BBox"])
    drawn = (
        f"\nQ\nq {(right - left) / width:.5f} 0 0 {(top - bottom) / height:.5f} {left:.3f} {bottom:.3f} cm"
        f" {_MARK} Do Q\n"
    )
    # Pages may share their resources: what is there already is the same mark.
    resources.setdefault(pdf_name("/XObject"), generic.DictionaryObject())[pdf_name(_MARK)] = mark
    writer.add_stream_to_page(number, before, prepend=True)
    writer.add_stream_to_page(number, writer.add_object(generic.StreamObject(stream_data=drawn.encode())))


def _unsign(read: PdfFileReader) -> None:
    """Forget, in memory, all that makes signatures of the visible blocks; what isn't led to is not copied."""
    for name in _OF_SIGNATURES:
        read.root.pop(pdf_name(name), None)
    for number in range(int(read.root["/Pages"]["/Count"])):
        page = read.find_page_for_modification(number)[0].get_object()
        for note in (reference.get_object() for reference in page.get("/Annots", ())):
            if note.get("/FT") == "/Sig":
                for name in _OF_FIELDS:
                    note.pop(pdf_name(name), None)
                # A mere picture now: a field without a form isn't drawn by every viewer.
                note[pdf_name("/Subtype")] = pdf_name("/Stamp")


def _inherited(page: generic.DictionaryObject, name: str) -> generic.ArrayObject:
    while name not in page:
        page = page["/Parent"]
    found: generic.ArrayObject = page[name]
    return found
