"""Lists and insurance files as a HIS writes them."""

import base64
from xml.sax.saxutils import escape

PATIENTS = "Mã người bệnh;Họ và tên;Ngày sinh;Giới tính;Số định danh;Số thẻ BHYT;Điện thoại;Địa chỉ"
STAYS = "Mã điều trị;Mã người bệnh;Loại;Vào lúc;Mã khoa;Giường;Bác sĩ điều trị;Mã bệnh;Chẩn đoán"


def table(*lines: str) -> bytes:
    """A CSV file as Excel writes it in Vietnam."""
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def fields(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())


def summary(number: str = "LK1", mrn: str = "BN1", **other: str) -> str:
    """XML1."""
    told = {
        "MA_LK": number,
        "STT": "1",
        "MA_BN": mrn,
        "HO_TEN": "Trần Văn Năm",
        "SO_CCCD": "001080000005",
        "NGAY_SINH": "198005170000",
        "GIOI_TINH": "1",
        "DIA_CHI": "Số 5, Lê Lợi",
        "MA_THE_BHYT": "GD4010123456789;GD4010123456780",
        "CHAN_DOAN_RV": "Viêm phổi & tràn dịch",
        "MA_BENH_CHINH": "J18.9",
        "NGAY_VAO": "202510010830",
        "NGAY_RA": "202510071000",
        "MA_LOAI_KCB": "03",
        "MA_CSKCB": "99999",
        "T_TONGCHI_BV": "4500000.00",
    }
    return f'<?xml version="1.0" encoding="UTF-8"?><TONG_HOP>{fields(told | other)}</TONG_HOP>'


_LISTS = {
    "XML2": ("CHITIEU_CHITIET_THUOC", "DSACH_CHI_TIET_THUOC", "CHI_TIET_THUOC"),
    "XML3": ("CHITIEU_CHITIET_DVKT_VTYT", "DSACH_CHI_TIET_DVKT", "CHI_TIET_DVKT"),
    "XML4": ("CHITIEU_CHITIET_DICHVUCANLAMSANG", "DSACH_CHI_TIET_CLS", "CHI_TIET_CLS"),
    "XML5": ("CHITIEU_CHITIET_DIENBIENLAMSANG", "DSACH_CHI_TIET_DIEN_BIEN_BENH", "CHI_TIET_DIEN_BIEN_BENH"),
}


def listed(kind: str, *rows: dict[str, str]) -> str:
    """XML2 to XML5."""
    root, group, record = _LISTS[kind]
    lines = "".join(f"<{record}>{fields(row)}</{record}>" for row in rows)
    return f"<{root}><{group}>{lines}</{group}></{root}>"


def case(**tables: str) -> str:
    """A HOSO; tables in the order given."""
    parts = "".join(
        f"<FILEHOSO><LOAIHOSO>{kind}</LOAIHOSO>"
        f"<NOIDUNGFILE>{base64.b64encode(content.encode()).decode()}</NOIDUNGFILE></FILEHOSO>"
        for kind, content in tables.items()
    )
    return f"<HOSO>{parts}</HOSO>"


# A signature that holds a copy of what it signs: nothing of it is the list's.
SIGNED = (
    '<CHUKYDONVI><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><Reference URI=""/></SignedInfo>'
    "<Object><QualifyingProperties><SignedProperties><SignedSignatureProperties><SigningCertificate><Cert><IssuerSerial>"
    "<X509IssuerName>CN=BV</X509IssuerName></IssuerSerial></Cert></SigningCertificate></SignedSignatureProperties>"
    "</SignedProperties></QualifyingProperties><MACSKCB>88888</MACSKCB><HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO>"
    "<NOIDUNGFILE>PGE+</NOIDUNGFILE></FILEHOSO></HOSO></Object></Signature></CHUKYDONVI>"
)


def whole(
    *cases: str,
    facility: str = "99999",
    before: str = "",
    in_facility: str = "",
    at_end: str = "<CHUKYDONVI/>",
) -> bytes:
    """The file; the signature `at_end`, or `in_facility` as the files of QĐ 4210 have it."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<GIAMDINHHS><THONGTINDONVI><MACSKCB>{facility}</MACSKCB>'
        f"{in_facility}</THONGTINDONVI><THONGTINHOSO><NGAYLAP>20251101</NGAYLAP><SOLUONGHOSO>1</SOLUONGHOSO>"
        f"<DANHSACHHOSO>{''.join(cases)}</DANHSACHHOSO></THONGTINHOSO>{at_end}</GIAMDINHHS>"
    ).encode()


def former_case(number: str = "LK1", mrn: str = "BN1", **other: str) -> str:
    """A stay as QĐ 4210 wrote it: other names, long texts in CDATA, the kind of care in one digit."""
    told = {
        "MA_LK": number, "STT": "1", "MA_BN": mrn, "NGAY_SINH": "195600000000", "GIOI_TINH": "1",
        "MA_THE": "HT4010123456789", "MA_DKBD": "99999", "GT_THE_TU": "20230101", "GT_THE_DEN": "20231231",
        "MA_BENH": "I10", "MA_BENHKHAC": "E11.9",
        "MA_LYDO_VVIEN": "1", "NGAY_VAO": "202302010830", "NGAY_RA": "202302071000", "KET_QUA_DTRI": "2",
        "TINH_TRANG_RV": "1", "T_TONGCHI": "4500000", "MA_LOAI_KCB": "3", "MA_KHOA": "K03", "MA_CSKCB": "99999",
        "CAN_NANG": "61",
    }  # fmt: skip
    long = {
        "HO_TEN": "TRẦN VĂN NĂM",
        "DIA_CHI": "Số 5 & 7, Lê Lợi",
        "TEN_BENH": "Tăng huyết áp < độ 2",
    } | other
    told = {name: value for name, value in told.items() if name not in long}
    written = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in long.items() if value)
    records = {
        "XML2": {
            "TEN_THUOC": "Amlodipin 5mg",
            "SO_LUONG": "30",
            "NGAY_YL": "202302010900",
            "THANH_TIEN": "9000",
        },
        "XML3": {"TEN_DICH_VU": "Điện tim thường", "SO_LUONG": "1", "MA_GIUONG": "H001"},
        "XML4": {"TEN_CHI_SO": "Glucose", "GIA_TRI": "7.1", "NGAY_KQ": "202302011000"},
        "XML5": {"DIEN_BIEN": "Đau đầu, chóng mặt", "NGAY_YL": "202302010845"},
    }
    tables = {kind: _former_list(kind, row) for kind, row in records.items()}
    return case(XML1=f"<TONG_HOP>{fields(told)}{written}</TONG_HOP>", **tables)


def _former_list(kind: str, row: dict[str, str]) -> str:
    """A list without a root of its own around it."""
    _root, group, record = _LISTS[kind]
    return f"<{group}><{record}>{fields(row)}</{record}></{group}>"


def full_case(number: str = "LK1", mrn: str = "BN1", **other: str) -> str:
    """A stay with all five tables, XML1 not first."""
    return case(
        XML2=listed(
            "XML2",
            {"TEN_THUOC": "Ceftriaxon 1g", "SO_LUONG": "10", "LIEU_DUNG": "2 lọ/ngày", "NGAY_YL": "202510010900"},
            {"MA_LK": number, "TEN_THUOC": "Paracetamol 500mg", "SO_LUONG": "20"},
        ),
        XML1=summary(number, mrn, **other),
        XML3=listed("XML3", {"MA_LK": number, "TEN_DICH_VU": "Chụp X-quang ngực", "SO_LUONG": "1"}),
        XML4=listed("XML4", {"MA_LK": number, "TEN_CHI_SO": "CRP", "GIA_TRI": "85", "DON_VI_DO": "mg/L"}),
        XML5=listed(
            "XML5", {"MA_LK": number, "DIEN_BIEN_LS": "Ho, sốt < 39", "THOI_DIEM_DBLS": "202510011000"}
        ),
    )  # fmt: skip
