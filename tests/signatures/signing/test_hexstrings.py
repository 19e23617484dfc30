"""Hex strings come out of our reader as out of pyHanko's, and the stream stands at the same place afterwards."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfStreamError

from signatures.signing import hexstrings

_PIECES = st.lists(
    st.one_of(
        st.sampled_from([b" ", b"\n", b"\r", b"\t", b"\x00", b"\x0c", b"g", b"<", b"\xff"]),
        st.binary(max_size=300).map(bytes.hex).map(str.encode),
        st.sampled_from(list(b"0123456789abcdefABCDEF")).map(lambda code: bytes([code])),
    ),
    max_size=12,
)


def _outcome(read: object, data: bytes) -> tuple[object, ...]:
    stream = io.BytesIO(data)
    try:
        found = read(stream)  # type: ignore[operator]
    except PdfStreamError:
        return ("refused",)
    return type(found), found, stream.tell()


@given(pieces=_PIECES, behind=st.binary(max_size=20))
def test_the_same_as_pyhanko(pieces: list[bytes], behind: bytes) -> None:
    data = b"<" + b"".join(pieces) + b">" + behind
    assert _outcome(hexstrings.read_hex_string, data) == _outcome(hexstrings._as_shipped, data)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 8255, 8256, 8257, 40_000])
def test_long_ones_over_the_edges_of_the_pieces(size: int) -> None:
    data = b"<" + b"ab" * size + b"> /Next"
    stream = io.BytesIO(data)
    hexstrings.read_hex_string(stream)
    assert stream.read() == b" /Next"
    assert _outcome(hexstrings.read_hex_string, data) == _outcome(hexstrings._as_shipped, data)


def test_one_that_never_ends_or_holds_a_comment_is_refused() -> None:
    for data in (b"<", b"<ab", b"<" + b"ab" * 50_000, b"<ab%>\ncd>"):
        with pytest.raises(PdfStreamError):
            hexstrings.read_hex_string(io.BytesIO(data))


def test_it_is_in_use_where_files_are_signed_and_judged() -> None:
    from signatures.signing import pades  # noqa: PLC0415
    from signatures.verification import report  # noqa: PLC0415

    assert pades is not None and report is not None
    assert generic.read_hex_string_from_stream is hexstrings.read_hex_string
    with hexstrings.as_shipped():
        assert generic.read_hex_string_from_stream is hexstrings._as_shipped
    assert generic.read_hex_string_from_stream is hexstrings.read_hex_string
