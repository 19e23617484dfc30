"""Cover duty ("tôi trực thay"): another department's work for some hours, by one's own word, seen by its head."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from freezegun import freeze_time

from emr.accounts.access import Denied, access_cover_duty, cover_duties_for
from emr.accounts.cover import end_cover_duty, see_cover_duty, start_cover_duty
from emr.accounts.models import CoverDuty, FacilitySetting, User
from emr.audit.models import AuditEvent
from emr.common.clock import local_now, now
from emr.common.errors import DomainError
from emr.notices.models import Notice
from emr.staff.telling import COVERED, tell_of_cover
from encounters.documents import permissions as documents
from encounters.visits.access import access_encounter
from tests.emr.people import make_an, make_binh, make_chi, make_department, make_facility, make_user
from tests.encounters.visits.ward import admit
from tests.patients.people import make_clerk

pytestmark = pytest.mark.django_db


def _cover(by: User, **told: Any) -> CoverDuty:
    told = {
        "department": make_department(make_facility()),
        "ends_at": now() + dt.timedelta(hours=6),
        "reason": "night",
    } | told
    return start_cover_duty(by=by, **told)


def _again(user: User) -> User:
    """As the next request sees the person."""
    return User.objects.get(pk=user.pk)


def test_a_doctor_reads_orders_and_signs_where_they_stand_in_until_the_hour() -> None:
    chi, stay = make_chi(), admit()
    with pytest.raises(Denied):
        access_encounter(chi, stay.uuid)
    duty = _cover(chi)
    chi = _again(chi)
    for right in ("visits.read", documents.WRITE, "orders.place", "visits.discharge"):
        assert access_encounter(chi, stay.uuid, right) == stay
    assert chi.has_right("signing.sign", duty.department_id)
    assert AuditEvent.objects.filter(action="cover_duty.begin", agent_id=chi.pk).exists()
    with freeze_time(duty.ends_at + dt.timedelta(seconds=1)), pytest.raises(Denied):
        access_encounter(_again(chi), stay.uuid)


def test_the_head_of_the_covered_department_hears_of_it_once() -> None:
    head = make_user("head", "Lê Bích", "head_of_department", make_department(make_facility()))
    duty = _cover(make_chi())
    for _twice in range(2):
        tell_of_cover(cover_duty_id=duty.pk)
    notice = Notice.objects.get(kind=COVERED)
    assert [told.user for told in notice.recipients.all()] == [head]
    assert notice.parameters["who"] == duty.user.full_name


def test_a_nurse_stands_in_as_a_nurse_and_a_head_as_a_doctor() -> None:
    surgery = make_department(make_facility(), "K19", "Khoa Ngoại")
    assert _cover(make_binh(), department=surgery).role.role == "nurse"
    head = make_user("head", "Lê Bích", "head_of_department", make_department(make_facility()))
    assert _cover(head, department=surgery).role.role == "doctor"
    assert not _again(head).has_right("documents.oversee", surgery.pk)


def test_ended_early_it_is_over_at_once() -> None:
    chi, stay = make_chi(), admit()
    duty = _cover(chi)
    end_cover_duty(duty=duty, by=chi)
    with pytest.raises(Denied):
        access_encounter(_again(chi), stay.uuid)
    duty.refresh_from_db()
    assert not duty.is_running


def test_what_is_refused() -> None:
    chi, an, clerk = make_chi(), make_an(), make_clerk()
    far = make_department(make_facility("88888", "Khác"), "K01", "Khám")
    store = make_department(make_facility(), "K43", "Khoa Dược")
    store.is_clinical = False
    store.save()
    for by, told in (
        (clerk, {}),
        (an, {}),
        (chi, {"department": far}),
        (chi, {"department": store}),
        (chi, {"ends_at": now() - dt.timedelta(minutes=1)}),
        (chi, {"ends_at": now() + dt.timedelta(hours=25)}),
        (chi, {"reason": "because"}),
    ):
        with pytest.raises(DomainError):
            _cover(by, **told)
    FacilitySetting.objects.create(facility=chi.facility, name="cover_hours", value=4)
    with pytest.raises(DomainError):
        _cover(chi)
    assert not CoverDuty.objects.exists()


def test_the_head_of_that_department_and_the_auditor_look_at_it_and_nobody_at_their_own() -> None:
    chi = make_chi()
    duty = _cover(chi)
    ward = make_department(make_facility())
    head = make_user("head", "Lê Bích", "head_of_department", ward)
    auditor = make_user("kt", "Huỳnh Thảo", "auditor", ward)
    other = make_user(
        "tk2", "Hồ Hai", "head_of_department", make_department(make_facility(), "K19", "Khoa Ngoại")
    )
    assert list(cover_duties_for(head)) == list(cover_duties_for(auditor)) == [duty]
    assert not cover_duties_for(other).exists()
    with pytest.raises(Denied):
        access_cover_duty(other, duty.uuid)
    with pytest.raises(Denied):
        access_cover_duty(head, duty.uuid, own=True)
    with pytest.raises(DomainError):
        see_cover_duty(duty=duty, remark="", by=chi)
    see_cover_duty(duty=duty, remark="Đã rõ", by=head)
    with pytest.raises(DomainError):
        see_cover_duty(duty=duty, remark="", by=auditor)


def test_two_clicks_from_the_home_page_and_shown_on_every_page(
    client: Client, django_assert_num_queries: Any
) -> None:
    chi, ward = make_chi(), make_department(make_facility())
    client.force_login(chi, backend="django.contrib.auth.backends.ModelBackend")
    panel = client.get("/cover-duties/panel/").content.decode()
    assert str(ward.uuid) in panel
    until = f"{local_now() + dt.timedelta(hours=5):%d/%m/%Y %H:%M}"
    sent = {"department": str(ward.uuid), "ends_at": until, "reason": "night"}
    assert client.post("/cover-duties/start/", sent | {"ends_at": "25:00"}).status_code == 422
    assert client.post("/cover-duties/start/", sent).headers["Location"] == "/"
    duty = CoverDuty.objects.get()
    assert "cover-mark" in client.get("/").content.decode()
    with django_assert_num_queries(1):
        user = User(pk=chi.pk, is_active=True)
        assert user.has_right("orders.place", ward.pk)
        assert user.covering == [duty]
    head = make_user("head", "Lê Bích", "head_of_department", ward)
    other = Client()
    other.force_login(head, backend="django.contrib.auth.backends.ModelBackend")
    assert "Lê Thị Chi" in other.get("/cover-duties/").content.decode()
    assert other.post(f"/cover-duties/{duty.uuid}/end/").status_code == 404
    assert other.post(f"/cover-duties/{duty.uuid}/see/", {"remark": "Đã xem"}).status_code == 302
    assert client.post(f"/cover-duties/{duty.uuid}/end/").status_code == 302
    assert "cover-mark" not in client.get("/").content.decode()
