"""Look-ups that somebody should ask about are found once, by rules, and worked off by somebody else."""

import datetime as dt

import psycopg
import pytest
from django.test import Client

from emr.accounts.models import FacilitySetting, User
from emr.audit.models import AuditEvent
from emr.audit.services import record
from emr.common import wall
from emr.common.clock import local_now, now
from emr.common.errors import DomainError
from patients.oversight.models import LookupFinding
from patients.oversight.services import judge, look_through, look_through_all
from patients.registry.models import Identifier, Patient
from patients.registry.services import merge_patients
from tests.emr.people import make_an, make_binh, make_department, make_facility, make_user
from tests.patients.people import in_care_of, make_patient

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/administration/lookups/"


def kinds() -> list[str]:
    return sorted(LookupFinding.objects.values_list("kind", flat=True))


def at_noon(sql: psycopg.Connection, hour: int = 12) -> dt.datetime:
    """Put all lines at this hour of yesterday; the rules look at the clock."""
    noon = (local_now() - dt.timedelta(days=1)).replace(hour=hour, minute=5)
    sql.execute("SET session_replication_role = replica")
    sql.execute("UPDATE audit_event SET recorded_at = %s", [noon])
    sql.execute("UPDATE registry_carecontext SET starts_at = %s", [noon - dt.timedelta(hours=3)])
    sql.execute("UPDATE accounts_practitionerrole SET starts_at = %s", [noon - dt.timedelta(days=3)])
    return noon


def look(user: User, patient: Patient, times: int = 1) -> None:
    for _ in range(times):
        record("patient.read", by=user, of=patient, patient=patient)


def test_ordinary_work_is_no_finding(owner_sql: psycopg.Connection) -> None:
    ward, dao = make_department(make_facility()), make_patient()
    in_care_of(dao, ward)
    look(make_an(ward), dao, 3)
    look(make_binh(ward), dao)
    at_noon(owner_sql)
    assert look_through(facility=make_facility()) == 0
    assert kinds() == []


def test_a_chart_of_somebody_not_in_care_is_found_once_and_merged_rows_are_one_person(
    owner_sql: psycopg.Connection,
) -> None:
    ward, dao, hung = make_department(make_facility()), make_patient(), make_patient("Lê Văn Hùng")
    an = make_an(ward)
    in_care_of(hung, ward)
    twin = make_patient("Lê Văn Hưng")
    merge_patients(survivor=hung, duplicate=twin, by=an, reason="Một người")
    look(an, dao, 2)
    look(an, hung)
    look(an, twin)
    at_noon(owner_sql)
    make_patient("Lý Thị Lan", facility=make_facility("11111", "Bệnh viện khác"))
    with wall.nowhere():  # the clock goes round the facilities
        assert look_through_all() == 1
    assert look_through(facility=make_facility()) == 0
    finding = LookupFinding.objects.get()
    assert (finding.kind, finding.patient_id, finding.look_count) == ("never-treated", dao.pk, 2)
    assert finding.department_id == ward.pk


def test_who_reads_for_the_whole_house_is_asked_about_patients_in_nobodys_care(
    owner_sql: psycopg.Connection,
) -> None:
    office = make_department(make_facility(), "P01", "Phòng KHTH")
    planner = make_user("khth", "Vũ Thị Lan", "planning", office)
    dao, hung = make_patient(), make_patient("Lê Văn Hùng")
    in_care_of(dao, make_department(make_facility()))
    look(planner, dao)
    look(planner, hung)
    at_noon(owner_sql)
    assert look_through(facility=make_facility()) == 1
    assert LookupFinding.objects.get().patient_id == hung.pk


def test_many_charts_in_an_hour_by_the_facilitys_own_measure(owner_sql: psycopg.Connection) -> None:
    ward = make_department(make_facility())
    an, binh = make_an(ward), make_binh(ward)
    FacilitySetting.objects.create(facility=make_facility(), name="mass_lookups", value=3)
    for number in range(4):
        patient = make_patient(f"Trần Văn {'ABCD'[number]}")
        in_care_of(patient, ward)
        look(an, patient)
        if number < 3:
            look(binh, patient, 5)
    at_noon(owner_sql)
    look_through(facility=make_facility())
    finding = LookupFinding.objects.get()
    assert (finding.kind, finding.agent_id, finding.chart_count) == ("mass", an.pk, 4)


def test_night_reading_by_those_who_work_by_day(owner_sql: psycopg.Connection) -> None:
    ward, dao = make_department(make_facility()), make_patient()
    in_care_of(dao, ward)
    director = make_user("gd", "Phan Văn Giám", "director", ward)
    look(make_an(ward), dao)
    look(director, dao)
    at_noon(owner_sql, hour=2)
    look_through(facility=make_facility())
    finding = LookupFinding.objects.get()
    assert (finding.kind, finding.agent_id) == ("off-duty", director.pk)


def test_their_own_chart_and_a_colleagues(owner_sql: psycopg.Connection) -> None:
    ward, dao = make_department(make_facility()), make_patient()
    an, binh = make_an(ward), make_binh(ward)
    User.objects.filter(pk=binh.pk).update(citizen_number="001157000001")
    Identifier.objects.create(
        facility=make_facility(), patient=dao, system="urn:benhanmo:cccd", value="001157000001"
    )
    in_care_of(dao, ward)
    look(an, dao)
    look(binh, dao)
    at_noon(owner_sql)
    look_through(facility=make_facility())
    assert dict(LookupFinding.objects.values_list("agent_id", "kind")) == {
        an.pk: "colleague",
        binh.pk: "own-chart",
    }


def _finding(agent: User, **known: object) -> LookupFinding:
    row = {
        "facility": agent.facility,
        "key": f"mass:{agent.pk}",
        "kind": "mass",
        "agent": agent,
        "department": make_department(make_facility()),
        "first_at": now(),
        "last_at": now(),
        "chart_count": 70,
        "look_count": 80,
    }
    return LookupFinding.objects.create(**(row | known))


def _as(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="emr.accounts.backends.StaffBackend")
    return client


def test_a_finding_is_judged_by_somebody_else_and_more_looks_open_it_again() -> None:
    ward = make_department(make_facility())
    an, head = make_an(ward), make_user("tk", "Đỗ Thị Trưởng", "head_of_department", ward)
    finding = _finding(an)
    desk = _as(head)
    assert str(finding.uuid) in desk.get(LIST).content.decode()
    assert desk.post(f"{LIST}{finding.uuid}/", {"verdict": "follow-up", "note": ""}).status_code == 422
    answer = desk.post(f"{LIST}{finding.uuid}/", {"verdict": "follow-up", "note": "Hỏi BS. An"})
    assert answer.status_code == 302
    assert str(finding.uuid) not in desk.get(LIST).content.decode()
    assert str(finding.uuid) in desk.get(LIST, {"state": "follow-up"}).content.decode()
    assert AuditEvent.objects.get(action="lookup.judge").detail["verdict"] == "follow-up"
    LookupFinding.objects.update(look_count=90)
    assert str(finding.uuid) in desk.get(LIST).content.decode()
    own = _finding(head)
    with pytest.raises(DomainError):
        judge(finding=own, verdict="seen", note="", by=head)


def test_a_head_sees_their_own_staff_alone_and_an_auditor_no_name_of_a_patient() -> None:
    ward, surgery = make_department(make_facility()), make_department(make_facility(), "K19", "Khoa Ngoại")
    head = make_user("tk", "Đỗ Thị Trưởng", "head_of_department", ward)
    foreign = _finding(make_user("ngoai", "Lý Văn Ngoại", "doctor", surgery), department=surgery)
    assert str(foreign.uuid) not in _as(head).get(LIST).content.decode()
    assert _as(head).get(f"{LIST}{foreign.uuid}/").status_code == 404
    dao = make_patient()
    seen = _finding(make_an(ward), key="n", kind="never-treated", patient=dao)
    auditor = _as(make_user("kiem", "Huỳnh Thị Thảo", "auditor", ward))
    page = auditor.get(f"{LIST}{seen.uuid}/").content.decode()
    assert Identifier.objects.get(patient=dao, is_own=True).value in page
    assert "Đào" not in page
    assert auditor.get("/").status_code == 200
    assert _as(make_binh(ward)).get(LIST).status_code == 403
