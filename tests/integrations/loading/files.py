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


def whole(*cases: str, facility: str = "99999", before: str = "") -> bytes:
    """The file."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<GIAMDINHHS><THONGTINDONVI><MACSKCB>{facility}</MACSKCB>'
        f"</THONGTINDONVI><THONGTINHOSO><NGAYLAP>20251101</NGAYLAP><SOLUONGHOSO>1</SOLUONGHOSO><DANHSACHHOSO>"
        f"{''.join(cases)}</DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI/></GIAMDINHHS>"
    ).encode()


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
