"""A report is filed once, by version; newer goes before older, nothing is overwritten, nobody gets another's result."""

import dataclasses
import datetime as dt
import itertools
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.orders.services import add_service
from encounters.results import flags
from encounters.results.facts import AttachmentFacts
from encounters.results.models import DiagnosticReport, Finding, ReportReview
from encounters.results.services import take_back
from patients.registry.services import merge_patients
from tests.emr.people import make_an
from tests.encounters import chart
from tests.encounters.results.reports import facts, file, later, order, value
from tests.encounters.visits.ward import admit, ago, department, discharge
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def held(number: str = "L1") -> list[str]:
    """Status of what holds under the producer's number."""
    found = DiagnosticReport.objects.filter(filler_number=number, replaced_by=None)
    return list(found.values_list("status", flat=True))


def test_the_same_version_twice_is_one_report_and_other_content_under_its_key_is_refused() -> None:
    stay = admit()
    first = file(stay, facts(value()))
    again = file(stay, facts(value("4.10")))
    assert (first.outcome, again.outcome) == ("filed", "same")
    assert first.report.pk == again.report.pk
    assert (DiagnosticReport.objects.count(), Finding.objects.count()) == (1, 1)
    with pytest.raises(Conflict) as refusal:
        file(stay, facts(value("4.4")))
    assert refusal.value.code == "key_reused"


def test_preliminary_then_final_then_corrected_each_replace_the_one_before() -> None:
    stay = admit()
    for minutes, status, number in ((0, "preliminary", "5.8"), (5, "final", "5.9"), (9, "corrected", "4.9")):
        told = file(stay, facts(value(number), version=status, status=status, issued_at=later(minutes)))
        assert told.is_new
    assert held() == ["corrected"]
    rows = list(DiagnosticReport.objects.order_by("pk"))
    assert [row.replaces_id for row in rows] == [None, rows[0].pk, rows[1].pk]
    assert Finding.objects.get(report=rows[1]).number == Decimal("5.9")


@pytest.mark.parametrize(
    ("status", "minutes"), [("preliminary", 20), ("final", 20), ("corrected", -10), ("registered", 0)]
)
def test_what_comes_late_never_goes_before_what_is_held(status: str, minutes: int) -> None:
    stay = admit()
    file(stay, facts(value("4.9"), version="C", status="corrected", issued_at=later(10)))
    late = file(stay, facts(value("9.9"), version="late", status=status, issued_at=later(minutes)))
    assert late.outcome == "late"
    assert held() == ["corrected"]
    assert not Finding.objects.filter(number=Decimal("9.9")).exists()


@pytest.mark.parametrize("order_of", list(itertools.permutations(["preliminary", "final", "corrected"])))
def test_in_whatever_order_the_versions_come_the_newest_holds(order_of: tuple[str, ...]) -> None:
    minutes = {"preliminary": 0, "final": 5, "corrected": 9}
    stay = admit()
    for status in order_of * 2:
        file(stay, facts(value(), version=status, status=status, issued_at=later(minutes[status])))
    assert held() == ["corrected"]


def test_a_cancelled_report_holds_no_finding_and_a_late_final_does_not_revive_it() -> None:
    stay = admit()
    file(stay, facts(value()))
    file(stay, facts(version="X", status="cancelled", issued_at=later(5)))
    file(stay, facts(value(), version="F2", issued_at=later(3)))
    assert held() == ["cancelled"]


def test_a_released_report_completes_its_order_and_taking_it_back_opens_it_again() -> None:
    an, stay = chart.make_stay()
    request = order(stay, an)
    file(stay, facts(value(), version="P", status="preliminary"), request=request)
    request.refresh_from_db()
    assert request.status == "active"
    report = file(stay, facts(value(), version="F"), request=request).report
    request.refresh_from_db()
    assert request.status == "completed"
    taken = take_back(report=report, reason="Nhầm ống nghiệm", by=an)
    request.refresh_from_db()
    assert (request.status, taken.status, taken.replaces) == ("active", "entered-in-error", report)
    assert not taken.findings.exists()
    assert take_back(report=taken, reason="Lần hai", by=an) == taken


def test_a_result_of_the_wrong_patient_is_taken_back_and_filed_for_the_right_one() -> None:
    an = make_an(department())
    wrong, right = admit(), admit(make_patient("Lê Văn Hùng"))
    report = file(wrong, facts(value())).report
    with pytest.raises(DomainError) as refusal:
        file(right, facts(value(), version="2", status="corrected"))
    assert refusal.value.code == "other_patient"
    with pytest.raises(DomainError):
        take_back(report=report, reason=" ", by=an)
    take_back(report=report, reason="Nhầm người bệnh", by=an)
    assert file(wrong, facts(value())).outcome == "same"
    with pytest.raises(DomainError) as refusal:
        file(wrong, facts(value(), version="3"))
    assert refusal.value.code == "taken_back"
    moved = file(right, facts(value()))
    assert (moved.outcome, moved.report.replaces) == ("filed", None)
    assert DiagnosticReport.objects.filter(patient=wrong.patient, replaced_by=None).get().is_void


def test_results_come_after_discharge_and_for_a_row_that_was_merged() -> None:
    an = make_an(department())
    stay = admit(at=ago(hours=5))
    survivor = make_patient("Nguyễn Thị Đào Hai")
    merge_patients(survivor=survivor, duplicate=stay.patient, by=an, reason="Một người")
    discharge(stay)
    stay.patient.refresh_from_db()
    assert file(stay, facts(value(), version="P", status="preliminary")).is_new
    assert file(stay, facts(value(), version="F"), patient=survivor).is_new
    assert held() == ["final"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"number": " "}, "no_number"),
        ({"number": "9" * 81}, "no_number"),
        ({"status": "unknown"}, "bad_status"),
        ({"category": "tarot"}, "bad_category"),
        ({"issued_at": now() + dt.timedelta(days=3)}, "future"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changed: dict[str, object], code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        file(admit(), facts(value(), **changed))  # type: ignore[arg-type]
    assert refusal.value.code == code
    assert not DiagnosticReport.objects.exists()


def test_an_empty_report_a_draft_order_and_numbers_beyond_measure_are_refused() -> None:
    an, stay = chart.make_stay()
    entry = chart.begin(stay, an)
    draft = add_service(entry=entry, by=an, category="laboratory", text="Nháp")
    for report, told, code in (
        (facts(), {}, "empty"),
        (facts(value()), {"request": draft}, "not_in_effect"),
        (facts(value("1e15")), {}, "bad_value"),
        (facts(value("NaN")), {}, "bad_value"),
        (facts(value(None, comparator="<")), {}, "bad_value"),
        (facts(value()), {"patient": make_patient("Lê Văn Hùng")}, "other_patient"),
    ):
        with pytest.raises(DomainError) as refusal:
            file(stay, report, **told)
        assert refusal.value.code == code


def test_an_antibiogram_stands_under_its_isolate_and_files_come_along(
    settings: object, tmp_path: object
) -> None:
    settings.EMR_HOME = tmp_path  # type: ignore[attr-defined]
    drugs = tuple(
        value(None, title=name, loinc="", text="", flag=flag)
        for name, flag in (("Ceftriaxon", "R"), ("Meropenem", "S"))
    )
    isolate = value(None, title="Vi khuẩn phân lập", loinc="634-6", text="E. coli", flag="A", children=drugs)
    stay = admit()
    culture = facts(
        isolate,
        isolate,
        category="microbiology",
        title="Cấy máu",
        attachments=(AttachmentFacts(title="Phiếu", content_type="application/pdf", data=b"%PDF-1.7"),),
    )
    report = file(stay, culture).report
    rows = list(report.findings.order_by("position"))
    assert [row.position for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.parent for row in rows] == [None, rows[0], rows[0], None, rows[3], rows[3]]
    assert [row.flag for row in rows[:3]] == ["A", "R", "S"]
    assert report.attachments.get().attachment.size == 8
    assert file(stay, culture).outcome == "same"


@pytest.mark.parametrize(
    ("number", "told", "flag", "critical"),
    [
        ("4.1", {}, "N", False),
        ("5.4", {}, "H", False),
        ("3.1", {}, "L", False),
        ("7.1", {}, "HH", True),
        ("2.1", {}, "LL", True),
        ("7.1", {"flag": "H"}, "H", True),  # beyond the limits of the house, whatever the sender thinks
        ("7.1", {"unit": "mg/dL", "ucum": "mg/dL"}, "H", False),  # limits in another unit say nothing
        ("3.5", {"comparator": "<"}, "L", False),
        ("4.0", {"comparator": "<"}, "", False),
        ("5.0", {"comparator": ">"}, "H", False),
        ("5.0", {"comparator": ">="}, "", False),
    ],
)
def test_a_flag_is_kept_as_sent_and_computed_where_there_is_none(
    number: str, told: dict[str, str], flag: str, critical: bool
) -> None:
    told_value = value(number, **told)
    found = told_value.flag or flags.computed_flag(told_value)
    assert (found, flags.is_critical(told_value, found)) == (flag, critical)


def test_the_database_refuses_to_change_a_report_or_to_fork_it() -> None:
    stay = admit()
    report = file(stay, facts(value())).report
    for statement in (
        "UPDATE results_diagnosticreport SET status = 'corrected'",
        "DELETE FROM results_diagnosticreport",
        "UPDATE results_finding SET number = 1",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    file(stay, facts(value("4.5"), version="2", status="corrected", issued_at=later(5)))
    fork = {
        field.attname: getattr(report, field.attname)
        for field in DiagnosticReport._meta.concrete_fields
        if field.name not in {"id", "uuid", "created_at"}
    }
    with pytest.raises(DatabaseError), transaction.atomic():
        DiagnosticReport.objects.create(**fork | {"version_key": "3", "replaces_id": report.pk})


def test_history_that_is_loaded_asks_nobody_to_acknowledge_it() -> None:
    stay = admit()
    old = facts(value("9.9"), issued_at=ago(days=90), collected_at=ago(days=90))
    file(stay, old)
    file(stay, dataclasses.replace(old, filler_number="L2", issued_at=ago(hours=1)))
    assert list(ReportReview.objects.values_list("report__filler_number", flat=True)) == ["L2"]
