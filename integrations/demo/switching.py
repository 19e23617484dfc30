"""Obstetrics keeps paper beside the screen for a month more; the hospital's rules are in force and partly read."""

import datetime as dt

from emr.accounts.models import Organization, User
from emr.common.clock import local_today
from encounters.documents.rendering import render_pdf
from encounters.switching import services

_RULES = """<html lang="vi"><head><title>Quy chế bệnh án điện tử (minh họa)</title></head><body>
<h1>QUY CHẾ BỆNH ÁN ĐIỆN TỬ (MINH HỌA)</h1>
<p>Văn bản bịa ra cho bệnh viện minh họa, không có giá trị. Một quy chế thật quy định việc lập, cập nhật, quản lý, lưu trữ,
sử dụng bệnh án điện tử, an toàn thông tin và hình thức ký.</p></body></html>"""
_SIGNER = "Giám đốc bệnh viện minh họa"


def build(facility: Organization, people: dict[str, User], departments: dict[str, Organization]) -> None:
    """Made once with the demo hospital."""
    today, planner = local_today(), people["khth"]
    regulation = services.issue_regulation(
        facility=facility,
        number="01/QĐ-BV (minh họa)",
        issued_on=today - dt.timedelta(days=20),
        begins_on=today - dt.timedelta(days=10),
        signer=_SIGNER,
        summary="Ban hành lần đầu",
        data=render_pdf(_RULES, identifier=b"quy-che-minh-hoa"),
        by=planner,
        after=0,
    )
    for username in ("khth", "giamdoc", "truongkhoa", "bacsi", "dieuduong"):
        services.note_reading(regulation=regulation, by=people[username])
    for count, (mode, days) in enumerate((("both", 0), ("electronic", 30))):
        services.set_mode(
            department=departments["K27"],
            mode=mode,
            begins_on=today + dt.timedelta(days=days),
            decision_number=f"0{count + 2}/QĐ-BV (minh họa)",
            decided_by=_SIGNER,
            by=planner,
            after=count,
        )
