"""Results entered by hand: in the limits of sex and age, questioned where they jump, released by a second person."""

import uuid
from decimal import Decimal

import pytest

from emr.accounts.models import User
from emr.accounts.services import keep_setting
from emr.common.errors import DomainError
from emr.notices.models import Notice
from encounters.orders.models import ServiceRequest
from encounters.orders.services import load_shipped, stop_order
from encounters.performing import services
from encounters.performing.models import AnalyteRange
from encounters.performing.selectors import fields_of, held_report
from encounters.results.facts import AttachmentFacts
from encounters.results.models import DiagnosticReport, Finding, ReportReview
from encounters.specimens.models import RequestEvent
from encounters.visits.models import Encounter
from patients.registry.models import Patient
from tests.emr.people import make_department, make_facility, make_user
from tests.encounters import chart
from tests.encounters.results.reports import order
from tests.encounters.visits.ward import admit
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
ELECTROLYTES, CBC, FILM = "XN0029", "XN0001", "CDHA0001"
PICTURE = AttachmentFacts(title="phim.jpg", content_type="image/jpeg", data=b"\xff\xd8\xff\xe0jpeg")


def technician(name: str = "khoa", role: str = "laboratory") -> User:
    return make_user(
        name, f"Đỗ Minh {name.title()}", role, make_department(make_facility(), "K41", "Xét nghiệm")
    )


def make_world() -> tuple[User, Encounter]:
    an, stay = chart.make_stay()
    load_shipped(facility=make_facility())
    return an, stay


def enter(request: ServiceRequest, by: User, **typed: str) -> DiagnosticReport:
    confirmed = typed.pop("confirmed", "")
    reason = typed.pop("reason", "")
    return services.enter_values(
        request=request,
        typed=typed,
        note="",
        key=str(uuid.uuid4()),
        by=by,
        confirmed=bool(confirmed),
        reason=reason,
    )


def of(sex: str, born: int, code: str = CBC) -> dict[str, AnalyteRange]:
    """The analytes' rows for somebody."""
    stay = admit(make_patient(f"Người {sex} {born}", sex=sex, birth_year=born, birth_date=None))
    request = order(stay, User.objects.get(username="an"), code, text="Xét nghiệm")
    return {field.row.analyte: field.row for field in fields_of(request)}


def test_limits_follow_sex_and_age() -> None:
    make_world()
    man, woman, child = of("male", 1970), of("female", 1970), of("male", 2024)
    assert (man["HGB"].low, woman["HGB"].low, child["HGB"].low) == (Decimal(130), Decimal(120), Decimal(110))
    assert (man["WBC"].high, child["WBC"].high) == (Decimal(10), Decimal(15))
    assert list(man) == ["WBC", "RBC", "HGB", "HCT", "PLT", "NEU"]


def test_without_a_birth_limits_that_need_an_age_are_left_out() -> None:
    make_world()
    stay = admit(make_patient("Không rõ", sex="male", birth_year=None, birth_date=None))
    request = order(stay, User.objects.get(username="an"), CBC, text="CTM")
    rows = {field.row.analyte: field.row for field in fields_of(request)}
    assert rows["HGB"].low is None
    assert rows["PLT"].low == Decimal(150)


def test_a_second_person_releases_and_the_doctor_finds_it_in_the_inbox() -> None:
    an, stay = make_world()
    request = order(stay, an, ELECTROLYTES)
    khoa, minh = technician(), technician("minh")
    report = enter(request, khoa, NA="139", K="5,6", CL="101")
    request.refresh_from_db()
    assert (report.status, report.author, request.status) == ("preliminary", khoa, "active")
    assert not ReportReview.objects.exists()
    with pytest.raises(DomainError) as refused:
        services.release(report=report, by=khoa)
    assert refused.value.code == "second_person"
    final = services.release(report=report, by=minh)
    again = services.release(report=report, by=minh)
    assert final.pk == again.pk
    request.refresh_from_db()
    assert (final.status, final.author, final.approved_by, request.status) == (
        "final",
        khoa,
        minh,
        "completed",
    )
    assert final.replaces == report
    found = {f.code: (f.number, f.flag, f.unit) for f in final.findings.all()}
    assert found["K"] == (Decimal("5.6"), "H", "mmol/L")
    assert found["NA"][1] == "N"
    review = ReportReview.objects.get(report=final)
    assert review.requester == an


def test_alone_where_the_facility_lets() -> None:
    an, stay = make_world()
    keep_setting(facility=make_facility(), name="release_own_laboratory", value=True, by=None)
    khoa = technician()
    report = enter(order(stay, an, ELECTROLYTES), khoa, NA="139")
    assert services.release(report=report, by=khoa).status == "final"


def test_a_critical_value_is_asked_about_and_rings_when_released() -> None:
    an, stay = make_world()
    request = order(stay, an, ELECTROLYTES)
    khoa = technician()
    with pytest.raises(services.Questions) as asked:
        enter(request, khoa, K="7,1")
    assert len(asked.value.asked) == 1
    assert not DiagnosticReport.objects.exists()
    report = enter(request, khoa, K="7,1", confirmed="1")
    assert report.is_critical
    assert Notice.objects.filter(kind="results.critical").exists()


def test_a_jump_since_the_last_value_is_asked_about_and_not_forbidden() -> None:
    an, stay = make_world()
    khoa, minh = technician(), technician("minh")
    services.release(report=enter(order(stay, an, ELECTROLYTES), khoa, K="4,0"), by=minh)
    second = order(admit_again(stay), an, ELECTROLYTES, text="Điện giải đồ lần hai", priority="stat")
    [potassium] = [field for field in fields_of(second) if field.row.analyte == "K"]
    assert potassium.before_text == "4 mmol/L"
    with pytest.raises(services.Questions) as asked:
        enter(second, khoa, K="5,9")
    assert "4 mmol/L" in asked.value.asked[0]
    assert enter(second, khoa, K="4,4").status == "preliminary"
    assert enter(second, khoa, K="5,9", confirmed="1").status == "preliminary"


def admit_again(stay: Encounter) -> Encounter:
    """The person's next stay: an earlier test of this one would be asked about when it is ordered."""
    from tests.encounters.visits.ward import discharge  # noqa: PLC0415

    discharge(stay)
    return admit(Patient.objects.get(pk=stay.patient_id))


def test_the_form_sent_twice_is_one_version_and_a_new_one_replaces_it() -> None:
    an, stay = make_world()
    request = order(stay, an, ELECTROLYTES)
    khoa = technician()
    told = {"request": request, "typed": {"NA": "139"}, "note": "", "key": "k1", "by": khoa}
    first = services.enter_values(**told)  # type: ignore[arg-type]
    assert services.enter_values(**told) == first  # type: ignore[arg-type]
    second = enter(request, khoa, NA="140")
    assert second.replaces == first
    assert held_report(request) == second


def test_a_released_result_is_corrected_with_a_reason_by_who_may_release() -> None:
    an, stay = make_world()
    request = order(stay, an, ELECTROLYTES)
    khoa, minh = technician(), technician("minh")
    final = services.release(report=enter(request, khoa, K="4,9"), by=minh)
    with pytest.raises(DomainError) as refused:
        enter(request, minh, K="4,1")
    assert refused.value.field == "reason"
    corrected = enter(request, minh, K="4,1", reason="Mẫu tán huyết")
    assert (corrected.status, corrected.replaces) == ("corrected", final)
    assert "Mẫu tán huyết" in corrected.note


@pytest.mark.parametrize("wrong", [{"K": "bốn"}, {"K": "4..1"}, {}])
def test_what_is_no_value_is_refused_and_nothing_is_kept(wrong: dict[str, str]) -> None:
    an, stay = make_world()
    with pytest.raises(DomainError):
        enter(order(stay, an, ELECTROLYTES), technician(), **wrong)
    assert not DiagnosticReport.objects.exists()


def test_words_to_choose_from_flag_themselves() -> None:
    an, stay = make_world()
    report = enter(order(stay, an, "XN0051", text="HBsAg"), technician(), HBSAG="Dương tính")
    assert (report.is_abnormal, Finding.objects.get().text) == (True, "Dương tính")
    with pytest.raises(DomainError):
        enter(
            order(admit(make_patient("Lê Thị Na")), an, "XN0051", text="HBsAg"), technician("b"), HBSAG="Có"
        )


def test_a_stopped_order_takes_no_result_and_a_refused_one_rings() -> None:
    an, stay = make_world()
    request = order(stay, an, ELECTROLYTES)
    stop_order(order=request, reason="Thôi", by=an)
    with pytest.raises(DomainError):
        enter(request, technician(), K="4,0")
    other = order(stay, an, FILM, category="imaging", text="X-quang ngực")
    huy = technician("huy", "imaging")
    with pytest.raises(DomainError):
        services.refuse_order(request=other, reason=" ", by=huy)
    services.refuse_order(request=other, reason="Máy hỏng", by=huy)
    other.refresh_from_db()
    assert (other.status, other.status_changed_by) == ("revoked", huy)
    assert Notice.objects.filter(kind="specimens.cancelled").exists()


def test_an_imaging_report_is_words_with_pictures_and_its_doctor_releases_it() -> None:
    an, stay = make_world()
    request = order(stay, an, "CDHA0024", category="imaging", text="Siêu âm ổ bụng")
    huy = technician("huy", "imaging")
    assert services.take_on(request=request, by=huy)
    assert not services.take_on(request=request, by=huy)
    assert RequestEvent.objects.get().kind == "started"
    with pytest.raises(DomainError):
        services.enter_image_report(
            request=request, report=services.ImageReport(narrative="x", conclusion=" "), key="1", by=huy
        )
    written = services.ImageReport(narrative="Gan không to.", conclusion="Bình thường.", files=(PICTURE,))
    report = services.enter_image_report(request=request, report=written, key="2", by=huy)
    final = services.release(report=report, by=huy)
    request.refresh_from_db()
    assert (final.category, final.conclusion, request.status) == ("ultrasound", "Bình thường.", "completed")
    assert final.accession_number == request.accession_number
    assert [f.title for f in final.attachments.all()] == ["phim.jpg"]
