"""The export `HoSoBenhAn` (CV 365/TTYQG-GPQLCL, R-51): eleven groups. This module is the mapping, and it is data.

A field is (name in the export, name in the rows of `rows.py`, greatest length or 0). Names known from CV 365 are as there
(`cccd_so`, `quanhuyen_ma`, `maicd`, `tenicd`, `maicd_khac`, `machidinh`, `machiso`, `mathuocvattu_byt`, `chuky_hoten`); the
others are ours until the official table is at hand: change them here, nothing else knows them. Dates are YYYY-MM-DD,
instants YYYY-MM-DDTHH:MM:SS+07:00, numbers plain, codes those in force at the time of the row.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from encounters.bundles.rows import ROWS
from encounters.visits.models import Encounter

ROOT = "HoSoBenhAn"
ROW = "Dong"
Row = dict[str, str]
Export = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """One of the eleven: its rows are what `rows` of `rows.py` gives; `is_list`: any number of them, else exactly one."""

    name: str
    rows: str
    fields: tuple[tuple[str, str, int], ...]
    is_list: bool = True


_SIGNER = (("chuky_hoten", "signer", 255), ("chuky_thoigian", "signed_at", 25))
_ICD = (("maicd", "icd", 7), ("tenicd", "icd_text", 255), ("maicd_khac", "icd_other", 100))
_PROCEDURE = (
    ("ten", "text", 500),
    ("ma_icd9", "code", 10),
    ("batdau", "started_at", 25),
    ("ketthuc", "ended_at", 25),
    ("vocam", "anaesthesia", 50),
    ("nguoithuchien", "performers", 500),
    ("khoa", "department", 255),
    *_SIGNER,
)

GROUPS: tuple[Group, ...] = (
    Group(
        "ThongTinBenhNhan",
        "patient",
        (
            ("mabenhnhan", "mrn", 40),
            ("hoten", "name", 160),
            ("ngaysinh", "birth", 10),
            ("gioitinh", "sex", 10),
            ("cccd_so", "citizen", 15),
            ("the_bhyt", "insurance", 15),
            ("dantoc_ma", "ethnic_group", 8),
            ("quoctich_ma", "nationality", 8),
            ("nghenghiep_ma", "occupation", 8),
            ("diachi", "address", 400),
            ("xaphuong_ma", "commune", 8),
            ("quanhuyen_ma", "district", 8),
            ("tinhthanh_ma", "province", 8),
            ("dienthoai", "phone", 30),
        ),
        is_list=False,
    ),
    Group(
        "ThongTinVaoVien",
        "admission",
        (
            ("cskcb_ma", "facility_code", 5),
            ("cskcb_ten", "facility", 255),
            ("ma_lk", "identifier", 40),
            ("sovaovien", "admission_number", 20),
            ("loaibenhan", "record_type", 12),
            ("doituong", "payer", 10),
            ("vaovien", "begins_at", 25),
            ("tructiepvao", "source", 1),
            ("noigioithieu", "referral_source", 1),
            ("lydovaovien", "reason", 500),
            *_ICD,
        ),
        is_list=False,
    ),
    Group(
        "ThongTinDieuTri",
        "treatment",
        (
            ("khoa", "department", 255),
            ("ravien", "ended_at", 25),
            ("songaydieutri", "days", 5),
            ("ketqua_ma", "outcome", 1),
            ("tinhtrangravien", "disposition", 20),
            ("giaiphaubenh_ma", "pathology", 1),
            *_ICD,
            ("bacsidieutri", "attending", 255),
            *_SIGNER,
        ),
        is_list=False,
    ),
    Group(
        "YLenhThuocVatTu",
        "medicines",
        (
            ("maylenh", "number", 255),
            ("mathuocvattu_byt", "code", 255),
            ("ten", "text", 300),
            ("hoatchat", "ingredient", 200),
            ("duongdung_ma", "route", 10),
            ("lieu", "dose", 20),
            ("donvi_ma", "unit", 20),
            ("solan_ngay", "times", 3),
            ("thoigianylenh", "ordered_at", 25),
            ("trangthai", "status", 16),
            *_SIGNER,
        ),
    ),
    Group(
        "PhieuChiDinh",
        "requests",
        (
            ("machidinh", "number", 255),
            ("madichvu", "code", 255),
            ("ten", "text", 300),
            ("loai", "category", 12),
            ("thoigianchidinh", "ordered_at", 25),
            ("trangthai", "status", 16),
            *_SIGNER,
        ),
    ),
    Group(
        "KetQuaChanDoanHinhAnh",
        "imaging",
        (
            ("machidinh", "order_number", 255),
            ("sophieu", "number", 255),
            ("ten", "title", 300),
            ("mota", "narrative", 0),
            ("ketluan", "conclusion", 0),
            ("study_instance_uid", "study", 64),
            ("thoigianthuchien", "performed_at", 25),
            ("thoigianketqua", "issued_at", 25),
            *_SIGNER,
        ),
    ),
    Group(
        "KetQuaXetNghiem",
        "laboratory",
        (
            ("machidinh", "order_number", 255),
            ("sophieu", "number", 255),
            ("machiso", "code", 255),
            ("vncode", "national_code", 25),
            ("ten", "title", 200),
            ("giatri", "value", 0),
            ("donvi", "unit", 40),
            ("khoangthamchieu", "reference", 120),
            ("batthuong", "flag", 8),
            ("thoigianlaymau", "collected_at", 25),
            ("thoigianketqua", "issued_at", 25),
            *_SIGNER,
        ),
    ),
    Group(
        "GiayChuyenVien",
        "referrals",
        (
            ("noichuyen_ma", "to_code", 13),
            ("noichuyen_ten", "to_name", 200),
            ("huongchuyen", "direction", 20),
            ("lydo", "reason", 300),
            ("thoigian", "at", 25),
            *_SIGNER,
        ),
    ),
    Group(
        "HoSoCapCuu",
        "emergencies",
        (
            ("denluc", "started_at", 25),
            ("lydo", "reason", 500),
            ("nguyennhanngoai_ma", "external_cause", 8),
            ("loaitainan", "accident", 1),
            ("noixayra", "place", 200),
            ("thoigiantainan", "accident_at", 25),
        ),
    ),
    Group("PhieuThuThuat", "procedures", _PROCEDURE),
    Group("PhieuPhauThuat", "surgery", _PROCEDURE),
)


def export_of(encounter: Encounter) -> Export:
    """The eleven groups from the structured rows; in a number of queries that doesn't grow. What is too long is cut and
    named in "bi_cat" (group, field), so that nothing is shortened in silence.
    """
    cut: list[list[str]] = []
    told: Export = {}
    for group in GROUPS:
        rows = [_mapped(group, row, cut) for row in ROWS[group.rows](encounter)]
        told[group.name] = rows if group.is_list else rows[0]
    return told | ({"bi_cat": cut} if cut else {})


def _mapped(group: Group, row: Row, cut: list[list[str]]) -> Row:
    mapped = {}
    for name, source, longest in group.fields:
        value = row.get(source, "")
        if longest and len(value) > longest:
            value = value[:longest]
            cut.append([group.name, name])
        if value:
            mapped[name] = value
    return mapped


def as_json(export: Export) -> bytes:
    """{"HoSoBenhAn": {group: row or rows}}, UTF-8."""
    return json.dumps({ROOT: export}, ensure_ascii=False, indent=1).encode()


def as_xml(export: Export) -> bytes:
    """The same as XML, UTF-8, as `as_schema` describes; letters that XML has no place for are left out."""
    return "\n".join(_xml_lines(export)).encode()


def _xml_lines(export: Export) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<{ROOT}>"
    for group in GROUPS:
        yield f" <{group.name}>"
        if group.is_list:
            for row in export[group.name]:
                yield f"  <{ROW}>"
                yield from _elements(row)
                yield f"  </{ROW}>"
        else:
            yield from _elements(export[group.name])
        yield f" </{group.name}>"
    for where in export.get("bi_cat", []):
        yield f" <bi_cat>{'.'.join(where)}</bi_cat>"
    yield f"</{ROOT}>"


def _elements(row: Row) -> Iterator[str]:
    for name, value in row.items():
        text = escape("".join(letter for letter in value if _is_xml(ord(letter))), quote=False)
        # A parser would read a carriage return as the end of a line.
        yield f"   <{name}>{text.replace(chr(13), '&#13;')}</{name}>"


def _is_xml(code: int) -> bool:
    """XML 1.0 §2.2."""
    return code in {0x9, 0xA, 0xD} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def as_schema() -> bytes:
    """The XML Schema of the export, written from the mapping."""
    return "\n".join(_schema_lines()).encode()


def _schema_lines() -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">'
    yield f' <xs:element name="{ROOT}"><xs:complexType><xs:sequence>'
    for group in GROUPS:
        yield f'  <xs:element name="{group.name}"><xs:complexType><xs:sequence>'
        if group.is_list:
            yield f'   <xs:element name="{ROW}" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>'
        for name, _source, longest in group.fields:
            if longest:
                yield (
                    f'    <xs:element name="{name}" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">'
                    f'<xs:maxLength value="{longest}"/></xs:restriction></xs:simpleType></xs:element>'
                )
            else:
                yield f'    <xs:element name="{name}" type="xs:string" minOccurs="0"/>'
        if group.is_list:
            yield "   </xs:sequence></xs:complexType></xs:element>"
        yield "  </xs:sequence></xs:complexType></xs:element>"
    yield '  <xs:element name="bi_cat" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>'
    yield " </xs:sequence></xs:complexType></xs:element>"
    yield "</xs:schema>"
