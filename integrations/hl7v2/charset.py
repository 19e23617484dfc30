"""Which characters the bytes mean: MSH-18, the channel's override, and the old Vietnamese encodings.

Python knows Windows-1258; TCVN 5712 (the "ABC" fonts) and VNI are read here by table. Partners often send UTF-8 and
declare nothing, or something else; so valid UTF-8 wins over MSH-18, and MSH-18 over guessing.
"""

import re
import unicodedata

from integrations.hl7v2.errors import Hl7Error

# HL7 table 0211 and the spellings that partners use, in capitals and without blanks.
_DECLARED = {
    "UNICODEUTF-8": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "CP1258": "cp1258",
    "WINDOWS-1258": "cp1258",
    "1258": "cp1258",
    "TCVN": "tcvn3",
    "TCVN3": "tcvn3",
    "TCVN-5712": "tcvn3",
    "VNI": "vni",
    "8859/1": "latin-1",
    "8859/15": "iso8859-15",
}
CHARSETS = ("utf-8", "cp1258", "tcvn3", "vni", "latin-1", "iso8859-15")

# TCVN 5712:1993 VN3: capitals with two marks don't exist, the fonts for capitals drew them.
_TCVN3 = dict(
    zip(
        bytes.fromhex(
            "a1a2a7a3a4a5a6"
            "a8a9aaabacadae"
            "b5b6b7b8b9bbbcbdbec6c7c8c9cacb"
            "ccced0cfd1d2d3d4d5d6"
            "d7d8dcddde"
            "dfe1e2e3e4e5e6e7e8e9eaebecedee"
            "eff1f2f3f4f5f6f7f8f9"
            "fafbfcfdfe"
        ),
        "ĂÂĐÊÔƠƯăâêôơưđàảãáạằẳẵắặầẩẫấậèẻéẽẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)

# The same the other way round, for what is sent.
TCVN3_BYTES = {letter: bytes([byte]) for byte, letter in _TCVN3.items()}

# VNI-Windows: a base letter, then a Latin-1 sign for its marks.
_VNI_TONES = {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_VNI_CIRCUMFLEX = {"â": "", "á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323"}
_VNI_BREVE = {"ê": "", "é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}
_VNI_SINGLE = {
    "ñ": "đ",
    "Ñ": "Đ",
    "ô": "ơ",
    "Ô": "Ơ",
    "ö": "ư",
    "Ö": "Ư",
    "í": "í",
    "ì": "ì",
    "æ": "ỉ",
    "ó": "ĩ",
    "ò": "ị",
    "î": "ỵ",
}
_VNI_PAIR = re.compile(r"([AEIOUYaeiouyÔÖôö])([ùøûõïâáàåãäêéèúüëÙØÛÕÏÂÁÀÅÃÄÊÉÈÚÜË])|([ñÑôÔöÖíìæóòîÍÌÆÓÒÎ])")


def _tcvn3(raw: bytes) -> str:
    return "".join(chr(byte) if byte < 0x80 else _TCVN3.get(byte, "\ufffd") for byte in raw)


def _vni(raw: bytes) -> str:
    def letter(found: re.Match[str]) -> str:
        if found[3]:
            return _VNI_SINGLE.get(found[3]) or _VNI_SINGLE[found[3].lower()].upper()
        base, sign = found[1], found[2].lower()
        base = _VNI_SINGLE.get(base, base)
        if sign in _VNI_TONES:
            marks = _VNI_TONES[sign]
        elif sign in _VNI_CIRCUMFLEX and base in "AEOaeo":
            marks = "\u0302" + _VNI_CIRCUMFLEX[sign]
        elif sign in _VNI_BREVE and base in "Aa":
            marks = "\u0306" + _VNI_BREVE[sign]
        else:
            return found[0]
        return unicodedata.normalize("NFC", base + marks)

    return _VNI_PAIR.sub(letter, raw.decode("latin-1"))


def _read(raw: bytes, charset: str) -> str:
    """The text in one named encoding. Raises UnicodeDecodeError or Hl7Error when the bytes don't fit."""
    if charset == "tcvn3":
        text = _tcvn3(raw)
        if "\ufffd" in text:
            raise Hl7Error("charset", "The bytes aren't TCVN 5712.")
        return text
    if charset == "vni":
        return _vni(raw)
    return raw.decode(charset)


def read_bytes(raw: bytes, charset: str) -> str:
    r"""The bytes of a \X..\ escape in the message's own encoding; Latin-1 where they don't fit it."""
    try:
        return _read(raw, charset)
    except (UnicodeDecodeError, Hl7Error):
        return raw.decode("latin-1")


# A Vietnamese syllable without its tone: onset, vowels, coda.
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnpqrstvx])?"
    r"(?:iêu|yêu|uôi|ươi|ươu|oai|oay|oeo|uây|uyu|uyê|uya|iê|yê|ya|ia|uô|ua|ươ|ưa|oa|oă|oe|uâ|uê|uy|uơ|ai|ao|au|âu|ay|ây"
    r"|eo|êu|iu|oi|ôi|ơi|ui|ưi|ưu|[aăâeêioôơuưy])"
    r"(?:ch|nh|ng|[cmnpt])?$"
)
_TONES = "\u0300\u0301\u0303\u0309\u0323"


def _is_vietnamese(word: str) -> bool:
    """A word with letters outside ASCII can be a Vietnamese syllable: one tone at most, capitals where they belong."""
    marked = unicodedata.normalize("NFD", word)
    plain = unicodedata.normalize("NFC", "".join(c for c in marked if c not in _TONES))
    cased = word in {word.lower(), word.upper(), word.capitalize()}
    return cased and sum(c in _TONES for c in marked) <= 1 and bool(_SYLLABLE.match(plain.lower()))


def _looks_vietnamese(text: str) -> bool:
    """Every word that isn't plain ASCII is a Vietnamese syllable, and no sign outside ASCII stands beside it."""
    text = unicodedata.normalize("NFC", text)
    strange = re.sub(r"[^\W\d_]+", lambda word: word[0] if not _is_vietnamese(word[0]) else "", text)
    return strange.isascii()


def decode(raw: bytes, *, declared: str = "", override: str = "") -> tuple[str, str]:
    """The message as text, and the name of the encoding that it was read in.

    `override` is the channel's setting and binds; without it valid UTF-8 is taken as such, then `declared` (MSH-18),
    then the old Vietnamese encoding that leaves no strange letter. Raises Hl7Error("charset") when none fits: a name
    misread is worse than a message that waits for a person.
    """
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if override:
        try:
            return _read(raw, override), override
        except UnicodeDecodeError as error:
            raise Hl7Error(
                "charset", f"The bytes aren't {override}, which the channel prescribes."
            ) from error
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    named = _DECLARED.get(declared.strip().upper(), "")
    if named in {"cp1258", "tcvn3", "vni"}:
        try:
            return _read(raw, named), named
        except (UnicodeDecodeError, Hl7Error):
            pass
    return _guess(raw)


def _guess(raw: bytes) -> tuple[str, str]:
    """The one encoding in which the text looks Vietnamese."""
    fits: list[tuple[str, str]] = []
    for charset in ("cp1258", "tcvn3", "vni"):
        try:
            text = _read(raw, charset)
        except (UnicodeDecodeError, Hl7Error):
            continue
        if _looks_vietnamese(text):
            fits.append((text, charset))
    if len({unicodedata.normalize("NFC", text) for text, _ in fits}) == 1:
        return fits[0]
    raise Hl7Error("charset", "The character set can't be told; set it on the channel.")
