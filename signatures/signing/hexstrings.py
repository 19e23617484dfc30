"""Hex strings of a PDF, read in pieces. pyHanko reads them a character at a time, and a signature's container has 30,000,
which whoever raises or verifies a signature reads many times. The same values come out, and the same is refused; so are
comments between the digits, which pyHanko skips (ISO 32000-2 §7.2.4 knows none in strings).
"""

import binascii
import contextlib
import io
from collections.abc import Iterator
from typing import IO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import ByteStringObject, TextStringObject, pdf_string
from pyhanko.pdf_utils.misc import PDF_WHITESPACE, PdfStreamError

_SHORT, _LONG = 128, 16 * 1024  # most are short: identifiers, names
_as_shipped = generic.read_hex_string_from_stream


def read_hex_string(stream: IO[bytes]) -> ByteStringObject | TextStringObject:
    """The string that begins at the stream's "<"; the stream stands behind its ">" then. Raises PdfStreamError."""
    stream.read(1)
    parts, size = [], _SHORT
    while True:
        piece = stream.read(size)
        if not piece:
            raise PdfStreamError("Stream has ended unexpectedly")
        size, end = _LONG, piece.find(b">")
        if end >= 0:
            stream.seek(end + 1 - len(piece), io.SEEK_CUR)
            parts.append(piece[:end])
            break
        parts.append(piece)
    digits = b"".join(parts).translate(None, PDF_WHITESPACE)
    if digits.translate(None, generic.HEX_DIGITS):
        raise PdfStreamError("Unexpected token in hex string")
    return pdf_string(binascii.unhexlify(digits + b"0" * (len(digits) % 2)))


def install() -> None:
    """From now on pyHanko reads hex strings so, in this process."""
    generic.read_hex_string_from_stream = read_hex_string


@contextlib.contextmanager
def as_shipped() -> Iterator[None]:
    """pyHanko as it ships, while the block runs; for comparing."""
    generic.read_hex_string_from_stream = _as_shipped
    try:
        yield
    finally:
        install()
