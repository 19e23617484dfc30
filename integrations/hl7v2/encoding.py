"""What we send in the characters that a neighbour reads; MSH-18 says which, what it lacks isn't sent as something else."""

import unicodedata
from collections.abc import Callable

from integrations.hl7v2.charset import TCVN3_BYTES
from integrations.transport.models import Channel
from integrations.transport.senders import CannotSend

# Windows-1258 has the letters with their own marks, and the five tones as signs that follow.
_TONES = "\u0300\u0301\u0303\u0309\u0323"


def _cp1258(character: str) -> bytes:
    parts = unicodedata.normalize("NFD", character)
    letter = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
    tones = "".join(part for part in parts if part in _TONES)
    return f"{letter}{tones}".encode("cp1258")


def _tcvn3(character: str) -> bytes:
    if character in TCVN3_BYTES:
        return TCVN3_BYTES[character]
    return character.encode("ascii")


# Our name of a character set: (MSH-18, HL7 table 0211 where it has the set; one character's bytes, or UnicodeEncodeError).
_SETS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "latin-1": ("8859/1", lambda character: character.encode("latin-1")),
    "cp1258": ("CP1258", _cp1258),
    "tcvn3": ("TCVN3", _tcvn3),
}


def encoded_for(channel: Channel, raw: bytes) -> bytes:
    """The message, which is kept in UTF-8, as the channel's neighbour reads it.

    Raises CannotSend("cannot_encode") with the first character that its set lacks, and where it stands.
    """
    if channel.charset not in _SETS:
        return raw
    declared, write = _SETS[channel.charset]
    lines = unicodedata.normalize("NFC", raw.decode("utf-8")).split("\r")
    separator = lines[0][3:4] or "|"
    header = lines[0].split(separator)
    if len(header) > 17:  # MSH-1 is the separator itself, so the eighteenth field stands at seventeen
        header[17] = declared
    lines[0] = separator.join(header)
    written = bytearray()
    for number, line in enumerate(lines):
        for place, field in enumerate(line.split(separator)):
            if place:
                written += separator.encode("ascii")
            for character in field:
                try:
                    written += write(character)
                except UnicodeEncodeError as error:
                    where = f"{line[:3]}-{place + 1 if line.startswith('MSH') else place}"
                    raise CannotSend(
                        "cannot_encode", charset=declared, character=character, place=where
                    ) from error
        if number < len(lines) - 1:
            written += b"\r"
    return bytes(written)
