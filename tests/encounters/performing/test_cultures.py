"""Cultures without a laboratory system: isolates with antibiogram, provisional, released by a second person, corrected."""

import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from emr.accounts.models import User
from emr.common.errors import DomainError
from encounters.orders.models import ServiceRequest
from encounters.performing import services
from encounters.performing.services import Isolate, Tried
from encounters.results.models import DiagnosticReport, Finding, ReportReview
from encounters.results.paper import report_lines
from encounters.results.selectors import sheet_of
from tests.encounters.performing.test_entering import make_world, technician
from tests.encounters.results.reports import order
from tests.encounters.visits.ward import admit, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
BLOOD = "XN0061"
AMIKACIN = Tried(title="Amikacin", code="AMK", mic="<=2", judged="S")
CIPRO = Tried(title="Ciprofloxacin", code="CIP", mic=">4", zone="6", judged="R")
ECOLI = Isolate(
    number=1, organism="escherichia coli", quantity="10^5", note="ESBL (+)", tried=(AMIKACIN, CIPRO)
)
KLEBSIELLA = Isolate(
    number=2, organism="KPN", tried=(Tried(title="Amikacin", code="AMK", zone="14", judged="R"),)
)


@pytest.fixture
def culture() -> ServiceRequest:
    an, stay = make_world()
    return order(stay, an, BLOOD, text="Cấy máu")


def enter(
    request: ServiceRequest,
    by: User,
    *isolates: Isolate,
    reason: str = "",
    critical: bool = False,
    **typed: str,
) -> DiagnosticReport:
    return services.enter_values(
        request=request,
        typed=typed,
        isolates=isolates,
        is_critical=critical,
        note="",
        key=str(uuid.uuid4()),
        by=by,
        reason=reason,
    )


def tree(report: DiagnosticReport) -> dict[str, list[tuple[str, str, str]]]:
    """{isolate: [(antibiotic, value, flag)]}."""
    lines = sheet_of(report).lines
    found: dict[str, list[tuple[str, str, str]]] = {}
    for line in lines:
        if line.depth == 0:
            found[line.value] = []
        else:
            found[list(found)[-1]].append((line.finding.title, line.value, line.finding.flag))
    return found


def test_isolates_stand_with_their_antibiogram_below_as_those_of_a_laboratory_system(
    culture: ServiceRequest,
) -> None:
    report = enter(culture, technician(), ECOLI, KLEBSIELLA, GRAM="Trực khuẩn Gram âm")
    assert (report.status, report.category, report.is_abnormal) == ("preliminary", "microbiology", True)
    assert tree(report) == {
        "Trực khuẩn Gram âm": [],
        "Escherichia coli": [("Amikacin", "<=2", "S"), ("Ciprofloxacin", ">4", "R")],
        "Klebsiella pneumoniae": [("Amikacin", "14", "R")],
    }
    head = Finding.objects.get(text="Escherichia coli")
    assert (head.value_code, head.flag, head.note) == ("ECO", "POS", "10^5\nESBL (+)")
    cipro = Finding.objects.get(title="Ciprofloxacin")
    assert (cipro.parent, cipro.number, cipro.comparator, cipro.unit, cipro.note) == (
        head,
        Decimal(4),
        ">",
        "mg/L",
        "6 mm",
    )
    assert Finding.objects.get(parent__text="Klebsiella pneumoniae").unit == "mm"
    assert [line["depth"] for line in report_lines(report)] == [0, 0, 1, 1, 0, 1]


def test_provisional_then_final_by_a_second_person_then_corrected(culture: ServiceRequest) -> None:
    khoa, minh = technician(), technician("minh")
    enter(culture, khoa, GRAM="Trực khuẩn Gram âm")
    grown = enter(culture, khoa, ECOLI, KLEBSIELLA, GRAM="Trực khuẩn Gram âm")
    with pytest.raises(DomainError):
        services.release(report=grown, by=khoa)
    final = services.release(report=grown, by=minh)
    assert (final.status, final.category, tree(final)) == ("final", "microbiology", tree(grown))
    assert ReportReview.objects.get(report=final).urgency == ReportReview.Urgency.ABNORMAL
    changed = Isolate(
        number=2, organism="KPN", tried=(Tried(title="Amikacin", code="AMK", zone="20", judged="S"),)
    )
    corrected = enter(culture, minh, ECOLI, changed, GRAM="Trực khuẩn Gram âm", reason="Đọc nhầm vòng")
    assert corrected.status == "corrected"
    said = {
        (line.finding.parent_id and line.finding.parent.text, line.finding.title): line
        for line in sheet_of(corrected).lines
    }
    assert said["Klebsiella pneumoniae", "Amikacin"].before == "14 mm"
    assert not said["Escherichia coli", "Amikacin"].is_changed


def test_nothing_grew_is_a_result_too_and_contradicts_an_isolate(culture: ServiceRequest) -> None:
    khoa = technician()
    none = {"GROWTH": "Không mọc sau 5 ngày"}
    report = enter(culture, khoa, **none)
    assert (report.is_abnormal, list(tree(report))) == (False, ["Không mọc sau 5 ngày"])
    with pytest.raises(DomainError) as refused:
        enter(culture, khoa, ECOLI, **none)
    assert refused.value.field == "v-GROWTH"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Isolate(number=1, organism="", tried=(AMIKACIN,)), "i1-organism"),
        (
            Isolate(number=2, organism="ECO", tried=(Tried(title="Amikacin", code="AMK", mic="2"),)),
            "i2-AMK-judged",
        ),
        (
            Isolate(
                number=1,
                organism="ECO",
                tried=(Tried(title="Amikacin", code="AMK", mic="nan", judged="S"),),
            ),
            "i1-AMK-mic",
        ),
        (Isolate(number=1, organism="ECO", tried=(Tried(title="", mic="2", judged="S"),)), "i1-_-title"),
    ],
)
def test_half_an_isolate_is_refused_by_its_field(culture: ServiceRequest, wrong: Isolate, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        enter(culture, technician(), wrong)
    assert refused.value.field == field
    assert not DiagnosticReport.objects.exists()


def test_a_critical_culture_rings_before_it_is_released(culture: ServiceRequest) -> None:
    report = enter(culture, technician(), ECOLI, critical=True)
    assert report.is_critical
    assert ReportReview.objects.get(report=report).urgency == ReportReview.Urgency.CRITICAL
    final = services.release(report=report, by=technician("minh"))
    assert final.is_critical


def test_the_page_offers_the_panel_of_what_grew_and_keeps_what_was_typed(culture: ServiceRequest) -> None:
    khoa = signed_in(technician())
    address = reverse("encounters:performing:enter_laboratory", args=[culture.uuid])
    empty = khoa.get(address).content.decode()
    assert 'name="i1-organism"' in empty
    assert 'name="i1-AMK-judged"' not in empty
    told = {"v-GRAM": "Cầu khuẩn Gram dương", "i1-organism": "Staphylococcus aureus"}
    panel = khoa.post(address, told | {"action": "panel"}).content.decode()
    assert 'name="i1-VAN-judged"' in panel
    assert 'name="i1-AMK-judged"' not in panel
    assert 'value="Cầu khuẩn Gram dương"' in panel
    two = told | {"i1-VAN-mic": "1", "i1-VAN-judged": "S", "action": "isolate"}
    assert 'name="i2-organism"' in khoa.post(address, two).content.decode()
    wrong = khoa.post(address, two | {"i1-FOX-mic": "x", "i1-_-title": "Mupirocin", "action": "keep"})
    assert wrong.status_code == 422
    assert 'value="Mupirocin"' in wrong.content.decode()
    assert not DiagnosticReport.objects.exists()
    kept = two | {
        "i1-_-title": "Mupirocin",
        "i1-_-zone": "18",
        "i1-_-judged": "S",
        "i1-note": "MRSA",
        "action": "keep",
    }
    assert khoa.post(address, kept).status_code == 302
    again = khoa.get(address).content.decode()
    for shown in ('value="Staphylococcus aureus"', 'value="MRSA"', 'value="Mupirocin"', 'value="18"'):
        assert shown in again
    assert Finding.objects.filter(parent__isnull=False).count() == 2


def test_other_tests_have_no_isolates(culture: ServiceRequest) -> None:
    other = order(admit(make_patient("Lê Thị Na")), culture.requester, "XN0029", text="Điện giải đồ")
    page = signed_in(technician()).get(reverse("encounters:performing:enter_laboratory", args=[other.uuid]))
    assert 'name="i1-organism"' not in page.content.decode()
    report = enter(other, technician("minh"), NA="139")
    assert report.category == "laboratory"
