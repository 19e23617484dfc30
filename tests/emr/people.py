"""The smallest believable hospital: one facility, two departments, An the doctor, Bình the nurse, Chi a stranger."""

from emr.accounts.models import Organization, PractitionerRole, User


def make_facility(code: str = "99999", name: str = "Trung tâm Y tế thử nghiệm") -> Organization:
    """A facility; the same one when it is there."""
    return Organization.objects.get_or_create(kind="facility", code=code, defaults={"name": name})[0]


def make_department(facility: Organization, code: str = "K03", name: str = "Khoa Nội") -> Organization:
    """A department of the facility; the same one when it is there."""
    return Organization.objects.get_or_create(
        kind="department", parent=facility, code=code, defaults={"name": name}
    )[0]


def make_user(
    username: str, full_name: str, role: str | None, department: Organization, *, title: str = ""
) -> User:
    """A member of staff with one role, password "benhanmo"."""
    facility = department.parent or department
    user = User(
        username=username,
        full_name=full_name,
        facility=facility,
        staff_code=username.upper(),
        title=title,
        licence_number=f"{abs(hash(username)) % 10**6:06d}/GPHN",
    )
    user.set_password("benhanmo")
    user.save()
    if role is not None:
        PractitionerRole.objects.create(user=user, role=role, department=department)
    return user


def make_an(department: Organization | None = None) -> User:
    """An, doctor of internal medicine."""
    return make_user(
        "an", "Nguyễn Văn An", "doctor", department or make_department(make_facility()), title="BS."
    )


def make_binh(department: Organization | None = None) -> User:
    """Bình, nurse of internal medicine."""
    return make_user(
        "binh", "Trần Thị Bình", "nurse", department or make_department(make_facility()), title="ĐD"
    )


def make_chi() -> User:
    """Chi, doctor of another department."""
    return make_user(
        "chi", "Lê Thị Chi", "doctor", make_department(make_facility(), "K19", "Khoa Ngoại"), title="BS."
    )
