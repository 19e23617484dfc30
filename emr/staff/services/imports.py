"""A list of staff out of a spreadsheet: read and checked row by row, then applied; the same list again changes nothing."""

import datetime as dt
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.access import demand
from emr.accounts.models import Organization, PractitionerRole, User
from emr.accounts.permissions import MANAGE
from emr.accounts.selectors import roles_of
from emr.accounts.services import create_user, grant_role
from emr.audit.services import record
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from emr.common.vietnamese import fold, tidy
from emr.outbox import publish
from emr.staff.hours import read_hours, write_hours
from emr.staff.models import PractisingLicence, StaffImport
from emr.staff.services.licences import record_licence
from emr.staff.services.people import change_member, propose_username
from emr.terminology.files.tables import Formula, Line, Unreadable, read_lines

# Heading of the template first, then what else people write; compared without accents.
COLUMNS: dict[str, tuple[str, ...]] = {
    "staff_code": ("Mã nhân viên", "ma nv", "staff code", "ma so"),
    "full_name": ("Họ và tên", "ho ten", "full name", "ten"),
    "title": ("Chức danh", "hoc ham hoc vi", "title"),
    "username": ("Tên đăng nhập", "username", "tai khoan"),
    "department": ("Mã khoa", "ma khoa phong", "khoa", "department"),
    "role": ("Vai trò", "role"),
    "licence_number": ("Số giấy phép hành nghề", "so gphn", "so cchn", "licence"),
    "profession": ("Chức danh chuyên môn", "chuc danh hanh nghe", "profession"),
    "scope": ("Phạm vi hành nghề", "pham vi", "scope"),
    "valid_from": ("Hiệu lực từ", "ngay cap", "valid from"),
    "valid_to": ("Hiệu lực đến", "valid to"),
    "hours": ("Giờ đăng ký hành nghề", "thoi gian hanh nghe", "hours"),
}
SAMPLE = tuple(
    tuple(line.split("|"))
    for line in (
        "NV201|Nguyễn Thị Hoa|BS.||K03|doctor|000201/BA-GPHN|doctor|Nội khoa|01/03/2024|01/03/2029|T2-T6 07:30-16:30",
        "NV202|Trần Văn Nam|ĐD.||K19|nurse||||||",
    )
)
MOST_ROWS = 3000
AT_ONCE = 100  # more rows are applied by a worker, so that no request takes long
_CHUNK = 50
_USERNAME = re.compile(r"[a-z0-9._-]{2,60}")
_LONGEST = {"staff_code": 30, "full_name": 120, "title": 60, "licence_number": 40, "scope": 300, "hours": 200}
_OF_ROLE = {"nurse": "nurse", "head_nurse": "nurse", "pharmacist": "pharmacist", "laboratory": "technician"}


@dataclass
class _House:
    """What a row is checked against, read once."""

    by: User
    people: dict[str, User]
    usernames: set[str]
    departments: dict[str, Organization]
    roles: dict[str, str]  # folded code or label: code
    held: set[tuple[int, str, int]]
    licences: dict[tuple[int, str], PractisingLicence]
    seen: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def check_import(*, file_name: str, content: bytes, by: User) -> StaffImport:
    """Read the file and say row by row what would happen; nothing is changed. Raises DomainError when it can't be read."""
    demand(by, MANAGE)
    try:
        values = _read(content)
    except Unreadable as error:
        raise DomainError(str(error), code="unreadable", field="file") from error
    house = _house(by)
    rows = [_checked(house, line, row) for line, row in values]
    found = StaffImport.objects.create(
        facility_id=by.facility_id, file_name=file_name[-200:], rows=rows, by=by
    )
    record(
        "staff_import.check", by=by, of=found, detail={"rows": found.row_count, "errors": found.error_count}
    )
    return found


@transaction.atomic
def start_import(*, staff_import: StaffImport, by: User) -> StaffImport:
    """Apply the rows without errors: a short list now, a long one by a worker. Twice equals once."""
    demand(by, MANAGE)
    found = StaffImport.objects.select_for_update(of=("self",)).get(pk=staff_import.pk)
    if found.status != StaffImport.Status.CHECKED:
        return found
    found.status, found.by = StaffImport.Status.APPLYING, by
    found.save(update_fields=["status", "by"])
    record("staff_import.apply", by=by, of=found, detail={"rows": found.row_count - found.error_count})
    if found.row_count > AT_ONCE:
        publish("staff_import.requested", staff_import_id=found.pk)
        return found
    while apply_import(staff_import_id=found.pk):
        pass
    found.refresh_from_db()
    return found


@transaction.atomic
def apply_import(*, staff_import_id: int) -> bool:
    """Apply the next rows; answers whether more are left. A killed worker's chunk is begun anew by the next."""
    found = StaffImport.objects.select_for_update(of=("self",)).select_related("by").get(pk=staff_import_id)
    if found.status != StaffImport.Status.APPLYING:
        return False
    demand(found.by, MANAGE)
    house = _house(found.by)
    last = min(found.done_count + _CHUNK, found.row_count)
    for row in found.rows[found.done_count : last]:
        if row["errors"]:
            continue
        try:
            with transaction.atomic():
                _apply(house, row["values"])
        except DomainError as refusal:
            row["errors"] = [str(refusal)]
    found.done_count = last
    if last == found.row_count:
        found.status, found.applied_at = StaffImport.Status.APPLIED, now()
    found.save(update_fields=["rows", "done_count", "status", "applied_at"])
    return last < found.row_count


def _read(content: bytes) -> list[tuple[int, dict[str, str]]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "staff"
        path.write_bytes(content)
        lines = list(read_lines(path))
    heading, places = _find_columns(lines)
    rows: list[tuple[int, dict[str, str]]] = []
    for number, cells in lines:
        if number <= heading:
            continue
        texts = {
            name: ("=" if isinstance(cells[place], Formula) else tidy(str(cells[place])))
            for name, place in places.items()
            if place < len(cells)
        }
        if any(texts.values()):
            rows.append((number, texts))
    if not rows:
        raise Unreadable(_("The file has no rows."))
    if len(rows) > MOST_ROWS:
        raise Unreadable(_("At most %(most)d rows at once: split the list.") % {"most": MOST_ROWS})
    return rows


def _find_columns(lines: list[Line]) -> tuple[int, dict[str, int]]:
    for number, cells in lines[:10]:
        names = [fold(cell) if isinstance(cell, str) else "" for cell in cells]
        places = {
            name: names.index(fold(heading))
            for name, headings in COLUMNS.items()
            for heading in reversed(headings)
            if fold(heading) in names
        }
        if {"staff_code", "full_name"} <= places.keys():
            return number, places
    raise Unreadable(_("No line of headings has a staff code and a name. Use the headings of the template."))


def _house(by: User) -> _House:
    people = {user.staff_code: user for user in User.objects.filter(facility=by.facility_id)}
    names = {fold(str(role.label)): role.code for role in roles_of(by.facility_id)}
    names |= {role.code: role.code for role in roles_of(by.facility_id)}
    departments = Organization.objects.filter(parent=by.facility_id, is_active=True)
    held = PractitionerRole.objects.filter(user__facility=by.facility_id).at(now())
    return _House(
        by=by,
        people=people,
        usernames=set(User.objects.values_list("username", flat=True)),
        departments={department.code.upper(): department for department in departments},
        roles=names,
        held=set(held.values_list("user_id", "role", "department_id")),
        licences={
            (row.user_id, row.number): row
            for row in PractisingLicence.objects.filter(facility=by.facility_id)
        },
    )


def _checked(house: _House, line: int, values: dict[str, str]) -> dict[str, Any]:
    errors = list(_errors(house, values))
    code, name = values.get("staff_code", ""), values.get("full_name", "")
    known = house.people.get(code)
    if code and fold(house.seen.setdefault(code, name)) != fold(name):
        errors.append(_("This staff code stands above with another name."))
    return {
        "line": line,
        "values": values,
        "errors": errors,
        "action": "create" if known is None else ("change" if _changes(house, known, values) else "same"),
    }


def _errors(house: _House, values: dict[str, str]) -> list[str]:
    errors = [_("A cell holds a formula: put its value there.")] if "=" in values.values() else []
    for name, longest in _LONGEST.items():
        if len(values.get(name, "")) > longest:
            errors.append(
                _("“%(column)s” is longer than %(longest)d characters.")
                % {"column": COLUMNS[name][0], "longest": longest}
            )
    errors += [
        _("“%(column)s” is missing.") % {"column": COLUMNS[name][0]}
        for name in ("staff_code", "full_name")
        if not values.get(name)
    ]
    known = house.people.get(values.get("staff_code", ""))
    return [
        *errors,
        *_username_errors(house, known, values),
        *_role_errors(house, known, values),
        *_licence_errors(values),
    ]


def _username_errors(house: _House, known: User | None, values: dict[str, str]) -> list[str]:
    username = values.get("username", "").lower()
    if not username or (known is not None and known.username == username):
        return []
    if known is not None:
        return [_("The username stays “%(name)s”.") % {"name": known.username}]
    if not _USERNAME.fullmatch(username):
        return [_("A username has letters without accents, digits, “.”, “-”, “_”.")]
    return [_("This username is taken.")] if username in house.usernames else []


def _role_errors(house: _House, known: User | None, values: dict[str, str]) -> list[str]:
    department, role = values.get("department", ""), values.get("role", "")
    if not department and not role:
        return [] if known is not None else [_("A new person needs a department and a role.")]
    errors = []
    if department.upper() not in house.departments:
        errors.append(_("There is no department “%(code)s”.") % {"code": department})
    if fold(role) not in house.roles:
        errors.append(_("There is no role “%(role)s”.") % {"role": role})
    if known is not None and known.pk == house.by.pk and not errors and _new_role(house, known, values):
        errors.append(_("Nobody changes their own roles or account."))
    return errors


def _licence_errors(values: dict[str, str]) -> list[str]:
    errors = [
        _("“%(column)s” isn't a day like 31/12/2026.") % {"column": COLUMNS[name][0]}
        for name in ("valid_from", "valid_to")
        if values.get(name) and _day(values[name]) is None
    ]
    if values.get("profession") and _profession(values) is None:
        errors.append(_("There is no profession “%(name)s”.") % {"name": values["profession"]})
    if _hours(values) is None:
        errors.append(_("Write the hours like “T2-T6 07:30-16:30; T7 07:30-11:30”."))
    return errors


def _day(text: str) -> dt.date | None:
    for pattern in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return dt.datetime.strptime(text, pattern).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    return None


def _profession(values: dict[str, str]) -> str | None:
    written = fold(values.get("profession", ""))
    if not written:
        return _OF_ROLE.get(fold(values.get("role", "")), PractisingLicence.Profession.DOCTOR)
    known = {fold(str(label)): value for value, label in PractisingLicence.Profession.choices}
    known |= {value: value for value in PractisingLicence.Profession.values}
    return known.get(written)


def _hours(values: dict[str, str]) -> str | None:
    try:
        return write_hours(read_hours(values.get("hours", "")))
    except ValueError:
        return None


def _new_role(house: _House, known: User, values: dict[str, str]) -> bool:
    role = house.roles.get(fold(values.get("role", "")))
    department = house.departments.get(values.get("department", "").upper())
    return bool(role and department and (known.pk, role, department.pk) not in house.held)


def _changes(house: _House, known: User, values: dict[str, str]) -> bool:
    title = values.get("title") or known.title
    return (
        known.full_name != values.get("full_name")
        or known.title != title
        or _new_role(house, known, values)
        or _new_licence(house, known, values) is not None
    )


def _apply(house: _House, values: dict[str, str]) -> None:
    code = values["staff_code"]
    user = house.people.get(code)
    if user is None:
        user = create_user(
            facility=house.by.facility,
            username=values.get("username") or propose_username(values["full_name"]),
            full_name=values["full_name"],
            staff_code=code,
            title=values.get("title", ""),
            password=None,
            by=house.by,
        )
        house.people[code] = user
    else:
        title = values.get("title") or user.title
        user = change_member(
            user=user, full_name=values["full_name"], staff_code=code, title=title, by=house.by
        )
    if _new_role(house, user, values):
        role, department = house.roles[fold(values["role"])], house.departments[values["department"].upper()]
        grant_role(user=user, role=role, department=department, by=house.by)
        house.held.add((user.pk, role, department.pk))
    if (wanted := _new_licence(house, user, values)) is not None:
        licence = record_licence(user=user, by=house.by, **wanted)
        house.licences[user.pk, licence.number] = licence


def _new_licence(house: _House, user: User, values: dict[str, str]) -> dict[str, Any] | None:
    """What is to be recorded of the row's licence; None when it is there as written, or the row has none."""
    number = values.get("licence_number", "")
    if not number:
        return None
    present = house.licences.get((user.pk, number))
    wanted = {
        "profession": _profession(values) or PractisingLicence.Profession.OTHER.value,
        "valid_from": _day(values.get("valid_from", ""))
        or (present.valid_from if present else local_today()),
        "valid_to": _day(values.get("valid_to", "")),
        "scope": values.get("scope", ""),
        "hours": _hours(values) or "",
    }
    if present is not None and all(getattr(present, name) == value for name, value in wanted.items()):
        return None
    return {"number": number, **wanted}
