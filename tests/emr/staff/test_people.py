"""People come, are found, shut out, brought back; lists are taken away as text."""

import datetime as dt
import io

import openpyxl
import pytest
from django.db import transaction
from django.test import Client

from emr.accounts.models import PractitionerRole, User
from emr.accounts.services import grant_role
from emr.audit.models import AuditEvent
from emr.common import sheets
from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.outbox.models import OutboxEvent
from emr.staff import services
from emr.staff.models import Absence
from signatures.certificates.models import Certificate
from signatures.certificates.selectors import certificate_of
from signatures.providers.services import issue_demo_key
from tests.emr.people import make_chi, make_department, make_facility, make_user
from tests.emr.staff.office import Office, fresh, open_office
from tests.encounters.chart import deliver_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> Office:
    return open_office()


@pytest.fixture
def desk(house: Office) -> Client:
    return _client(house.thanh)


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _names(client: Client, **asked: str) -> list[str]:
    answer = client.get("/administration/staff/", asked)
    assert answer.status_code == 200
    return [person.user.username for person in answer.context["people"]]


@pytest.mark.parametrize(
    ("name", "username"),
    [("Nguyễn Văn An", "annv"), ("Đặng Thị Ngọc Ánh", "anhdtn"), ("Y Moan", "moany"), ("  ", "")],
)
def test_the_username_is_made_of_the_name(name: str, username: str) -> None:
    assert services.propose_username(name) == username


def test_five_fields_make_an_account_whose_password_is_shown_once(house: Office, desk: Client) -> None:
    fields = {
        "full_name": "Nguyễn Thị Hoa",
        "staff_code": "NV77",
        "title": "BS.",
        "department": str(house.ward.pk),
        "role": "doctor",
    }
    answer = desk.post("/administration/staff/new/", fields)
    assert answer.status_code == 201
    hoa = User.objects.get(staff_code="NV77")
    assert (hoa.username, hoa.has_right("orders.place", house.ward.pk)) == ("hoant", True)
    password = answer.context["password"]
    assert len(password) >= 15
    assert hoa.check_password(password)
    assert password not in str(AuditEvent.objects.values_list("detail", flat=True))
    again = desk.post("/administration/staff/new/", fields)
    assert again.status_code == 422
    assert "staff_code" in again.context["form"].errors
    assert User.objects.filter(full_name="Nguyễn Thị Hoa").count() == 1


def test_the_list_is_searched_with_accents_or_without_and_narrowed(house: Office, desk: Client) -> None:
    make_chi()
    elsewhere = make_department(make_facility("99998", "Nơi khác"))
    make_user("khac", "Nguyễn Văn Ân", "doctor", elsewhere)
    for asked in ("văn an", "VAN AN", "nguyen"):
        assert _names(desk, q=asked) == ["an"]
    assert _names(desk, role="admin") == ["ha", "thanh"]
    assert _names(desk, department=str(house.ward.pk)) == ["an"]
    assert _names(desk, q="không ai") == []
    services.suspend_member(user=house.an, reason="Nghỉ phép", by=house.thanh)
    assert "an" not in _names(desk)
    assert _names(desk, state="suspended") == ["an"]
    assert _names(desk, state="left") == []
    assert _names(desk, state="all", q="an")[0] == "an"


def test_a_person_of_another_facility_does_not_exist(desk: Client) -> None:
    other = make_user("khac", "Lê Văn Khác", "doctor", make_department(make_facility("99998", "Nơi khác")))
    held = other.practitioner_roles.get()
    assert desk.get(f"/administration/staff/{other.uuid}/").status_code == 404
    assert desk.post(f"/administration/staff/{other.uuid}/leave/").status_code == 404
    assert desk.post(f"/administration/held-roles/{held.uuid}/end/").status_code == 404
    assert fresh(other).is_active


def test_who_is_suspended_is_out_with_the_next_click(house: Office, desk: Client) -> None:
    """S-19: no session outlives the account; the key waits too, and both come back together."""
    issue_demo_key(owner=house.an, pin="123456")
    ward = _client(house.an)
    assert ward.get("/session/").status_code == 200
    answer = desk.post(f"/administration/staff/{house.an.uuid}/suspend/", {"reason": "Nghỉ thai sản"})
    assert answer.status_code == 302
    assert ward.get("/session/").status_code == 302
    deliver_all()
    certificate = certificate_of(house.an)
    assert certificate is not None
    assert certificate.status == Certificate.Status.SUSPENDED
    assert PractitionerRole.objects.filter(user=house.an, ends_at=None).exists()
    desk.post(f"/administration/staff/{house.an.uuid}/return/")
    deliver_all()
    certificate.refresh_from_db()
    assert certificate.status == Certificate.Status.ACTIVE
    assert fresh(house.an).has_right("orders.place")


def test_a_key_suspended_for_another_reason_stays_so(house: Office) -> None:
    issue_demo_key(owner=house.an, pin="123456")
    Certificate.objects.update(status="suspended", status_reason="lost token")
    services.suspend_member(user=house.an, reason="x", by=house.thanh)
    services.bring_back(user=fresh(house.an), by=house.thanh)
    deliver_all()
    assert Certificate.objects.get(owner=house.an).status == "suspended"


def test_a_leaver_is_shut_out_everywhere_with_one_click_and_may_come_back(
    house: Office, desk: Client
) -> None:
    """S-19: account, roles and keys in one act, told to who ends sessions."""
    issue_demo_key(owner=house.an, pin="123456")
    ward = _client(house.an)
    assert desk.post(f"/administration/staff/{house.an.uuid}/leave/").status_code == 302
    assert ward.get("/session/").status_code == 302
    an = fresh(house.an)
    assert not an.is_active
    assert not an.current_roles
    assert OutboxEvent.objects.filter(topic="user.suspended", payload__user_id=an.pk).exists()
    assert AuditEvent.objects.filter(action="user.left", entity_id=an.pk, agent_name="thanh").exists()
    assert _names(desk, state="left") == ["an"]
    with pytest.raises(DomainError):
        services.let_go(user=an, by=house.thanh)
    services.bring_back(user=an, by=house.thanh)
    assert fresh(an).has_right("orders.place", house.ward.pk)
    assert not Absence.objects.filter(user=an, ends_at=None).exists()


def test_roles_begin_and_end_on_their_days(house: Office, desk: Client) -> None:
    today = local_today()
    fields = {
        "role": "nurse",
        "department": str(house.ward.pk),
        "starts_on": f"{today + dt.timedelta(days=3):%d/%m/%Y}",
        "ends_on": f"{today + dt.timedelta(days=9):%d/%m/%Y}",
    }
    assert desk.post(f"/administration/staff/{house.an.uuid}/role/", fields).status_code == 302
    held = PractitionerRole.objects.get(user=house.an, role="nurse")
    assert held.ends_at is not None
    assert (held.ends_at - held.starts_at).days == 7
    assert not fresh(house.an).has_role("nurse")
    backwards = fields | {"ends_on": f"{today:%d/%m/%Y}"}
    assert desk.post(f"/administration/staff/{house.an.uuid}/role/", backwards).status_code == 422
    mixed = desk.post(f"/administration/staff/{house.an.uuid}/role/", fields | {"role": "auditor"})
    assert mixed.status_code == 422
    assert mixed.context["role_form"].errors
    own = house.an.practitioner_roles.get(role="doctor")
    desk.post(f"/administration/held-roles/{own.uuid}/end/")
    assert not fresh(house.an).has_right("orders.place")


def test_every_change_of_roles_is_told_and_on_record(house: Office) -> None:
    from emr.outbox import registry  # noqa: PLC0415

    heard: list[int] = []
    registry.subscribe("user.rights_changed")(lambda delivery: heard.append(delivery.payload["user_id"]))
    em = make_user("em", "Đỗ Thị Em", None, house.ward)
    held = grant_role(user=em, role="nurse", department=house.ward, by=house.thanh)
    services.take_role(held=held, by=house.thanh)
    assert OutboxEvent.objects.filter(topic="user.rights_changed", payload__user_id=em.pk).count() >= 2
    actions = AuditEvent.objects.filter(agent_name="thanh", action__startswith="role.").order_by(
        "recorded_at"
    )
    assert [line.action for line in actions] == ["role.grant", "role.end"]


def test_a_lost_password_is_replaced_by_another_administrator_and_shown_once(
    house: Office, desk: Client
) -> None:
    before = house.an.password
    answer = desk.post(f"/administration/staff/{house.an.uuid}/password/")
    assert answer.status_code == 200
    an = fresh(house.an)
    assert an.password != before
    assert an.check_password(answer.context["password"])
    assert "no-store" in answer.headers["Cache-Control"]
    assert AuditEvent.objects.filter(action="user.password_issued", entity_id=an.pk).exists()
    desk.post(f"/administration/staff/{house.thanh.uuid}/password/")
    assert fresh(house.thanh).password == house.thanh.password


def test_what_is_exported_runs_nowhere(house: Office, desk: Client) -> None:
    """S-28: a name that looks like a formula comes back as the name."""
    for number, name in enumerate(("=HYPERLINK(1)", "+1", "-2", "@SUM(A1)", "Lê Thường")):
        make_user(f"n{number}", name, "nurse", house.ward)
    csv_text = desk.get("/administration/staff/export/csv/").content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in csv_text
    cells = [cell for line in csv_text.splitlines() for cell in line.split(",")]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    book = openpyxl.load_workbook(
        io.BytesIO(desk.get("/administration/staff/export/xlsx/").content), data_only=False
    )
    column = [row[1] for row in book.worksheets[0].iter_rows(min_row=2)]
    assert "=HYPERLINK(1)" in [cell.value for cell in column]
    assert {cell.data_type for cell in column} == {"s"}
    assert AuditEvent.objects.filter(action="staff.export").count() == 2


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\tx", "\rx"])
def test_what_begins_like_a_formula_is_defused(text: str) -> None:
    """S-28."""
    assert sheets.defused(text) == f"'{text}"
    assert sheets.defused("1=1") == "1=1"


def test_the_list_costs_as_many_queries_for_fifty_as_for_three(
    house: Office, desk: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(40):
        make_user(f"x{number}", f"Trần Văn {number}", "nurse", house.ward)
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        desk.get("/administration/staff/")


def test_nobody_else_enters(house: Office) -> None:
    ward = _client(house.an)
    with transaction.atomic():
        for address in ("", "staff/", "roles/", "departments/", "licences/", "staff/export/csv/"):
            assert ward.get(f"/administration/{address}").status_code == 403
