"""Results that come when the patient has left find their doctor and their ward, whatever the days after care."""

import pytest

from emr.accounts.models import User
from emr.accounts.services import keep_setting
from emr.common import wall
from emr.common.clock import now
from emr.notices.models import Notice, NoticeRecipient
from emr.notices.services import withdraw
from encounters.results import telling
from encounters.results.access import may_acknowledge, reviews_for
from encounters.results.models import DiagnosticReport, ReportReview
from encounters.results.services import acknowledge, keep_open_after_discharge
from encounters.results.services.late import look
from encounters.visits.models import Encounter
from patients.registry.access import patients_for
from patients.registry.models import CareContext, Confidentiality, Patient
from patients.registry.services import merge_patients
from patients.registry.services.restricting import restrict_patient
from tests.emr.people import make_facility, make_user
from tests.encounters import chart
from tests.encounters.results.reports import facts, file, later, order, value
from tests.encounters.visits.ward import SURGERY, admit, ago, department, discharge, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
CRITICAL = value("7.1")


@pytest.fixture
def ward() -> tuple[User, User, Encounter]:
    """An who orders, Chi of the same ward, and a stay; a chart closes with the last day of care."""
    an, stay = chart.make_stay(at=ago(hours=9))
    keep_setting(facility=make_facility(), name="care_days", value=0, by=None)
    return an, make_user("chi", "Lê Mai Chi", "doctor", department()), stay


def sees(user: User, whose: str = "") -> list[DiagnosticReport]:
    return [review.report for review in reviews_for(User.objects.get(pk=user.pk), whose)]


def test_a_result_after_discharge_opens_the_chart_until_it_is_acknowledged(
    ward: tuple[User, User, Encounter],
) -> None:
    an, chi, stay = ward
    request = order(stay, an)
    discharge(stay, at=ago(hours=1))
    assert not patients_for(chi).exists()
    filed = file(stay, facts(value("4.1")), request=request).report
    assert filed.came_after_discharge
    assert sees(an, "mine") == [filed]
    assert sees(chi, "team") == [filed]
    assert may_acknowledge(chi, filed)
    page = signed_in(chi).get(f"/results/{filed.uuid}/")
    assert page.status_code == 200
    acknowledge(report=filed, by=chi)
    assert not CareContext.objects.filter(reason="result", ends_at=None).exists()
    assert not patients_for(chi).exists()


def test_who_ordered_it_finds_it_in_another_department_too(ward: tuple[User, User, Encounter]) -> None:
    an, _chi, stay = ward
    request = order(stay, an)
    discharge(stay, at=ago(hours=1))
    an.practitioner_roles.update(department=department(SURGERY))
    an = User.objects.get(pk=an.pk)
    filed = file(stay, facts(value("4.1")), request=request).report
    assert sees(an, "mine") == [filed]
    assert may_acknowledge(an, filed)


def test_a_restricted_chart_is_not_opened_to_a_person_by_a_result(ward: tuple[User, User, Encounter]) -> None:
    an, chi, stay = ward
    request = order(stay, an)
    discharge(stay, at=ago(hours=1))
    by = make_user("dao", "Lê Đào", "head_of_department", department())
    restrict_patient(patient=stay.patient, level=Confidentiality.RESTRICTED, reason="hiv", by=by)
    stay = Encounter.objects.get(pk=stay.pk)
    request.refresh_from_db()
    file(stay, facts(value("4.1")), request=request)
    assert not CareContext.objects.filter(reason="result", practitioner__isnull=False).exists()
    assert sees(chi) == []


def test_what_waits_when_the_patient_leaves_waits_on(ward: tuple[User, User, Encounter]) -> None:
    _an, chi, stay = ward
    filed = file(stay, facts(value("4.1"), issued_at=ago(hours=2), collected_at=ago(hours=3))).report
    discharge(stay, at=ago(minutes=1))
    assert not filed.came_after_discharge
    assert sees(chi) == []
    assert keep_open_after_discharge(encounter_id=stay.pk) == 1
    assert keep_open_after_discharge(encounter_id=stay.pk) == 0
    assert sees(chi) == [filed]


def test_what_was_filed_in_the_minute_of_discharge_is_found_by_the_next_look(
    ward: tuple[User, User, Encounter],
) -> None:
    _an, chi, stay = ward
    filed = file(stay, facts(value("4.1"), issued_at=ago(hours=2), collected_at=ago(hours=3))).report
    discharge(stay, at=ago(minutes=1))
    assert sees(chi) == []
    with wall.nowhere():  # the clock is of no facility
        look()
        look()
    assert sees(chi) == [filed]
    assert CareContext.objects.filter(reason="result").count() == 1


def test_a_replaced_version_leaves_the_chart_open_for_the_new_one_alone(
    ward: tuple[User, User, Encounter],
) -> None:
    _an, chi, stay = ward
    discharge(stay, at=ago(hours=1))
    file(stay, facts(value("4.1")))
    changed = file(stay, facts(value("4.4"), version="2", status="corrected", issued_at=later(5))).report
    opened = CareContext.objects.filter(reason="result", ends_at=None)
    assert [care.source for care in opened] == [f"review:{ReportReview.objects.get(report=changed).pk}"]
    assert sees(chi) == [changed]


def test_a_critical_one_rings_in_the_ward_where_the_patient_lies_now(
    ward: tuple[User, User, Encounter],
) -> None:
    an, _chi, stay = ward
    surgeon = make_user("dung", "Phạm Dũng", "doctor", department(SURGERY))
    request = order(stay, an)
    discharge(stay, at=ago(hours=1))
    admit(Patient.objects.get(pk=stay.patient_id), department=department(SURGERY), at=ago(minutes=40))
    filed = file(stay, facts(CRITICAL), request=request).report
    notice = Notice.objects.get(kind="results.critical")
    told = set(NoticeRecipient.objects.filter(notice=notice).values_list("user__username", flat=True))
    assert {"an", "dung"} <= told
    assert sees(surgeon, "team") == [filed]
    assert may_acknowledge(surgeon, filed)
    assert not may_acknowledge(make_user("e", "Vũ Em", "doctor", department(("K99", "Khoa Nhi"))), filed)


def test_a_result_of_a_merged_number_goes_to_the_ward_that_cared_for_the_person(
    ward: tuple[User, User, Encounter],
) -> None:
    an, chi, stay = ward
    discharge(stay, at=ago(hours=1))
    twin = make_patient("Đào Thị Bích Đào")
    merge_patients(survivor=stay.patient, duplicate=twin, by=an, reason="Một người")
    twin.refresh_from_db()
    filed = file(stay, facts(value("4.1")), patient=twin, encounter=None).report
    assert ReportReview.objects.get(report=filed).department == stay.department
    assert sees(chi, "team") == [filed]


def test_lists_say_that_it_came_late(ward: tuple[User, User, Encounter]) -> None:
    _an, chi, stay = ward
    early = file(stay, facts(value("4.1"), issued_at=ago(hours=2), collected_at=ago(hours=3))).report
    discharge(stay, at=now())
    left = Encounter.objects.get(pk=stay.pk)
    late = file(left, facts(value("4.4"), number="L2", issued_at=ago(minutes=-5))).report
    keep_open_after_discharge(encounter_id=stay.pk)
    reports = {report.pk: report.came_after_discharge for report in DiagnosticReport.objects.all()}
    assert reports == {early.pk: False, late.pk: True}
    page = signed_in(chi)
    assert page.get("/results/").content.decode().count("về sau khi ra viện") == 1
    assert "về sau khi ra viện" in page.get(f"/results/{late.uuid}/").content.decode()
    assert "về sau khi ra viện" not in page.get(f"/results/{early.uuid}/").content.decode()


def test_the_clock_rings_again_for_a_critical_result_behind_the_wall(
    ward: tuple[User, User, Encounter],
) -> None:
    _an, _chi, stay = ward
    file(stay, facts(CRITICAL))
    [notice] = Notice.objects.filter(kind="results.critical")
    withdraw(facility=make_facility(), key=notice.key)
    with wall.nowhere():
        telling.look()
    assert Notice.objects.filter(kind="results.critical", cause_gone_at=None).count() == 1


def test_who_ordered_it_and_the_head_are_told_until_somebody_acknowledges_it(
    ward: tuple[User, User, Encounter],
) -> None:
    an, chi, stay = ward
    head = make_user("hoa", "Trần Thị Hoa", "head_of_department", department())
    request = order(stay, an)
    early = file(stay, facts(value("4.1"), issued_at=ago(hours=2)), request=request).report
    assert not Notice.objects.filter(kind="results.late").exists()
    discharge(stay, at=ago(hours=1))
    late = file(Encounter.objects.get(pk=stay.pk), facts(value("4.4"), number="L2")).report
    left = Encounter.objects.get(pk=stay.pk)
    ordered = file(left, facts(value("4.5"), number="L3"), request=request).report
    assert early.pk not in {late.pk, ordered.pk}
    by_report = {notice.about_id: notice for notice in Notice.objects.filter(kind="results.late")}
    assert set(by_report) == {late.pk, ordered.pk}
    recipients = NoticeRecipient.objects.filter(notice=by_report[ordered.pk])
    assert set(recipients.values_list("user", flat=True)) == {an.pk, head.pk}
    assert set(NoticeRecipient.objects.filter(notice=by_report[late.pk]).values_list("user", flat=True)) == {
        head.pk
    }
    acknowledge(report=ordered, by=an)
    assert Notice.objects.get(pk=by_report[ordered.pk].pk).cause_gone_at is not None
    assert Notice.objects.get(pk=by_report[late.pk].pk).cause_gone_at is None
    assert not may_acknowledge(make_user("la", "Ngô Văn Lạ", "doctor", department(SURGERY)), late)
    assert chi.pk not in set(NoticeRecipient.objects.values_list("user", flat=True))
