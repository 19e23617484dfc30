"""A letter comes into force by two people, for a time, for what it lists (R-28), and is answered by its day (R-35)."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.db.utils import Error
from django.urls import reverse
from freezegun import freeze_time

from emr.accounts.models import FacilitySetting, PractitionerRole
from emr.audit.models import AuditEvent
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from emr.notices.models import Notice, NoticeRecipient
from encounters.inspections import services, telling
from encounters.inspections.models import POINTS, Body, Mandate
from encounters.inspections.selectors import by_state, listed, searched
from patients.registry.models import CareContext
from patients.registry.services import restrict_patient
from tests.emr.people import make_an, make_department, make_facility, make_user
from tests.encounters.inspections.letters import (
    in_force,
    listing,
    make_ha,
    make_lan,
    make_luu,
    make_tung,
    office,
    prepared,
    signed_in,
)
from tests.encounters.visits.ward import admit
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def test_every_body_reads_under_a_point_of_the_article() -> None:
    assert set(POINTS) == set(Body.values)
    assert prepared(body="court").point == "a"
    assert prepared(body="learner").point == "b"
    assert prepared().point == "c"


def test_numbers_follow_each_other_within_the_year() -> None:
    first, second = prepared(), prepared()
    year = local_today().year
    assert [first.number, second.number] == [f"KT{year}-0001", f"KT{year}-0002"]


def _refused(code: str, **told: Any) -> None:
    with pytest.raises(DomainError) as refusal:
        prepared(**told)
    assert refusal.value.code == code
    assert not Mandate.objects.exists()


def test_a_letter_without_sense_is_refused() -> None:
    today = local_today()
    _refused("no_body", body="neighbour")
    _refused("bad_day", letter_on=today, received_on=today - dt.timedelta(days=1))
    _refused("bad_day", received_on=today + dt.timedelta(days=1))
    _refused("bad_time", ends_at=now() - dt.timedelta(minutes=2))
    _refused("bad_time", starts_at=now() - dt.timedelta(days=2), ends_at=now() - dt.timedelta(days=1))
    _refused("no_reader", readers=[])
    away = make_department(make_facility("88888", "Khác"), "P01", "Phòng")
    _refused("no_reader", readers=[make_user("xa", "Người Xa", "inspector", away)])


def test_the_facility_says_how_long_is_long_enough() -> None:
    begin = now()
    month = {"starts_at": begin, "ends_at": begin + dt.timedelta(days=31)}
    _refused("too_long", **month)
    FacilitySetting.objects.create(facility=make_facility(), name="inspection_longest_days", value=31)
    assert prepared(**month)


def test_the_insurance_is_owed_an_answer_in_three_working_days_and_others_none() -> None:
    """R-35"""
    with freeze_time("2026-11-27 03:00"):  # a Friday
        FacilitySetting.objects.create(facility=make_facility(), name="holidays", value=["2026-12-01"])
        assert prepared().due_on == dt.date(2026, 12, 3)
        assert prepared(body="court").due_on is None


def test_somebody_else_approves_and_the_readers_get_exactly_what_is_listed() -> None:
    stay = admit()
    other = make_patient("Lê Văn Hùng")
    mandate = listing(stay, other)
    tung = make_tung()
    with pytest.raises(DomainError) as refusal:
        services.approve_mandate(mandate=mandate, by=tung)
    assert refusal.value.code == "own"
    assert not CareContext.objects.filter(reason="listed").exists()
    approved = services.approve_mandate(mandate=mandate, by=make_ha())
    rows = CareContext.objects.filter(source=f"mandate:{mandate.pk}").order_by("pk")
    assert [(row.patient_id, row.practitioner_id, row.only_stay) for row in rows] == [
        (stay.patient_id, make_lan().pk, stay.pk),
        (other.pk, make_lan().pk, None),
    ]
    assert {(row.starts_at, row.ends_at) for row in rows} == {(approved.starts_at, approved.ends_at)}
    line = AuditEvent.objects.get(action="mandate.approve")
    assert line.detail["charts"] == 2
    assert line.detail["number"] == mandate.number


def test_the_database_itself_refuses_ones_own_approval() -> None:
    mandate = listing(make_patient())
    with pytest.raises(IntegrityError), transaction.atomic():
        Mandate.objects.filter(pk=mandate.pk).update(
            status="approved", approved_by=mandate.prepared_by, approved_at=now()
        )


def _said(mandate: Mandate, **changed: Any) -> dict[str, Any]:
    """The letter as it stands, but for what is changed."""
    names = (
        "body",
        "organisation",
        "letter_number",
        "letter_on",
        "received_on",
        "purpose",
        "starts_at",
        "ends_at",
    )
    return {name: getattr(mandate, name) for name in names} | {"readers": mandate.readers.all()} | changed


def test_a_letter_is_corrected_before_it_begins_and_the_former_words_and_approval_stay_readable() -> None:
    stay, day = admit(), dt.timedelta(days=1)
    mandate = in_force(stay, starts_at=now() + day, ends_at=now() + 2 * day)
    quang = make_user("quang", "Lưu Quang", "planning", office())
    hoa = make_lan("hoa", "Bùi Thị Hoa")
    told = _said(
        mandate,
        letter_number="181/BHXH-GĐ",
        readers=[hoa],
        starts_at=now() + 2 * day,
        ends_at=now() + 3 * day,
    )
    with pytest.raises(DomainError) as refusal:
        services.correct_mandate(mandate=mandate, reason=" ", by=quang, **told)
    assert refusal.value.code == "no_reason"
    found = services.correct_mandate(mandate=mandate, reason="Gõ nhầm số", by=quang, **told)
    assert (found.status, found.approved_by, found.letter_number, found.prepared_by) == (
        "prepared", None, "181/BHXH-GĐ", quang,
    )  # fmt: skip
    assert not CareContext.objects.filter(
        source=mandate.care_source, ends_at__gt=models.F("starts_at")
    ).exists()
    version = found.versions.get()
    assert (version.number, version.content["letter_number"], version.content["approved_by"], version.reason) == (
        1, "118/BHXH-GĐ", "Đỗ Thu Hà", "Gõ nhầm số",
    )  # fmt: skip
    with pytest.raises(DomainError):
        services.approve_mandate(mandate=found, by=quang)
    services.approve_mandate(mandate=found, by=make_ha())
    (care,) = CareContext.objects.filter(source=mandate.care_source, ends_at__gt=models.F("starts_at"))
    assert (care.practitioner, care.starts_at) == (hoa, found.starts_at)
    again = services.correct_mandate(mandate=found, reason="", by=quang, **_said(found))
    assert (again.status, again.versions.count()) == ("approved", 1), "the same again changes nothing"
    with pytest.raises(Error), transaction.atomic():
        found.versions.update(reason="khác")


def test_what_was_read_by_or_withdrawn_is_not_corrected_and_nonsense_is_refused() -> None:
    begun = in_force(admit())
    with pytest.raises(DomainError) as refusal:
        services.correct_mandate(mandate=begun, reason="Nhầm", by=make_tung(), **_said(begun, purpose="Khác"))
    assert refusal.value.code == "begun"
    fresh = prepared()
    with pytest.raises(DomainError) as refusal:
        services.correct_mandate(mandate=fresh, reason="Nhầm", by=make_tung(), **_said(fresh, readers=[]))
    assert refusal.value.code == "no_reader"
    assert not fresh.versions.exists()
    services.withdraw_mandate(mandate=fresh, reason="Nhầm", by=make_ha())
    with pytest.raises(DomainError):
        services.correct_mandate(mandate=fresh, reason="Nhầm", by=make_tung(), **_said(fresh, purpose="Khác"))


def test_the_page_of_a_correction_holds_what_was_entered_and_keeps_what_is_typed() -> None:
    mandate = prepared(starts_at=now() + dt.timedelta(days=1))
    client = signed_in(make_tung())
    page = reverse("encounters:inspections:correct", args=[mandate.uuid])
    form = client.get(page).context["form"]
    typed = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    assert (typed["letter_number"], typed["readers"]) == ("118/BHXH-GĐ", [make_lan().uuid])
    answer = client.post(page, typed | {"purpose": "Giám định lại"})
    assert (answer.status_code, "Giám định lại" in answer.content.decode()) == (422, True)
    assert client.post(page, typed | {"purpose": "Giám định lại", "reason": "Thiếu chữ"}).status_code == 302
    html = client.get(reverse("encounters:inspections:mandate", args=[mandate.uuid])).content.decode()
    assert "Giám định lại" in html
    assert "Giám định chi phí" in html
    assert signed_in(make_ha()).get(page).status_code == 403


def test_what_is_approved_or_withdrawn_is_not_changed_any_more() -> None:
    mandate = in_force(make_patient())
    chart = mandate.charts.get()
    for change in (
        lambda: services.list_chart(mandate=mandate, patient=make_patient("Lê Văn Hùng"), by=make_tung()),
        lambda: services.strike_chart(chart=chart, by=make_tung()),
        lambda: services.approve_mandate(mandate=mandate, by=make_ha()),
    ):
        with pytest.raises(DomainError) as refusal:
            change()
        assert refusal.value.code == "not_prepared"
    assert mandate.charts.count() == 1


def test_an_empty_list_a_time_gone_by_and_readers_with_more_are_not_approved() -> None:
    empty = prepared()
    with pytest.raises(DomainError) as refusal:
        services.approve_mandate(mandate=empty, by=make_ha())
    assert refusal.value.code == "no_chart"
    mandate = listing(make_patient())
    with freeze_time(now() + dt.timedelta(days=3)), pytest.raises(DomainError) as refusal:
        services.approve_mandate(mandate=mandate, by=make_ha())
    assert refusal.value.code == "bad_time"
    PractitionerRole.objects.create(user=make_lan(), role="nurse", department=office())
    with pytest.raises(DomainError) as refusal:
        services.approve_mandate(mandate=mandate, by=make_ha())
    assert refusal.value.code == "more_than_a_reader"
    lan = make_lan()
    lan.is_active = False
    lan.save()
    with pytest.raises(DomainError) as refusal:
        services.approve_mandate(mandate=mandate, by=make_ha())
    assert refusal.value.code == "no_reader"


def test_a_chart_is_listed_once_by_who_reaches_it_with_its_own_stay() -> None:
    mandate, stay = prepared(), admit()
    first = services.list_chart(mandate=mandate, patient=stay.patient, encounter=stay, by=make_tung())
    again = services.list_chart(mandate=mandate, patient=stay.patient, encounter=stay, by=make_tung())
    assert first == again
    assert AuditEvent.objects.filter(action="mandate.add", patient_id=stay.patient_id).count() == 1
    with pytest.raises(DomainError) as refusal:
        services.list_chart(
            mandate=mandate, patient=make_patient("Lê Văn Hùng"), encounter=stay, by=make_tung()
        )
    assert refusal.value.code == "foreign_stay"
    far = make_patient("Tạ Quang Bửu", facility=make_facility("88888", "Khác"))
    with pytest.raises(DomainError) as refusal:
        services.list_chart(mandate=mandate, patient=far, by=make_tung())
    assert refusal.value.code == "unknown_patient"
    services.strike_chart(chart=first, by=make_tung())
    assert not mandate.charts.exists()


def test_a_restricted_chart_is_listed_with_a_tick_by_somebody_who_sees_it() -> None:
    """S-05"""
    dao, luu = make_patient(), make_luu()
    restrict_patient(patient=dao, level="V", reason="hiv", by=luu)
    mandate = prepared()
    for by, ticked, code in ((make_tung(), True, "unknown_patient"), (luu, False, "kept_closely")):
        with pytest.raises(DomainError) as refusal:
            services.list_chart(mandate=mandate, patient=dao, kept_closely=ticked, by=by)
        assert refusal.value.code == code
    services.list_chart(mandate=mandate, patient=dao, kept_closely=True, by=luu)
    services.approve_mandate(mandate=mandate, by=make_ha())
    assert CareContext.objects.get(source=mandate.care_source).reason == "listed-closely"


def test_a_chart_restricted_after_it_was_listed_stops_the_approval() -> None:
    dao = make_patient()
    mandate = listing(dao)
    restrict_patient(patient=dao, level="R", reason="hiv", by=make_luu())
    with pytest.raises(DomainError) as refusal:
        services.approve_mandate(mandate=mandate, by=make_ha())
    assert refusal.value.code == "kept_closely"


def test_withdrawn_with_a_reason_everything_ends_at_once_also_what_has_not_begun() -> None:
    mandate = in_force(make_patient())
    coming = in_force(
        make_patient("Lê Văn Hùng"),
        starts_at=now() + dt.timedelta(days=1),
        ends_at=now() + dt.timedelta(days=2),
    )
    with pytest.raises(DomainError) as refusal:
        services.withdraw_mandate(mandate=mandate, reason=" ", by=make_tung())
    assert refusal.value.code == "no_reason"
    for one in (mandate, coming):
        services.withdraw_mandate(mandate=one, reason="Cơ quan rút yêu cầu", by=make_tung())
        context = CareContext.objects.get(source=one.care_source)
        assert context.ends_at is not None
        assert not context.is_open(now() + dt.timedelta(hours=30))
        assert not context.is_open()
    with pytest.raises(DomainError) as refusal:
        services.withdraw_mandate(mandate=mandate, reason="Lần nữa", by=make_tung())
    assert refusal.value.code == "withdrawn"


def test_the_list_has_overdue_ones_on_top_and_is_found_by_number_words_and_patient() -> None:
    dao = make_patient()
    with freeze_time(now() - dt.timedelta(days=10)):
        late = prepared(ends_at=now() + dt.timedelta(days=20))
    new = listing(dao, body="court", organisation="Tòa án nhân dân huyện Vị Xuyên", letter_number="7/TA")
    owed = prepared()
    assert late.is_overdue
    assert not owed.is_overdue
    assert list(listed(Mandate.objects.all())) == [late, owed, new]
    facility = new.facility_id
    for words in ("toa an", "vi xuyen", "7/TA", new.number.lower(), dao.identifiers.get().value):
        assert list(searched(Mandate.objects.all(), facility, words)) == [new], words
    assert not searched(Mandate.objects.all(), facility, "bệnh viện").exists()
    done = in_force(make_patient("Lê Văn Hùng"))
    services.withdraw_mandate(mandate=owed, reason="Nhầm", by=make_tung())
    found = {name: set(Mandate.objects.filter(state)) for name, state in by_state().items()}
    assert found["prepared"] == {late, new}
    assert found["in-force"] == {done}
    assert found["withdrawn"] == {owed}
    assert found["ended"] == found["coming"] == set()


def test_who_prepared_it_and_the_planning_office_are_told_the_day_before() -> None:
    """R-35"""
    with freeze_time("2026-11-23 03:00"):  # Monday; owed on Thursday
        mandate = listing(make_patient(), ends_at=now() + dt.timedelta(days=20))
        telling.look()
        assert not Notice.objects.filter(kind=telling.DUE).exists()
    with freeze_time("2026-11-25 03:00"):
        telling.look()
        telling.look()
        notice = Notice.objects.get(kind=telling.DUE)
        assert notice.parameters == {"number": mandate.number, "due": "26/11/2026"}
        told = NoticeRecipient.objects.filter(notice=notice)
        assert set(told.values_list("user__username", flat=True)) == {"tung"}
        services.approve_mandate(mandate=mandate, by=make_ha())
        notice.refresh_from_db()
        assert notice.cause_gone_at is not None
        telling.look()
        assert Notice.objects.filter(kind=telling.DUE).count() == 1


def test_the_two_of_the_ward_hold_none_of_these_rights() -> None:
    an = make_an()
    assert not [right for right in an.rights if right.startswith("inspections.")]
