"""Who reaches which patient: own department, own facility, nobody else's."""

import datetime as dt
import uuid

import pytest
from django.test import Client

from emr.accounts.access import Denied
from emr.accounts.models import FacilitySetting
from emr.common.clock import now
from patients.registry import permissions
from patients.registry.access import access_patient, same_person_ids
from patients.registry.services import close_care, merge_patients
from tests.emr.people import make_an, make_chi, make_department, make_facility, make_user
from tests.patients.people import in_care_of, make_clerk, make_patient, seen_by

pytestmark = pytest.mark.django_db


def test_a_ward_sees_its_own_patients_and_another_ward_does_not() -> None:
    an, chi, dao = make_an(), make_chi(), make_patient()
    in_care_of(dao, make_department(make_facility()))
    assert seen_by(an) == {dao}
    assert access_patient(an, dao.uuid) == dao
    assert not seen_by(chi)
    with pytest.raises(Denied) as refused:
        access_patient(chi, dao.uuid)
    assert refused.value.hidden
    assert refused.value.patient_id == dao.pk


def test_the_desk_sees_the_whole_facility_and_no_other() -> None:
    clerk, dao = make_clerk(), make_patient()
    stranger = make_patient("Trần Văn Xa", facility=make_facility("11111", "Bệnh viện khác"))
    assert seen_by(clerk) == {dao}
    with pytest.raises(Denied):
        access_patient(clerk, stranger.uuid)
    with pytest.raises(Denied):
        access_patient(clerk, uuid.uuid4())


def test_care_that_ended_lately_still_opens_the_chart_for_as_long_as_the_facility_says() -> None:
    an, dao, ward = make_an(), make_patient(), make_department(make_facility())
    began, ended = now() - dt.timedelta(days=60), now() - dt.timedelta(days=20)
    in_care_of(dao, ward, starts_at=began)
    assert close_care(source="test:1", ends_at=ended) == 1
    assert seen_by(an) == {dao}
    FacilitySetting.objects.create(facility=dao.facility, name="care_days", value=7)
    assert not seen_by(an)


def test_care_that_begins_tomorrow_opens_nothing_today() -> None:
    an, dao, ward = make_an(), make_patient(), make_department(make_facility())
    in_care_of(dao, ward, starts_at=now() + dt.timedelta(days=1))
    assert not seen_by(an)


def test_somebody_without_the_right_sees_nobody() -> None:
    porter = make_user("giang", "Đỗ Văn Giang", None, make_department(make_facility()))
    in_care_of(make_patient(), make_department(make_facility()))
    assert not seen_by(porter, permissions.READ)


@pytest.mark.parametrize("cared_for", ["survivor", "duplicate"])
def test_rows_merged_with_a_patient_in_care_are_reached_with_it(cared_for: str) -> None:
    an, clerk = make_an(), make_clerk()
    rows = {"survivor": make_patient(), "duplicate": make_patient("Nguyễn Thị Đao")}
    in_care_of(rows[cared_for], make_department(make_facility()))
    merge_patients(survivor=rows["survivor"], duplicate=rows["duplicate"], by=clerk, reason="Cùng CCCD")
    assert seen_by(an) == set(rows.values())
    for row in rows.values():
        row.refresh_from_db()
        assert access_patient(an, row.uuid) == row
        assert same_person_ids(row) == [rows["survivor"].pk, rows["duplicate"].pk]


def test_the_page_of_another_wards_patient_is_nothing_here_and_leaves_a_line(client: Client) -> None:
    from emr.audit.models import AuditEvent  # noqa: PLC0415

    chi, dao = make_chi(), make_patient()
    in_care_of(dao, make_department(make_facility()))
    client.force_login(chi)
    assert client.get(f"/patients/{dao.uuid}/").status_code == 404
    line = AuditEvent.objects.get(outcome="denied")
    assert (line.agent_name, line.detail["patient_id"]) == ("chi", dao.pk)
