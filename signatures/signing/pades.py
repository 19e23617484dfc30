"""PAdES signatures (ETSI EN 319 142-1) in two halves, so that the signer may answer later and elsewhere.

`prepare` appends to a PDF everything a signature needs but the signature: field, visible block, and a hole for
the container. Those are the bytes a person is shown. The digest over all but the hole is frozen with them.
`embed` puts the container into the hole. Neither touches a byte of what was there before. A document timestamp goes
the same way, without a block.
"""

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, PdfSignedData, SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore

from signatures.signing import hexstrings
from signatures.signing.appearance import Block, appearance

hexstrings.install()

# Where the block goes on a page that keeps no place for it: bottom right, clear of a printer's margin.
_FALLBACK_RIGHT, _FALLBACK_BOTTOM, _FALLBACK_GAP = 40.0, 40.0, 6.0
_HASHES = {32: "sha256", 48: "sha384"}  # by the digest's size
# All the ways in which pyHanko and a damaged file disagree.
_TROUBLE = (PdfError, SigningError, ValueError, KeyError, IndexError, TypeError)


class UnfitPdf(Exception):
    """The PDF can't take a signature: encrypted, damaged, or the field is already there."""


@dataclass(frozen=True)
class Prepared:
    """A PDF waiting for its signature value.

    `tail` is what was appended to the original, so the whole file is `original + tail`; `digest` (SHA-256, or the hash asked
    for) is of the whole file but the hole, `sha256` of the whole file as it is shown. The hole runs from `hole_start` to
    `hole_end` in the whole file, angle brackets included.
    """

    tail: bytes
    digest: bytes
    sha256: bytes
    hole_start: int
    hole_end: int


@dataclass(frozen=True)
class Place:
    """The top left corner of a visible block, in points from the page's bottom left; `page` counts from 0."""

    page: int
    left: float
    top: float


class _QuietWriter(IncrementalPdfFileWriter):
    """Leaves title, dates and XMP metadata as the renderer wrote them: PDF/A wants both copies alike.

    Rewriting them would also parse the XMP packet again for every signature.
    """

    def _update_meta(self) -> None:
        self._meta.last_modified = None


def prepare(
    pdf: bytes,
    *,
    field_name: str,
    block: Block,
    place: Place | None = None,
    anchor: str | None = None,
    before: Sequence[str] = (),
    reserved: int,
    hash_name: str = "sha256",
) -> Prepared:
    """Append a signature field with its visible block and a hole of `reserved` bytes; the digest is by `hash_name`.

    The block goes to `place`, else to the named destination `anchor` that the renderer left on the page, else
    to the bottom right of the last page, beside those of the anchors `before` that had no place either. Raises UnfitPdf.
    """
    try:
        writer = _open(pdf)
        corner = place or _named_place(writer, anchor)
        if corner is None:
            corner = _last_page(writer, block, sum(_named_place(writer, name) is None for name in before))
        box = (
            round(corner.left),
            round(corner.top - block.height),
            round(corner.left + block.width),
            round(corner.top),
        )
        steps = PdfCMSEmbedder(SigFieldSpec(field_name, on_page=corner.page, box=box)).write_cms(
            field_name, writer
        )
        field = next(steps).get_object()
        field[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): appearance(block, writer)})
        signature = SignatureObject(
            timestamp=block.signed_at,
            subfilter=SigSeedSubFilter.PADES,
            name=block.signer,
            reason=block.reason or None,
            bytes_reserved=2 * reserved,
        )
        return _freeze(pdf, steps, signature, hash_name)
    except _TROUBLE as error:
        raise UnfitPdf(str(error)) from error


def prepare_timestamp(pdf: bytes, *, field_name: str, reserved: int) -> Prepared:
    """Append an invisible field with a hole for a document timestamp (ISO 32000-2 §12.8.5). Raises UnfitPdf.

    Its token proves that everything before it existed then, signatures included, and touches none of them.
    """
    try:
        writer = _open(pdf)
        steps = PdfCMSEmbedder(SigFieldSpec(field_name)).write_cms(field_name, writer)
        next(steps)
        return _freeze(pdf, steps, DocumentTimestamp(bytes_reserved=2 * reserved))
    except _TROUBLE as error:
        raise UnfitPdf(str(error)) from error


def append_evidence(
    pdf: bytes,
    *,
    certificates: Sequence[x509.Certificate],
    responses: Sequence[ocsp.OCSPResponse],
    lists: Sequence[crl.CertificateList],
) -> bytes:
    """The PDF with what authorities said about certificates in its store, DSS (ETSI EN 319 142-1 §5.4). Raises UnfitPdf.

    An incremental update that touches no signature. Before PDF 2.0 the store needs the extension that declares it.
    """
    try:
        writer = _open(pdf)
        writer.register_extension(ESIC_EXTENSION_1)
        DocumentSecurityStore.supply_dss_in_writer(
            writer, None, certs=certificates, ocsps=responses, crls=lists
        )
        output = BytesIO()
        writer.write(output)  # type: ignore[no-untyped-call]
        return output.getvalue()
    except _TROUBLE as error:
        raise UnfitPdf(str(error)) from error


def _open(pdf: bytes) -> _QuietWriter:
    writer = _QuietWriter(BytesIO(pdf))
    if writer.prev.encrypted:
        raise UnfitPdf("The PDF is encrypted.")
    return writer


def _freeze(
    pdf: bytes, steps: Generator[Any, Any, Any], placeholder: PdfSignedData, hash_name: str = "sha256"
) -> Prepared:
    """Write the update with its hole and take both digests."""
    steps.send(SigObjSetup(sig_placeholder=placeholder))
    frozen, output = steps.send(SigIOSetup(md_algorithm=hash_name))
    whole = output.getbuffer()
    return Prepared(
        tail=bytes(whole[len(pdf) :]),
        digest=frozen.document_digest,
        sha256=hashlib.sha256(whole).digest(),
        hole_start=frozen.reserved_region_start,
        hole_end=frozen.reserved_region_end,
    )


def embed(whole: bytes, *, hole_start: int, hole_end: int, digest: bytes, container: bytes) -> bytes:
    """The signed PDF: the container in the hole of the prepared file.

    Checks first that the file is the one that was frozen and that the container speaks of it, so that a mix-up
    of rows or files can't make a broken signature. Raises UnfitPdf.
    """
    view = memoryview(whole)
    frozen = hashlib.new(_HASHES.get(len(digest), "sha256"), view[:hole_start])
    frozen.update(view[hole_end:])
    if frozen.digest() != digest:
        raise UnfitPdf("The prepared file isn't the one whose digest was signed.")
    if bytes(view[hole_start : hole_start + 1]) != b"<" or bytes(view[hole_end - 1 : hole_end]) != b">":
        raise UnfitPdf("The place for the signature isn't where it was.")
    room = hole_end - hole_start - 2
    value = container.hex().upper().encode()
    if len(value) > room:
        raise UnfitPdf(f"The signature needs {len(value)} characters, {room} were kept free.")
    return b"".join((view[: hole_start + 1], value.ljust(room, b"0"), view[hole_end - 1 :]))


def _named_place(writer: IncrementalPdfFileWriter, anchor: str | None) -> Place | None:
    """The corner that the renderer named: WeasyPrint makes a named destination of every element's id."""
    if not anchor:
        return None
    try:
        names = writer.root["/Names"]["/Dests"]["/Names"]
        destination = next(
            names[place + 1] for place in range(0, len(names), 2) if str(names[place]) == anchor
        )
        page = destination.raw_get(0)
        number = next(
            number
            for number in range(_page_count(writer))
            if writer.find_page_for_modification(number)[0].idnum == page.idnum
        )
        return Place(page=number, left=float(destination[2]), top=float(destination[3]))
    except (KeyError, StopIteration):  # no destinations, or none of that name
        return None


def _last_page(writer: IncrementalPdfFileWriter, block: Block, present: int = 0) -> Place:
    """Beside the blocks that are there already: from right to left, then the row above."""
    number = _page_count(writer) - 1
    page = writer.find_page_for_modification(number)[0].get_object()
    left, bottom, right, _ = (float(edge) for edge in _inherited(page, "/MediaBox"))
    in_a_row = max(1, int((right - left - _FALLBACK_RIGHT) // (block.width + _FALLBACK_GAP)))
    row, column = divmod(present, in_a_row)
    return Place(
        page=number,
        left=max(left, right - block.width - _FALLBACK_RIGHT - column * (block.width + _FALLBACK_GAP)),
        top=bottom + block.height + _FALLBACK_BOTTOM + row * (block.height + _FALLBACK_GAP),
    )


def _page_count(writer: IncrementalPdfFileWriter) -> int:
    return int(writer.root["/Pages"]["/Count"])


def _inherited(page: generic.DictionaryObject, key: str) -> Any:
    """A page attribute that may stand on a node above it."""
    while key not in page:
        page = page["/Parent"]
    return page[key]
