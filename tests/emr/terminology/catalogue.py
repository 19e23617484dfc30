"""A handful of ICD-10 codes, brought in as any list is; the whole of it would take seconds in every test."""

import datetime as dt

from emr.terminology.models import Flag
from emr.terminology.rows import Row
from emr.terminology.services import Report, import_rows

LONG_AGO = dt.date(2020, 1, 1)
SOME = [
    Row(1, "J18", "Viêm phổi, tác nhân không xác định", "Pneumonia, organism unspecified"),
    Row(2, "J18.9", "Viêm phổi, không đặc hiệu", "Pneumonia, unspecified", "J18", "VP", 10),
    Row(
        3, "J15.9", "Viêm phổi do vi khuẩn, không đặc hiệu", "Bacterial pneumonia, unspecified", "J15", "", 10
    ),
    Row(4, "J12.9", "Viêm phổi do virus, không đặc hiệu", "Viral pneumonia, unspecified", "J12", "", 20),
    Row(5, "I10", "Tăng huyết áp vô căn (nguyên phát)", "Essential hypertension", "", "THA cao huyết áp", 10),
    Row(6, "I20.9", "Cơn đau thắt ngực, không đặc hiệu", "Angina pectoris", "I20", "", 10),
    Row(7, "A82.9", "Bệnh dại, không đặc hiệu", "Rabies, unspecified", "A82", "", 30),
    Row(8, "E11.9", "Bệnh đái tháo đường týp 2", "Type 2 diabetes mellitus", "E11", "tiểu đường", 10),
    Row(9, "G63.2", "Bệnh đa dây thần kinh trong đái tháo đường", flags={Flag.NOT_MAIN: True}),
    Row(10, "I69.3", "Di chứng nhồi máu não", flags={Flag.DISCOURAGED: True}, use_rank=10),
    Row(11, "I63.9", "Nhồi máu não, không đặc hiệu", use_rank=30),
    Row(12, "X00.9", "Mã không được dùng", flags={Flag.FORBIDDEN: True}),
    Row(13, "R98", "Chết không có người chứng kiến", flags={Flag.DEATH_CAUSE_ONLY: True}),
    Row(14, "C53.9", "U ác cổ tử cung, không đặc hiệu", flags={Flag.FEMALE_ONLY: True}),
    Row(15, "N40", "Tăng sản tuyến tiền liệt", flags={Flag.MALE_ONLY: True}),
    Row(16, "W54", "Bị chó cắn hay va phải", flags={Flag.NOT_MAIN: True}, aliases="chó cắn"),
]


def bring_in(
    rows: list[Row], *, system: str = "icd10", day: dt.date = LONG_AGO, complete: bool = False
) -> Report:
    """Import the rows from that day on; a test that means them to fail reads the report."""
    return import_rows(
        system=system, rows=rows, effective=day, complete=complete, version="test", file_sha256="", apply=True
    )
