"""The few lines of DER (ITU-T X.690) that signatures need: write a value, read the header of one.

A general ASN.1 library spends 40 to 90 ms of CPU on one signature container; these functions spend
microseconds, and what they write is checked against such libraries in the tests.
"""

SEQUENCE = 0x30
SET = 0x31
INTEGER = 0x02
OCTET_STRING = 0x04
NULL = b"\x05\x00"


def tlv(tag: int, *parts: bytes) -> bytes:
    """One value: its tag, its length in the shortest form, its content."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def oid(dotted: str) -> bytes:
    """An object identifier such as `2.16.840.1.101.3.4.2.1`."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(0x80 | (arc & 0x7F))
        content += bytes(reversed(digits))
    return tlv(0x06, bytes(content))


def integer(value: int) -> bytes:
    """A whole number, not negative."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def set_of(*elements: bytes, tag: int = SET) -> bytes:
    """A SET OF: DER orders its elements by their encodings."""
    return tlv(tag, *sorted(elements))


def header(data: bytes, offset: int = 0) -> tuple[int, int, int]:
    """The tag of the value at `offset`, where its content begins and where it ends.

    Raises ValueError for a length that doesn't fit into the data or has no definite form.
    """
    if len(data) < offset + 2:
        raise ValueError("DER value is cut short")
    tag, first = data[offset], data[offset + 1]
    start = offset + 2
    if first < 0x80:
        length = first
    else:
        count = first & 0x7F
        if not 0 < count <= 4 or len(data) < start + count:
            raise ValueError("DER length is not definite")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + length > len(data):
        raise ValueError("DER value is longer than the data")
    return tag, start, start + length


def children(data: bytes, offset: int = 0) -> list[bytes]:
    """The encoded elements of the constructed value at `offset`."""
    _, position, end = header(data, offset)
    found = []
    while position < end:
        _, _, after = header(data, position)
        found.append(data[position:after])
        position = after
    return found
