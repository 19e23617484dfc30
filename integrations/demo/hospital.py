"""The demo facility: departments, beds, people with their roles (every name and number is made up)."""

import datetime as dt

from django.conf import settings
from django.contrib.auth.hashers import make_password

from emr.accounts.models import Location, Organization, PractitionerRole, User
from emr.common.clock import local_today
from emr.staff.models import PractisingLicence

FACILITY = ("99999", "TRUNG TÂM Y TẾ HUYỆN MINH HÒA", "SỞ Y TẾ TỈNH BÌNH AN")

# code, name, rooms, beds in each, intensive care
DEPARTMENTS = (
    ("K01", "Khoa Khám bệnh", 0, 0, False),
    ("K02", "Khoa Hồi sức cấp cứu", 2, 5, True),
    ("K03", "Khoa Nội", 6, 5, False),
    ("K18", "Khoa Nhi", 4, 5, False),
    ("K19", "Khoa Ngoại", 5, 5, False),
    ("K27", "Khoa Phụ sản", 4, 5, False),
    ("K39", "Khoa Chẩn đoán hình ảnh", 0, 0, False),
    ("K41", "Khoa Xét nghiệm", 0, 0, False),
    ("K43", "Khoa Dược", 0, 0, False),
    ("KHTH", "Phòng Kế hoạch tổng hợp", 0, 0, False),
    ("HC", "Phòng Tổ chức – Hành chính", 0, 0, False),
)
CLINICAL = {"K01", "K02", "K03", "K18", "K19", "K27"}

# username, full name, title, role, department
PEOPLE = (
    ("bacsi", "Nguyễn Văn An", "BS.", "doctor", "K03"),
    ("bacsi2", "Trần Quốc Đạt", "BS.CKI", "doctor", "K19"),
    ("truongkhoa", "Lê Thị Bích Đào", "BS.CKII", "head_of_department", "K03"),
    ("dieuduong", "Phạm Thị Bình", "ĐD.", "nurse", "K03"),
    ("ddtruong", "Hoàng Thị Yến", "CNĐD.", "head_nurse", "K03"),
    ("tiepdon", "Vũ Thị Dung", "", "registration", "K01"),
    ("xetnghiem", "Đỗ Minh Khoa", "KTV.", "laboratory", "K41"),
    ("cdha", "Bùi Quang Huy", "BS.", "imaging", "K39"),
    ("duocsi", "Ngô Thị Hạnh", "DS.", "pharmacist", "K43"),
    ("luutru", "Đặng Văn Lâm", "", "records", "KHTH"),
    ("khth", "Phan Thanh Tùng", "ThS.", "planning", "KHTH"),
    ("giamdoc", "Võ Hữu Nghĩa", "TS.BS.", "director", "HC"),
    ("vanthu", "Hồ Thị Mai", "", "seal_keeper", "HC"),
    ("tichhop", "Dương Văn Kiên", "", "integration", "HC"),
    ("quantri", "Lý Công Thành", "", "admin", "HC"),
    ("kiemtoan", "Huỳnh Thị Thảo", "", "auditor", "HC"),
    ("xetnghiem2", "Tạ Thu Hằng", "CN.", "laboratory", "K41"),
    ("giamdinh", "Vũ Thị Lan", "", "inspector", "HC"),
)


PROFESSIONS = {
    "nurse": PractisingLicence.Profession.NURSE,
    "head_nurse": PractisingLicence.Profession.NURSE,
    "laboratory": PractisingLicence.Profession.TECHNICIAN,
    "pharmacist": PractisingLicence.Profession.PHARMACIST,
}
SCOPES = {
    "nurse": "Chăm sóc người bệnh",
    "head_nurse": "Chăm sóc người bệnh",
    "laboratory": "Kỹ thuật xét nghiệm y học",
    "imaging": "Chẩn đoán hình ảnh",
    "pharmacist": "Dược lâm sàng",
}


def build_facility() -> Organization:
    """The facility with its departments, rooms and beds; what is there stays."""
    code, name, authority = FACILITY
    facility, _ = Organization.objects.get_or_create(
        kind=Organization.Kind.FACILITY,
        code=code,
        defaults={
            "name": name,
            "authority": authority,
            "address": "Số 1 đường Hòa Bình, xã Minh Hòa, tỉnh Bình An",
            "phone": "0900 000 115",
        },
    )
    for department_code, title, rooms, beds, intensive in DEPARTMENTS:
        department, is_new = Organization.objects.get_or_create(
            kind=Organization.Kind.DEPARTMENT,
            parent=facility,
            code=department_code,
            defaults={"name": title, "is_clinical": department_code in CLINICAL},
        )
        if is_new and rooms:
            _build_beds(facility, department, rooms, beds, intensive)
    return facility


def _build_beds(
    facility: Organization, department: Organization, rooms: int, beds: int, intensive: bool
) -> None:
    ward = Location.objects.create(
        facility=facility, department=department, kind=Location.Kind.WARD, code="W", name=department.name
    )
    number = 0
    for room_index in range(1, rooms + 1):
        room = Location.objects.create(
            facility=facility,
            department=department,
            parent=ward,
            kind=Location.Kind.ROOM,
            code=f"P{room_index:02d}",
            name=f"Buồng {room_index}",
            position=room_index,
            is_intensive_care=intensive,
        )
        for _bed in range(beds):
            number += 1
            Location.objects.create(
                facility=facility,
                department=department,
                parent=room,
                kind=Location.Kind.BED,
                code=f"G{number:02d}",
                name=f"Giường {number}",
                position=number,
                is_intensive_care=intensive,
            )


def build_people(facility: Organization) -> dict[str, User]:
    """The demo users, one a role, all with the demo password."""
    departments = {d.code: d for d in Organization.objects.filter(parent=facility)}
    password = make_password(settings.EMR_DEMO_PASSWORD)
    people: dict[str, User] = {}
    for index, (username, full_name, title, role, department) in enumerate(PEOPLE, start=1):
        user = User.objects.filter(username=username).first()
        if user is None:
            licensed = role in {
                "doctor",
                "head_of_department",
                "nurse",
                "head_nurse",
                "laboratory",
                "imaging",
                "pharmacist",
            }
            user = User.objects.create(
                username=username,
                full_name=full_name,
                title=title,
                facility=facility,
                staff_code=f"NV{index:03d}",
                password=password,
                licence_number=f"{index:06d}/BA-GPHN" if licensed else "",
            )
            PractitionerRole.objects.create(user=user, role=role, department=departments[department])
        people[username] = user
        if user.licence_number:
            _keep_licence(user, role, index)
    return people


def _keep_licence(user: User, role: str, index: int) -> None:
    """A licence on record; one doctor's runs out soon, so that the administrator's list has something to say."""
    PractisingLicence.objects.get_or_create(
        user=user,
        number=user.licence_number,
        defaults={
            "facility_id": user.facility_id,
            "profession": PROFESSIONS.get(role, PractisingLicence.Profession.DOCTOR),
            "scope": SCOPES.get(role, "Khám bệnh, chữa bệnh chuyên khoa Nội"),
            "issued_by": "Sở Y tế tỉnh Bình An",
            "issued_on": dt.date(2024, 1, index),
            "valid_from": dt.date(2024, 1, index),
            "valid_to": local_today() + dt.timedelta(days=30)
            if user.username == "bacsi2"
            else dt.date(2029, 1, index),
        },
    )
