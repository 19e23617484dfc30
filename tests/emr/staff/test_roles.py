"""Roles are bundles in rows: who may change one, hand one out, and what is never in one hand."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from emr.accounts import roles
from emr.accounts.models import PractitionerRole, Role, RoleGrant, User
from emr.accounts.services import end_role, grant_role, suspend_user
from emr.accounts.shipped import load_shipped_roles
from emr.audit.models import AuditEvent
from emr.common.errors import Conflict, DomainError
from emr.staff import services
from emr.staff.models import RoleChange
from tests.emr.people import make_chi, make_department, make_facility, make_user
from tests.emr.staff.office import Office, bundle, fresh, grants, open_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> Office:
    return open_office()


def _save(house: Office, code: str, wanted: dict[str, str], by: User) -> Role | RoleChange:
    present = bundle(house.facility, code)
    return services.save_role(
        facility=house.facility,
        code=code,
        name=str(present.label),
        grants=wanted,
        version=present.version,
        by=by,
    )


def test_the_shipped_table_is_in_the_rows_after_every_migration() -> None:
    rows = RoleGrant.objects.filter(role__facility=None).values_list("role__code", "right", "scope")
    table = {
        (role, right, scope.value) for role, held in roles.ROLES.items() for right, scope in held.items()
    }
    assert set(rows) == table
    RoleGrant.objects.filter(role__code="nurse", role__facility=None, right="visits.admit").delete()
    Role.objects.get(code="nurse", facility=None).grants.create(right="orders.place", scope="facility")
    assert load_shipped_roles() == 2
    assert set(rows.all()) == table
    assert load_shipped_roles() == 0


def test_rights_cost_one_query_a_request(house: Office) -> None:
    an = fresh(house.an)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert an.has_right("orders.place", house.ward.pk)
        assert an.has_role("doctor")
        assert an.departments_for("documents.read") == frozenset({house.ward.pk})
        assert [held.department.code for held in an.current_roles] == ["K03"]
    assert len(queries) == 1


def test_a_role_that_nobody_knows_is_refused_by_the_database(house: Office) -> None:
    other = Role.objects.create(
        facility=make_facility("99998", "Nơi khác"), code="elsewhere", name="Nơi khác"
    )
    for code in ("made_up", other.code):
        with pytest.raises(IntegrityError), transaction.atomic():
            PractitionerRole.objects.create(user=house.an, role=code, department=house.ward)


def test_what_takes_rights_away_counts_at_once_and_in_this_facility_alone(house: Office) -> None:
    elsewhere = make_department(make_facility("99998", "Nơi khác"))
    chi = make_user("chi", "Lê Thị Chi", "doctor", elsewhere)
    wanted = grants(house.facility, "doctor")
    del wanted["visits.discharge"]
    assert isinstance(_save(house, "doctor", wanted, house.thanh), Role)
    assert not fresh(house.an).has_right("visits.discharge")
    assert fresh(house.an).has_right("visits.admit")
    assert fresh(chi).has_right("visits.discharge")
    line = AuditEvent.objects.get(action="role.change")
    assert line.detail["removed"] == ["visits.discharge department"]
    assert line.detail["holders"] == 1


def test_rights_that_the_editor_does_not_hold_wait_for_a_second_administrator(house: Office) -> None:
    wanted = grants(house.facility, "nurse") | {"orders.place": "department"}
    change = _save(house, "nurse", wanted, house.thanh)
    assert isinstance(change, RoleChange)
    binh = make_user("binh", "Trần Thị Bình", "nurse", house.ward)
    assert not binh.has_right("orders.place")
    with pytest.raises(DomainError) as refusal:
        services.approve_change(change=change, by=house.thanh)
    assert refusal.value.code == "four_eyes"
    assert not fresh(binh).has_right("orders.place")
    services.approve_change(change=change, by=house.ha)
    assert fresh(binh).has_right("orders.place", house.ward.pk)
    with pytest.raises(DomainError):  # once
        services.approve_change(change=change, by=house.ha)


def test_the_database_too_wants_two_people(house: Office) -> None:
    change = _save(
        house, "nurse", grants(house.facility, "nurse") | {"orders.place": "department"}, house.thanh
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleChange.objects.filter(pk=change.pk).update(status="approved", decided_by=house.thanh)


def test_reaching_further_is_more_and_a_second_proposal_waits_its_turn(house: Office) -> None:
    wanted = grants(house.facility, "nurse") | {"documents.read": "facility"}
    assert isinstance(_save(house, "nurse", wanted, house.thanh), RoleChange)
    with pytest.raises(DomainError) as refusal:
        _save(house, "nurse", wanted, house.ha)
    assert refusal.value.code == "waiting"
    services.refuse_change(change=RoleChange.objects.get(), by=house.thanh)  # taken back
    assert isinstance(_save(house, "nurse", wanted, house.ha), RoleChange)


def test_what_the_release_ships_comes_back_without_a_second_person(house: Office) -> None:
    shipped = grants(house.facility, "doctor")
    _save(house, "doctor", {"visits.read": "department"}, house.thanh)
    assert not fresh(house.an).has_right("orders.place")
    assert isinstance(_save(house, "doctor", shipped, house.thanh), Role)
    assert fresh(house.an).has_right("orders.place")
    assert bundle(house.facility, "doctor").is_shipped  # and follows the release again
    _save(house, "doctor", {"visits.read": "department"}, house.thanh)
    assert bundle(house.facility, "doctor").version > 3


def test_a_copy_holds_what_was_let_through_and_can_be_handed_out(house: Office) -> None:
    role = services.copy_role(
        facility=house.facility, source="doctor", name="Bác sĩ trực đêm", by=house.thanh
    )
    assert role.code == "bac_si_truc_dem"
    assert grants(house.facility, role.code) == grants(house.facility, "doctor")
    grant_role(user=house.ha, role="auditor", department=house.office, by=house.thanh)
    em = make_user("em", "Đỗ Thị Em", None, house.ward)
    grant_role(user=em, role=role.code, department=house.ward, by=house.thanh)
    assert em.has_right("orders.place", house.ward.pk)
    with pytest.raises(DomainError):
        services.retire_role(facility=house.facility, code=role.code, by=house.thanh)
    with pytest.raises(DomainError) as taken:
        services.copy_role(facility=house.facility, source="nurse", name="bac si trực ĐÊM", by=house.thanh)
    assert taken.value.field == "name"


def test_somebody_else_was_quicker(house: Office) -> None:
    version = bundle(house.facility, "nurse").version
    wanted = grants(house.facility, "nurse")
    wanted.pop("visits.beds")
    for attempt in range(2):
        save = {"facility": house.facility, "code": "nurse", "name": "Điều dưỡng", "version": version}
        if attempt:
            with pytest.raises(Conflict):
                services.save_role(grants=wanted, by=house.ha, **save)
        else:
            services.save_role(grants=wanted, by=house.thanh, **save)


@pytest.mark.parametrize("guarded", sorted(roles.GUARDED))
def test_no_bundle_mixes_guarded_and_clinical_rights(house: Office, guarded: str) -> None:
    with pytest.raises(DomainError) as refusal:
        _save(house, "records", grants(house.facility, "records") | {guarded: "facility"}, house.thanh)
    assert refusal.value.code == "separation"


def test_no_shipped_bundle_mixes_them_either() -> None:
    assert [code for code, held in roles.ROLES.items() if roles.is_mixed(held)] == []


@pytest.mark.parametrize("role", ["admin", "auditor"])
def test_nobody_is_administrator_or_auditor_and_clinician_at_one_time(house: Office, role: str) -> None:
    with pytest.raises(DomainError) as refusal:
        grant_role(user=house.an, role=role, department=house.office, by=house.thanh)
    assert refusal.value.code == "separation"
    assert not PractitionerRole.objects.filter(user=house.an, role=role).exists()
    # After the other has ended it is nobody's concern.
    end_role(held=house.an.practitioner_roles.get(), by=house.thanh)
    grant_role(user=house.an, role=role, department=house.office, by=house.thanh)
    assert not fresh(house.an).has_right("orders.place")


def test_a_bundle_that_would_mix_them_in_one_of_its_holders_is_not_saved(house: Office) -> None:
    kien = make_user("kien", "Dương Văn Kiên", "integration", house.office)
    grant_role(user=kien, role="auditor", department=house.office, by=house.thanh)
    change = _save(
        house,
        "integration",
        grants(house.facility, "integration") | {"results.read": "facility"},
        house.thanh,
    )
    assert isinstance(change, RoleChange)
    with pytest.raises(DomainError) as refusal, transaction.atomic():
        services.approve_change(change=change, by=house.ha)
    assert refusal.value.code == "separation"
    assert not fresh(kien).has_right("results.read")


def test_nobody_changes_their_own_roles_or_account(house: Office) -> None:
    own = house.thanh.practitioner_roles.get()
    for attempt in (
        lambda: grant_role(user=house.thanh, role="auditor", department=house.office, by=house.thanh),
        lambda: end_role(held=own, by=house.thanh),
        lambda: suspend_user(user=house.thanh, reason="x", by=house.thanh),
        lambda: services.let_go(user=house.thanh, by=house.thanh),
        lambda: services.issue_password(user=house.thanh, by=house.thanh),
    ):
        with pytest.raises(DomainError) as refusal, transaction.atomic():
            attempt()
        assert refusal.value.code == "own_roles"
    with pytest.raises(DomainError) as widened:
        _save(house, "admin", grants(house.facility, "admin") | {"transport.read": "facility"}, house.thanh)
    assert widened.value.code == "own_roles"


def test_only_who_manages_accounts_hands_anything_out(house: Office) -> None:
    from emr.accounts.access import Denied  # noqa: PLC0415

    chi = make_chi()
    with pytest.raises(Denied):
        services.give_role(user=chi, role="nurse", department=house.ward, by=house.an)
    with pytest.raises(Denied):
        services.let_go(user=chi, by=house.an)
    with pytest.raises(Denied):
        _save(house, "nurse", {}, house.an)


def test_the_last_administrator_stays(house: Office) -> None:
    services.suspend_member(user=house.ha, reason="Nghỉ", by=house.thanh)
    held = house.thanh.practitioner_roles.get()
    for attempt in (
        lambda: end_role(held=held, by=None),
        lambda: suspend_user(user=house.thanh, reason="x", by=None),
        lambda: _save(house, "admin", {"staff.read_roles": "facility"}, house.thanh),
    ):
        with pytest.raises(DomainError) as refusal, transaction.atomic():
            attempt()
        assert refusal.value.code == "last_administrator"
    assert fresh(house.thanh).has_right("accounts.manage")


def test_an_administrator_for_a_month_is_not_the_one_who_stays(house: Office) -> None:
    held = house.ha.practitioner_roles.get()
    later = held.starts_at.replace(year=held.starts_at.year + 1)
    end_role(held=held, by=house.thanh, at=later)
    with pytest.raises(DomainError) as refusal:
        end_role(held=house.thanh.practitioner_roles.get(), by=house.ha)
    assert refusal.value.code == "last_administrator"


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_remove_each_other_at_once_leave_one() -> None:
    house = open_office()
    start, refused = threading.Barrier(2), []

    def remove(other: User, by: User) -> None:
        try:
            start.wait(10)
            services.suspend_member(user=other, reason="", by=fresh(by))
        except DomainError as refusal:
            refused.append(refusal.code)
        except Exception as error:
            refused.append(repr(error))
        finally:
            connection.close()

    threads = [
        threading.Thread(target=remove, args=pair)
        for pair in ((house.ha, house.thanh), (house.thanh, house.ha))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert refused == ["last_administrator"]
    assert User.objects.filter(username__in=["thanh", "ha"], is_active=True).count() == 1
