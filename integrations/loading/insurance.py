"""The insurance file (GIAMDINHHS, QĐ 4210/QĐ-BYT, 4750 and 3176), case (HOSO) after case, without any of XML's dangers.

expat alone, by events: a document type declaration is refused at its first letter, so there are no entities to expand and
nothing to fetch; XInclude and schemas aren't looked at. Depth, length and number of elements end.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.parsers import expat

# Record elements of the tables that are lists; XML1 is flat (annex of QĐ 4750; the same in 4210).
RECORDS = {
    "XML2": "CHI_TIET_THUOC",
    "XML3": "CHI_TIET_DVKT",
    "XML4": "CHI_TIET_CLS",
    "XML5": "CHI_TIET_DIEN_BIEN_BENH",
}
SUMMARY = "XML1"
# The facility's XML-DSig: last child of the root, in files of QĐ 4210 inside THONGTINDONVI. It is no part of the list,
# and nothing in it is taken for one.
SIGNATURE = "CHUKYDONVI"
TABLES = (SUMMARY, *RECORDS)
# A signature with its certificate's properties goes down to the 14th level.
_DEPTH, _LONGEST_TEXT, _MOST_RECORDS = 20, 32 * 2**20, 20_000
_CHUNK = 1 << 16


class BadXml(Exception):
    """The file, or one case of it, can't be read; a code: "xml", "doctype", "too_much", "base64", "no_summary"."""


Fields = dict[str, str]


@dataclass(slots=True)
class Case:
    """One HOSO: its tables as read; `problem` says why it can't be used."""

    facility_code: str = ""
    summary: Fields = field(default_factory=dict)
    tables: dict[str, list[Fields]] = field(default_factory=dict)
    problem: str = ""

    def content(self) -> dict[str, Any]:
        """As it is kept."""
        return {SUMMARY: self.summary} | {name: self.tables[name] for name in RECORDS if name in self.tables}


class _Reader:
    """What both kinds of document share: a parser without document types, and limits."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.path: list[str] = []
        self.text: list[str] = []
        self.length = 0

    def _refuse(self, *_told: object) -> None:
        raise BadXml("doctype")

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if len(self.path) >= _DEPTH:
            raise BadXml("too_much")
        self.path.append(name)
        self.text, self.length = [], 0

    def _text(self, words: str) -> None:
        self.length += len(words)
        if self.length > _LONGEST_TEXT:
            raise BadXml("too_much")
        self.text.append(words)

    def _end(self, name: str) -> None:
        self.ended(name, "".join(self.text).strip())
        self.path.pop()
        self.text, self.length = [], 0

    def ended(self, name: str, text: str) -> None:
        """An element is complete; `path` still ends with it."""
        raise NotImplementedError

    def feed(self, data: bytes, *, is_last: bool = False) -> None:
        """The next bytes. Raises BadXml."""
        try:
            self.parser.Parse(data, is_last)
        except expat.ExpatError as error:
            raise BadXml("xml") from error


class _Table(_Reader):
    """The document of one table: fields of a record are its direct children."""

    def __init__(self, record: str) -> None:
        super().__init__()
        self.record = record
        self.rows: list[Fields] = []
        self.row: Fields = {}

    def ended(self, name: str, text: str) -> None:
        if self.record and name == self.record:
            self.rows.append(self.row)
            self.row = {}
            if len(self.rows) > _MOST_RECORDS:
                raise BadXml("too_much")
        elif not self.record and len(self.path) == 1:
            self.rows.append(self.row)
        elif text and (not self.record or self.path[-2:-1] == [self.record]):
            self.row[name] = text


class _Envelope(_Reader):
    """The file around: cases as they are completed."""

    def __init__(self) -> None:
        super().__init__()
        self.facility_code = ""
        self.case = Case()
        self.kind = ""
        self.content = ""
        self.completed: list[Case] = []

    def ended(self, name: str, text: str) -> None:
        if SIGNATURE in self.path:
            return
        if name == "MACSKCB":
            self.facility_code = text
        elif name == "LOAIHOSO":
            self.kind = text.upper()
        elif name == "NOIDUNGFILE":
            self.content = text
        elif name == "FILEHOSO":
            self._keep()
        elif name == "HOSO":
            self.case.facility_code = self.facility_code
            if not self.case.summary and not self.case.problem:
                self.case.problem = "no_summary"
            self.completed.append(self.case)
            self.case = Case()

    def _keep(self) -> None:
        kind, content, self.kind, self.content = self.kind, self.content, "", ""
        if kind not in TABLES or self.case.problem:
            return
        try:
            data = base64.b64decode("".join(content.split()), validate=True)
            table = _Table(RECORDS.get(kind, ""))
            table.feed(data.removeprefix(b"\xef\xbb\xbf"), is_last=True)
        except ValueError:  # binascii.Error is one; letters outside ASCII raise its parent
            self.case.problem = "base64"
        except BadXml as error:
            self.case.problem = str(error)
        else:
            if kind == SUMMARY:
                self.case.summary = table.rows[0] if table.rows else {}
            else:
                self.case.tables[kind] = table.rows


def read_cases(file: BinaryIO) -> Iterator[Case]:
    """The cases of a file in their order, each as soon as it has been read. Raises BadXml where the file itself breaks."""
    envelope = _Envelope()
    while data := file.read(_CHUNK):
        envelope.feed(data)
        yield from envelope.completed
        envelope.completed = []
    envelope.feed(b"", is_last=True)
    yield from envelope.completed
