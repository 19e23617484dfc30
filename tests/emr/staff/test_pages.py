"""The pages of the administration: each opens, says what is wrong, and changes what it shows."""

import pytest
from django.test import Client
from django.utils import translation

from emr.accounts.models import Location, Organization
from emr.staff import services
from emr.staff.models import RoleChange
from tests.emr.people import make_user
from tests.emr.staff.office import Office, bundle, fresh, grants, open_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> Office:
    return open_office()


@pytest.fixture
def desk(house: Office) -> Client:
    return _client(house.thanh)


def _client(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    return client


def test_the_front_page_names_what_there_is_and_nothing_else(desk: Client) -> None:
    text = desk.get("/administration/").content.decode()
    for address in ("staff/", "roles/", "roles/table/", "departments/", "catalogues/", "licences/"):
        assert f'href="/administration/{address}"' in text
    assert "/administration/audit/" not in text


@pytest.mark.parametrize("role", ["planning", "director", "auditor", "admin"])
def test_the_table_of_roles_is_read_by_who_looks_after_quality(house: Office, role: str) -> None:
    reader = make_user("doc", "Phan Thanh Tùng", role, house.office)
    page = _client(reader).get("/administration/roles/table/")
    text = page.content.decode()
    assert page.status_code == 200
    with translation.override("vi"):
        missing = [
            str(row.words)
            for group in page.context["groups"]
            for row in group.rows
            if str(row.words) not in text
        ]
    assert missing == []
    for name in ("nurse", "doctor"):
        assert (
            _client(make_user(name, "Ai", name, house.ward)).get("/administration/roles/table/").status_code
            == 403
        )


def test_every_right_has_words() -> None:
    from emr.accounts import roles  # noqa: PLC0415
    from emr.staff.wording import RIGHTS, ROOMS  # noqa: PLC0415

    assert set(roles.RIGHTS) - set(RIGHTS) == set()
    assert {right.partition(".")[0] for right in roles.RIGHTS} - set(ROOMS) == set()


def test_a_role_is_changed_on_its_page_and_a_wider_one_waits(house: Office, desk: Client) -> None:
    address = "/administration/roles/nurse/rights/"
    assert desk.get(address).status_code == 200
    fewer = grants(house.facility, "nurse")
    del fewer["visits.beds"]
    version = str(bundle(house.facility, "nurse").version)
    assert desk.post(address, fewer | {"version": version}).status_code == 302
    assert "visits.beds" not in grants(house.facility, "nurse")
    stale = desk.post(address, fewer | {"version": version})
    assert stale.status_code == 409
    version = str(bundle(house.facility, "nurse").version)
    wider = desk.post(address, fewer | {"version": version, "orders.place": "department"})
    change = RoleChange.objects.get()
    assert wider.headers["Location"] == f"/administration/roles/changes/{change.uuid}/"
    mixed = desk.post(address, fewer | {"version": version, "audit.read": "facility"})
    assert mixed.status_code == 422
    second = _client(house.ha)
    assert "orders.place" not in grants(house.facility, "nurse")
    assert second.get(f"/administration/roles/changes/{change.uuid}/").status_code == 200
    desk.post(f"/administration/roles/changes/{change.uuid}/", {"decision": "approve"})
    assert "orders.place" not in grants(house.facility, "nurse")
    second.post(f"/administration/roles/changes/{change.uuid}/", {"decision": "approve"})
    assert grants(house.facility, "nurse")["orders.place"] == "department"


def test_roles_are_copied_compared_and_taken_out_of_the_lists(house: Office, desk: Client) -> None:
    copied = desk.post("/administration/roles/nurse/copy/", {"name": "Hộ lý"})
    assert copied.headers["Location"] == "/administration/roles/ho_ly/rights/"
    assert desk.get(copied.headers["Location"]).status_code == 200
    same = desk.get("/administration/roles/compare/", {"one": "nurse", "other": "ho_ly"})
    assert same.context["groups"] == []
    other = desk.get("/administration/roles/compare/", {"one": "nurse", "other": "doctor"})
    shown = [row.right for group in other.context["groups"] for row in group.rows]
    assert "orders.place" in shown
    assert "documents.read" not in shown
    assert desk.post("/administration/roles/ho_ly/retire/").status_code == 302
    assert desk.get("/administration/roles/ho_ly/rights/").status_code == 404
    desk.post("/administration/roles/nurse/retire/")
    assert desk.get("/administration/roles/nurse/rights/").status_code == 200
    assert desk.get("/administration/roles/").status_code == 200


def test_departments_and_beds_are_made_changed_and_closed(house: Office, desk: Client) -> None:
    fields = {"code": "K27", "name": "Khoa Phụ sản", "is_clinical": "on", "is_active": "on"}
    made = desk.post("/administration/departments/new/", fields)
    ward = Organization.objects.get(parent=house.facility, code="K27")
    assert made.headers["Location"] == f"/administration/departments/{ward.uuid}/"
    assert desk.post("/administration/departments/new/", fields).status_code == 422
    places = f"/administration/departments/{ward.uuid}/places/new/"
    bed = {"kind": "bed", "code": "G01", "name": "Giường 1", "position": "1", "status": "active"}
    assert desk.post(places, bed).status_code == 302
    assert desk.post(places, bed).status_code == 422
    location = Location.objects.get(department=ward)
    changed = bed | {"status": "suspended"}
    assert desk.post(f"/administration/places/{location.uuid}/", changed).status_code == 302
    location.refresh_from_db()
    assert location.status == "suspended"
    assert "Giường 1" in desk.get(f"/administration/departments/{ward.uuid}/").content.decode()
    # Where somebody works nothing is closed.
    closing = {"code": "K03", "name": "Khoa Nội", "is_clinical": "on"}
    refused = desk.post(f"/administration/departments/{house.ward.uuid}/", closing)
    assert refused.status_code == 422
    house.ward.refresh_from_db()
    assert house.ward.is_active
    services.let_go(user=house.an, by=house.thanh)
    assert desk.post(f"/administration/departments/{house.ward.uuid}/", closing).status_code == 302
    assert desk.get("/administration/departments/").status_code == 200


def test_a_persons_page_keeps_what_was_typed_and_saves_what_is_right(house: Office, desk: Client) -> None:
    address = f"/administration/staff/{house.an.uuid}/"
    assert desk.get(address).status_code == 200
    wrong = desk.post(f"{address}change/", {"full_name": "Ân", "staff_code": "HA"})
    assert wrong.status_code == 422
    assert wrong.context["person_form"]["full_name"].value() == "Ân"
    assert desk.post(f"{address}change/", {"full_name": "Nguyễn Ân", "staff_code": "X1"}).status_code == 302
    assert fresh(house.an).search_name == "nguyen an"
    licence = {"number": "1/GPHN", "profession": "doctor", "valid_from": "01/01/2026", "hours": "sai"}
    assert desk.post(f"{address}licence/", licence).status_code == 422
    assert desk.post(f"{address}licence/", licence | {"hours": ""}).status_code == 302
    row = house.an.licences.get()
    assert desk.post(f"/administration/licences/{row.uuid}/withdraw/").status_code == 302
    assert desk.post("/administration/licences/", {"value": "licence"}).status_code == 302
    assert desk.post("/administration/licences/", {"value": "nonsense"}).status_code == 422
