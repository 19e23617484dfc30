"""Fields of the insurance tables that a clinician reads, in their order, with our words; money stays out of the chart."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from integrations.loading.layouts import today

SUMMARY: tuple[tuple[str, StrOrPromise], ...] = (
    ("NGAY_VAO", _("Came")),
    ("NGAY_VAO_NOI_TRU", _("Admitted")),
    ("NGAY_RA", _("Left")),
    ("LY_DO_VV", _("Reason")),
    ("CHAN_DOAN_VAO", _("Diagnosis on coming")),
    ("CHAN_DOAN_RV", _("Diagnosis on leaving")),
    ("MA_BENH_CHINH", _("Main disease (ICD-10)")),
    ("MA_BENH_KT", _("Other diseases (ICD-10)")),
    ("MA_BENH_YHCT", _("Disease in traditional medicine")),
    ("PP_DIEU_TRI", _("Treatment")),
    ("KET_QUA_DTRI", _("Result (code)")),
    ("MA_LOAI_RV", _("Way of leaving (code)")),
    ("GHI_CHU", _("Doctor's advice")),
    ("MA_KHOA", _("Department (code)")),
    ("MA_LOAI_KCB", _("Kind of care (code)")),
    ("CAN_NANG", _("Weight (kg)")),
)
TABLES: tuple[tuple[str, StrOrPromise, tuple[tuple[str, StrOrPromise], ...]], ...] = (
    (
        "XML5",
        _("Course"),
        (
            ("THOI_DIEM_DBLS", _("At")),
            ("DIEN_BIEN_LS", _("Course")),
            ("GIAI_DOAN_BENH", _("Stage")),
            ("HOI_CHAN", _("Consultation")),
            ("PHAU_THUAT", _("Operation")),
        ),
    ),
    (
        "XML2",
        _("Medicines"),
        (
            ("NGAY_YL", _("Ordered")),
            ("TEN_THUOC", _("Medicine")),
            ("HAM_LUONG", _("Strength")),
            ("SO_LUONG", _("Quantity")),
            ("DON_VI_TINH", _("Unit")),
            ("LIEU_DUNG", _("Dose")),
            ("CACH_DUNG", _("How to take it")),
        ),
    ),
    (
        "XML4",
        _("Results"),
        (
            ("NGAY_KQ", _("At")),
            ("TEN_CHI_SO", _("Test")),
            ("GIA_TRI", _("Value")),
            ("DON_VI_DO", _("Unit")),
            ("MO_TA", _("Description")),
            ("KET_LUAN", _("Conclusion")),
        ),
    ),
    (
        "XML3",
        _("Services"),
        (
            ("NGAY_YL", _("Ordered")),
            ("TEN_DICH_VU", _("Service")),
            ("TEN_VAT_TU", _("Supply")),
            ("SO_LUONG", _("Quantity")),
            ("NGAY_KQ", _("Done")),
        ),
    ),
)


def shown(value: str, name: str) -> str:
    """The value as people read it: "202611280730" as 28/11/2026 07:30."""
    if name.startswith(("NGAY_", "THOI_DIEM")) and value.isdigit() and len(value) in {8, 12}:
        day = f"{value[6:8]}/{value[4:6]}/{value[:4]}"
        return f"{day} {value[8:10]}:{value[10:12]}" if len(value) == 12 else day
    return value


def summary_of(content: dict[str, Any]) -> list[tuple[StrOrPromise, str]]:
    """XML1's fields that say something: (what it is, what it says)."""
    found = today("XML1", content.get("XML1", {}))
    return [(label, shown(found[name], name)) for name, label in SUMMARY if found.get(name)]


def tables_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The other tables: title, headings, rows; columns that are empty throughout are left out."""
    tables = []
    for kind, title, columns in TABLES:
        rows = [today(kind, row) for row in content.get(kind, [])]
        used = [(name, label) for name, label in columns if any(row.get(name) for row in rows)]
        if used:
            lines = [[shown(row.get(name, ""), name) for name, _label in used] for row in rows]
            tables.append({"title": title, "heads": [label for _name, label in used], "rows": lines})
    return tables
