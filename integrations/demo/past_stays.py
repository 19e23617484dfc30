"""Past stays of some who lie in bed, taken over from an insurance file as a HIS exports it: checked, then applied."""

import base64
import datetime as dt
from dataclasses import dataclass
from html import escape

from emr.accounts.models import Organization, User
from emr.common.clock import local_now
from encounters.visits.models import Encounter
from integrations.loading.models import FirstLoad
from integrations.loading.services import apply_next, check_next, start, take_file
from patients.registry import systems
from patients.registry.models import Identifier

FILE_NAME = "ho-so-bhyt-truoc-khi-chuyen (minh họa).xml"
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Past:
    """A stay that somebody had: so many days ago, for so many days; rows of XML2, XML4 and XML5 without their times."""

    days_ago: int
    days: int
    code: str
    diagnosis: str
    others: str
    reason: str
    treatment: str
    medicines: tuple[Row, ...]
    results: tuple[Row, ...]
    course: str


_COPD = Past(
    412, 8, "J44.1", "Đợt cấp bệnh phổi tắc nghẽn mạn tính mức độ trung bình", "I10", "Khó thở tăng, ho khạc đờm đục",
    "Giãn phế quản, corticoid đường toàn thân, kháng sinh",
    (
        {"TEN_THUOC": "Ceftriaxon 1 g", "HAM_LUONG": "1 g", "SO_LUONG": "14", "DON_VI_TINH": "Lọ",
         "LIEU_DUNG": "1 lọ x 2 lần/ngày", "CACH_DUNG": "Tiêm tĩnh mạch"},
        {"TEN_THUOC": "Methylprednisolon 40 mg", "HAM_LUONG": "40 mg", "SO_LUONG": "7", "DON_VI_TINH": "Lọ",
         "LIEU_DUNG": "1 lọ x 1 lần/ngày", "CACH_DUNG": "Tiêm tĩnh mạch"},
    ),
    (
        {"TEN_CHI_SO": "Bạch cầu (WBC)", "GIA_TRI": "13.4", "DON_VI_DO": "G/L"},
        {"TEN_CHI_SO": "CRP", "GIA_TRI": "62", "DON_VI_DO": "mg/L"},
        {"TEN_CHI_SO": "X-quang ngực thẳng", "MO_TA": "Phổi tăng sáng, vòm hoành hạ thấp",
         "KET_LUAN": "Hình ảnh khí phế thũng"},
    ),
    "Đỡ khó thở, SpO2 95% khí trời, phổi còn ít ran rít",
)  # fmt: skip
_HEART = Past(
    196, 6, "I50.9", "Suy tim phân suất tống máu giảm", "I10; E11.9", "Phù hai chân, khó thở khi nằm",
    "Lợi tiểu, ức chế men chuyển, hạn chế muối",
    (
        {"TEN_THUOC": "Furosemid 40 mg", "HAM_LUONG": "40 mg", "SO_LUONG": "12", "DON_VI_TINH": "Viên",
         "LIEU_DUNG": "1 viên x 2 lần/ngày", "CACH_DUNG": "Uống sáng, trưa"},
    ),
    (
        {"TEN_CHI_SO": "NT-proBNP", "GIA_TRI": "2410", "DON_VI_DO": "pg/mL"},
        {"TEN_CHI_SO": "Kali", "GIA_TRI": "3.6", "DON_VI_DO": "mmol/L"},
    ),
    "Hết phù, đi lại trong phòng không khó thở",
)  # fmt: skip
_CLINIC = Past(
    63, 0, "E11.9", "Đái tháo đường típ 2 không biến chứng", "I10", "Khám định kỳ, lĩnh thuốc", "Thuốc viên, chế độ ăn",
    (
        {"TEN_THUOC": "Metformin 850 mg", "HAM_LUONG": "850 mg", "SO_LUONG": "60", "DON_VI_TINH": "Viên",
         "LIEU_DUNG": "1 viên x 2 lần/ngày", "CACH_DUNG": "Uống sau ăn"},
    ),
    ({"TEN_CHI_SO": "HbA1c", "GIA_TRI": "7.4", "DON_VI_DO": "%"},),
    "Tỉnh, huyết áp 135/80 mmHg, tiếp tục đơn cũ",
)  # fmt: skip
# Who of those in bed, by how long they have lain there, had which.
_TOLD = ((_COPD, _CLINIC), (_HEART, _CLINIC), (_COPD, _HEART), (_CLINIC,))
_LISTS = {
    "XML2": ("CHITIEU_CHITIET_THUOC", "DSACH_CHI_TIET_THUOC", "CHI_TIET_THUOC"),
    "XML4": ("CHITIEU_CHITIET_DICHVUCANLAMSANG", "DSACH_CHI_TIET_CLS", "CHI_TIET_CLS"),
    "XML5": ("CHITIEU_CHITIET_DIENBIENLAMSANG", "DSACH_CHI_TIET_DIEN_BIEN_BENH", "CHI_TIET_DIEN_BIEN_BENH"),
}


def build(facility: Organization, people: dict[str, User]) -> None:
    """Loaded by the integration staff, as on the hospital's first day with this record."""
    by = people["tichhop"]
    data = _file(facility)
    if not data:
        return
    load = take_file(kind=FirstLoad.Kind.HISTORY, file_name=FILE_NAME, data=data, by=by)
    while check_next(first_load_id=load.pk):
        pass
    load.refresh_from_db()
    start(load=load, by=by)
    while apply_next(first_load_id=load.pk):
        pass


def _file(facility: Organization) -> bytes:
    stays = Encounter.objects.filter(
        facility=facility, status=Encounter.Status.IN_PROGRESS, encounter_class="IMP"
    ).select_related("patient")
    cases = [
        _case(facility, stay, past, number)
        for stay, told in zip(stays.order_by("started_at", "pk"), _TOLD, strict=False)
        for number, past in enumerate(told, 1)
    ]
    if not cases:
        return b""
    made = f"{local_now():%Y%m%d}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><GIAMDINHHS><THONGTINDONVI><MACSKCB>{facility.code}</MACSKCB>'
        f"</THONGTINDONVI><THONGTINHOSO><NGAYLAP>{made}</NGAYLAP><SOLUONGHOSO>{len(cases)}</SOLUONGHOSO>"
        f"<DANHSACHHOSO>{''.join(cases)}</DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI/></GIAMDINHHS>"
    ).encode()


def _case(facility: Organization, stay: Encounter, past: Past, number: int) -> str:
    patient = stay.patient
    mrn = Identifier.objects.get(patient=patient, system=systems.mrn(facility)).value
    began = (local_now() - dt.timedelta(days=past.days_ago)).replace(hour=8, minute=15)
    ended = began + dt.timedelta(days=past.days, hours=2)
    summary = {
        "MA_LK": f"{mrn}-{number}", "STT": str(number), "MA_BN": mrn, "HO_TEN": patient.full_name,
        "NGAY_SINH": f"{patient.birth_date:%Y%m%d}0000" if patient.birth_date else "",
        "GIOI_TINH": {"male": "1", "female": "2"}.get(patient.sex, "3"),
        "LY_DO_VV": past.reason, "CHAN_DOAN_VAO": past.diagnosis, "CHAN_DOAN_RV": past.diagnosis,
        "MA_BENH_CHINH": past.code, "MA_BENH_KT": past.others, "PP_DIEU_TRI": past.treatment, "KET_QUA_DTRI": "2",
        "NGAY_VAO": _moment(began), "NGAY_RA": _moment(ended), "MA_LOAI_KCB": "03" if past.days else "01",
        "MA_KHOA": "K03" if past.days else "K01", "MA_CSKCB": facility.code,
    }  # fmt: skip
    tables = {
        "XML2": [row | {"NGAY_YL": _moment(began + dt.timedelta(hours=1))} for row in past.medicines],
        "XML4": [row | {"NGAY_KQ": _moment(began + dt.timedelta(hours=2))} for row in past.results],
        "XML5": [{"DIEN_BIEN_LS": past.course, "THOI_DIEM_DBLS": _moment(ended - dt.timedelta(hours=1))}],
    }
    written = {"XML1": f"<TONG_HOP>{_fields(summary)}</TONG_HOP>"}
    written |= {kind: _listed(kind, rows) for kind, rows in tables.items()}
    parts = "".join(
        f"<FILEHOSO><LOAIHOSO>{kind}</LOAIHOSO><NOIDUNGFILE>{base64.b64encode(text.encode()).decode()}</NOIDUNGFILE></FILEHOSO>"
        for kind, text in written.items()
    )
    return f"<HOSO>{parts}</HOSO>"


def _listed(kind: str, rows: list[Row]) -> str:
    root, group, line = _LISTS[kind]
    return (
        f"<{root}><{group}>{''.join(f'<{line}>{_fields(row)}</{line}>' for row in rows)}</{group}></{root}>"
    )


def _fields(values: Row) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items() if value)


def _moment(at: dt.datetime) -> str:
    return f"{at:%Y%m%d%H%M}"
