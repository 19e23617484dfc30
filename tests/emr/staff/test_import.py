"""A spreadsheet of staff: read first, wrong rows named, applied once, by a worker when it is long."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from emr.accounts.models import PractitionerRole, User
from emr.audit.models import AuditEvent
from emr.common import sheets
from emr.common.errors import DomainError
from emr.staff import services
from emr.staff.models import PractisingLicence, StaffImport
from emr.staff.services.imports import AT_ONCE, COLUMNS, MOST_ROWS
from tests.emr.staff.office import Office, open_office
from tests.encounters.chart import deliver_all

pytestmark = pytest.mark.django_db
HEADS = [headings[0] for headings in COLUMNS.values()]
GOOD = ["NV201", "Nguyễn Thị Hoa", "BS.", "", "K03", "Bác sĩ", "000201/BA-GPHN", "doctor", "Nội khoa"]
GOOD += ["01/03/2024", "01/03/2029", "T2-T6 7h30-16h30"]


@pytest.fixture
def house() -> Office:
    return open_office()


def _row(**values: str) -> list[str]:
    return [values.get(name, "") for name in COLUMNS]


def _check(house: Office, *rows: list[str]) -> StaffImport:
    return services.check_import(
        file_name="nv.xlsx", content=sheets.as_xlsx("x", HEADS, rows), by=house.thanh
    )


def _apply(house: Office, found: StaffImport) -> StaffImport:
    return services.start_import(staff_import=found, by=house.thanh)


def test_the_template_itself_is_a_list_that_can_be_read(house: Office) -> None:
    client = Client()
    client.force_login(house.thanh, backend="django.contrib.auth.backends.ModelBackend")
    for kind in ("csv", "xlsx"):
        template = client.get(f"/administration/staff/import/template/{kind}/").content
        found = services.check_import(file_name=f"nv.{kind}", content=template, by=house.thanh)
        assert found.row_count == 2
        # The nurse's department isn't one of this house; everything else is in order.
        assert [len(row["errors"]) for row in found.rows] == [0, 1]


def test_the_dry_run_changes_nothing(house: Office) -> None:
    before = User.objects.count()
    found = _check(house, GOOD)
    assert [row["action"] for row in found.rows] == ["create"]
    assert (User.objects.count(), PractisingLicence.objects.count()) == (before, 0)


def test_applied_it_makes_people_with_role_and_licence_and_twice_equals_once(house: Office) -> None:
    _apply(house, _check(house, GOOD))
    hoa = User.objects.get(staff_code="NV201")
    assert (hoa.username, hoa.title, hoa.licence_number) == ("hoant", "BS.", "000201/BA-GPHN")
    assert hoa.has_right("orders.place", house.ward.pk)
    assert not hoa.has_usable_password()
    licence = hoa.licences.get()
    assert (licence.hours, f"{licence.valid_to}") == ("T2-T6 07:30-16:30", "2029-03-01")
    counts = (User.objects.count(), PractitionerRole.objects.count(), PractisingLicence.objects.count())
    lines = AuditEvent.objects.count()
    again = _check(house, GOOD)
    assert [row["action"] for row in again.rows] == ["same"]
    _apply(house, again)
    _apply(house, again)
    assert counts == (
        User.objects.count(),
        PractitionerRole.objects.count(),
        PractisingLicence.objects.count(),
    )
    assert AuditEvent.objects.count() == lines + 2  # looked at once, applied once; nobody changed


def test_who_is_known_by_the_staff_code_is_brought_up_to_date(house: Office) -> None:
    row = _row(staff_code="AN", full_name="Nguyễn Văn Ân", title="BS.CKI", username="an")
    found = _apply(house, _check(house, row))
    an = User.objects.get(pk=house.an.pk)
    assert (an.full_name, an.title, an.username) == ("Nguyễn Văn Ân", "BS.CKI", "an")
    assert found.status == "applied"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"staff_code": ""}, "Mã nhân viên"),
        ({"full_name": ""}, "Họ và tên"),
        ({"department": "K99"}, "K99"),
        ({"role": "giáo chủ"}, "giáo chủ"),
        ({"department": "", "role": ""}, "khoa"),
        ({"username": "an"}, "tên đăng nhập"),
        ({"username": "ân!"}, "tên đăng nhập"),
        ({"valid_to": "31/02/2029"}, "Hiệu lực đến"),
        ({"profession": "thầy cúng"}, "thầy cúng"),
        ({"hours": "sáng"}, "giờ"),
        ({"full_name": "A" * 121}, "120"),
    ],
)
def test_what_is_wrong_is_said_row_by_row_and_the_good_rows_go_in(
    house: Office, change: dict[str, str], says: str
) -> None:
    from django.utils import translation  # noqa: PLC0415

    bad = dict(zip(COLUMNS, GOOD, strict=True)) | {"staff_code": "NV300"} | change
    with translation.override("vi"):
        found = _check(house, GOOD, [bad[name] for name in COLUMNS])
    good, wrong = found.rows
    assert good["errors"] == []
    assert wrong["line"] == 3
    assert says.lower() in " ".join(wrong["errors"]).lower()
    _apply(house, found)
    assert User.objects.filter(staff_code="NV201").exists()
    assert not User.objects.filter(staff_code="NV300").exists()


def test_a_formula_is_refused_and_never_evaluated(house: Office) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADS)
    sheet.append([*GOOD[:1], "=1+1", *GOOD[2:]])
    out = io.BytesIO()
    book.save(out)
    found = services.check_import(file_name="nv.xlsx", content=out.getvalue(), by=house.thanh)
    assert found.error_count == 1


def test_the_importer_gives_themselves_nothing(house: Office) -> None:
    row = _row(staff_code="THANH", full_name="Lý Công Thành", department="HC", role="auditor")
    found = _apply(house, _check(house, row))
    assert found.error_count == 1
    assert not PractitionerRole.objects.filter(user=house.thanh, role="auditor").exists()


def test_a_row_that_a_rule_refuses_is_named_and_the_others_stay(house: Office) -> None:
    mixed = _row(staff_code="AN", full_name="Nguyễn Văn An", department="HC", role="auditor")
    found = _apply(house, _check(house, mixed, GOOD))
    assert [bool(row["errors"]) for row in found.rows] == [True, False]
    assert not PractitionerRole.objects.filter(user=house.an, role="auditor").exists()
    assert User.objects.filter(staff_code="NV201").exists()


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK not a book", b"\xd0\xcf\x11\xe0old"])
def test_what_is_no_list_is_said_on_the_page(house: Office, content: bytes) -> None:
    client = Client()
    client.force_login(house.thanh, backend="django.contrib.auth.backends.ModelBackend")
    file = SimpleUploadedFile("nv.xlsx", content)
    answer = client.post("/administration/staff/import/", {"file": file})
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]
    assert not StaffImport.objects.exists()


def test_a_list_without_end_is_refused(house: Office) -> None:
    rows = [_row(staff_code=str(number), full_name="A") for number in range(MOST_ROWS + 1)]
    content = sheets.as_csv(HEADS, rows)
    with pytest.raises(DomainError) as refusal:
        services.check_import(file_name="nv.csv", content=content, by=house.thanh)
    assert refusal.value.field == "file"


def test_a_long_list_is_applied_by_a_worker_that_goes_on_where_another_stopped(house: Office) -> None:
    rows = [
        _row(staff_code=f"N{number:04d}", full_name=f"Trần Văn {number}", department="K03", role="nurse")
        for number in range(AT_ONCE + 1)
    ]
    found = _apply(house, _check(house, *rows))
    assert (found.status, found.done_count) == ("applying", 0)
    assert services.apply_import(staff_import_id=found.pk)  # a worker's first chunk, then it is killed
    found.refresh_from_db()
    assert 0 < found.done_count < found.row_count
    deliver_all()
    found.refresh_from_db()
    assert (found.status, found.done_count) == ("applied", AT_ONCE + 1)
    assert User.objects.filter(staff_code__startswith="N0", is_active=True).count() == AT_ONCE + 1
