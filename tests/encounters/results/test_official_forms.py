"""The official forms of results: composed from what was reported, signed as documents, true to the result for ever."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from emr.accounts.models import User
from emr.accounts.services import keep_setting
from emr.common.errors import Conflict, DomainError
from emr.storage.services import read_bytes
from encounters.documents import services as documents
from encounters.documents.models import Document, DocumentBytes
from encounters.forms.engine import parse
from encounters.results import official
from encounters.results.facts import ValueFacts
from encounters.results.models import DiagnosticReport, ReportForm
from encounters.results.services import compose_form, take_back
from encounters.visits.models import Death, Encounter
from signatures.signing.models import SigningRequest
from signatures.signing.selectors import steps_of, waiting_for
from signatures.signing.services import open_further_requests
from tests.emr.people import make_binh, make_chi, make_user
from tests.encounters import chart
from tests.encounters.results.reports import facts, file, later, value
from tests.encounters.results.test_through_time import at, page
from tests.encounters.visits.ward import ago, department, signed_in

pytestmark = pytest.mark.django_db
GLUCOSE = {"title": "Glucose", "loinc": "14749-6", "unit": "mmol/L"}


@pytest.fixture
def stay(settings: Any, tmp_path: Path) -> Encounter:
    settings.EMR_HOME = tmp_path
    for _time in range(2):
        call_command("load_result_forms", verbosity=0)
    return chart.make_stay(at=ago(hours=3))[1]


@pytest.fixture
def hanh(stay: Encounter) -> User:
    return make_user("hanh", "Trần Thị Hạnh", "laboratory", department())


def printed(document: Document) -> str:
    pdf = DocumentBytes.objects.filter(version=document.current_version).latest("revision")
    told = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=read_bytes(pdf.attachment), capture_output=True, check=True
    )
    return told.stdout.decode()


@pytest.mark.parametrize("form", official.FORMS.values(), ids=lambda form: form.code)
def test_every_form_is_a_form_that_the_engine_honours(form: official.ResultForm) -> None:
    parsed = parse(official.questionnaire(form))
    assert (parsed.code, parsed.title.text) == (form.code, form.title)
    assert official.UNCHECKED in official.questionnaire(form)["description"]


@pytest.mark.parametrize(
    ("category", "title", "specimen", "code"),
    [
        ("imaging", "X-quang ngực thẳng", "", "08/BV2"),
        ("imaging", "Chụp CT sọ não không tiêm", "", "09/BV2"),
        ("imaging", "MRI cột sống", "", "10/BV2"),
        ("imaging", "Chụp phim", "", "08/BV2"),
        ("ultrasound", "Siêu âm ổ bụng", "", "11/BV2"),
        ("functional", "Điện tim thường", "", "12/BV2"),
        ("functional", "Điện não đồ", "", "13/BV2"),
        ("endoscopy", "Nội soi dạ dày", "", "14/BV2"),
        ("laboratory", "Tổng phân tích tế bào máu ngoại vi", "Máu", "17/BV2"),
        ("laboratory", "Điện giải đồ", "Máu", "22/BV2"),
        ("laboratory", "Glucose", "Nước tiểu", "23/BV2"),
        ("laboratory", "Hồng cầu", "Phân", "23/BV2"),
        ("laboratory", "Thời gian prothrombin", "", "19/BV2"),
        ("laboratory", "Doctor's choice", "", "16/BV2"),
        ("laboratory", "Huyết - tủy đồ", "Tủy xương", "18/BV2"),
        ("laboratory", "Sinh thiết tủy xương", "", "20/BV2"),
        ("pathology", "Sinh thiết tủy xương", "", "20/BV2"),
        ("laboratory", "Tế bào dịch", "Dịch màng phổi", "21/BV2"),
        ("laboratory", "Glucose", "Dịch não tủy", "23/BV2"),
        ("pathology", "Mổ tử thi", "", "26/BV2"),
        ("microbiology", "Cấy máu", "", "24/BV2"),
        ("pathology", "Sinh thiết", "", "25/BV2"),
    ],
)
def test_a_report_finds_its_form(category: str, title: str, specimen: str, code: str) -> None:
    report = DiagnosticReport(category=category, title=title, specimen_text=specimen)
    assert official.forms_for(report)[0].code == code


def test_a_form_is_composed_printed_and_its_maker_is_asked_to_sign(stay: Encounter, hanh: User) -> None:
    report = file(
        stay, facts(value("7.1", **GLUCOSE), conclusion="Tăng đường huyết", specimen_text="Máu")
    ).report
    document = compose_form(report=report, code="22/BV2", by=hanh)
    assert compose_form(report=report, code="22/BV2", by=hanh).pk == document.pk
    chart.deliver_all()
    text = printed(document)
    for told in ("MS: 22/BV2", "PHIẾU XÉT NGHIỆM HÓA SINH MÁU", "Glucose", "7,1", "Tăng đường huyết",
                 "NGƯỜI DUYỆT KẾT QUẢ", "Trần Thị Hạnh", official.UNCHECKED):  # fmt: skip
        assert told in text, told
    assert [(asked.signer, asked.version) for asked in SigningRequest.objects.all()] == [
        (hanh, document.current_version)
    ]


def test_marrow_stands_in_the_forms_order_beside_blood_and_nothing_is_left_out(
    stay: Encounter, hanh: User
) -> None:
    plain: dict[str, Any] = {
        "loinc": "",
        "low": None,
        "high": None,
        "reference": "",
        "unit": "%",
        "ucum": "%",
    }
    blood = ValueFacts(title="Huyết đồ", children=(value("5", **plain | {"title": "Bạch cầu"}),))
    marrow = ValueFacts(
        title="Tủy đồ",
        children=(
            value("12", **plain | {"title": "Tủy bào"}),
            value("31", **plain | {"title": "Tiền tủy bào"}),
            value("7", **plain | {"title": "Tế bào Gaucher"}),
            value("9", **plain | {"title": "Bạch cầu ưa acid"}),
        ),
    )
    other = ValueFacts(title="Công thức khác", children=(value("2", **plain | {"title": "Ferritin"}),))
    narrative = "Chọc ở gai chậu sau.\nNhận xét: Tủy giàu tế bào.\nRối loạn dòng hạt."
    told = facts(
        blood,
        marrow,
        other,
        value("3", **plain | {"title": "Fibrinogen"}),
        title="Huyết tủy đồ",
        narrative=narrative,
    )
    document = compose_form(report=file(stay, told).report, code="18/BV2", by=hanh)
    report = document.current_version.composition["sections"]["report"]["report"]
    parts = {part["title"]: part for part in report["parts"]}
    assert [line["value"] for line in parts["Huyết đồ"]["lines"]] == ["", "", "", "", "5", ""]
    shown = [(line["title"], line["value"]) for line in parts["Tủy đồ"]["lines"] if line["value"]]
    assert shown == [
        ("Tiền tủy bào", "31"),
        ("Tủy bào", "12"),
        ("Bạch cầu ưa acid", "9"),
        ("Tế bào Gaucher", "7"),
    ]
    assert parts["Nhận xét"]["text"] == "Tủy giàu tế bào.\nRối loạn dòng hạt."
    assert report["narrative"] == "Chọc ở gai chậu sau."
    assert [line["title"] for line in report["lines"]] == ["Công thức khác", "Ferritin", "Fibrinogen"]
    chart.deliver_all()
    text = printed(document)
    for words in (
        "MS: 18/BV2",
        "Tế bào Gaucher",
        "Kết quả khác",
        "Fibrinogen",
        "gai chậu sau",
        "Rối loạn dòng hạt",
    ):
        assert words in text, words


def test_an_autopsy_says_when_the_patient_died(stay: Encounter, hanh: User) -> None:
    died = Death.objects.create(encounter=stay, facility=stay.facility, died_at=ago(hours=2))
    told = facts(
        narrative="1. Đại thể: Gan to.\n2. Vi thể: Hoại tử.", category="pathology", title="Giải phẫu tử thi"
    )
    document = compose_form(report=file(stay, told).report, code="26/BV2", by=hanh)
    report = document.current_version.composition["sections"]["report"]["report"]
    assert report["died_at"] == died.died_at.isoformat()
    assert [part["text"] for part in report["parts"]] == ["", "Gan to.", "Hoại tử.", "", ""]


def test_the_head_of_the_laboratory_signs_after_who_made_it(stay: Encounter, hanh: User) -> None:
    dao = make_user("dao", "Lê Thị Đào", "head_of_department", department())
    marrow = file(stay, facts(value("7.1"), title="Huyết tủy đồ")).report
    blood = file(stay, facts(value("7.1", **GLUCOSE), number="L2")).report
    special = compose_form(report=marrow, code="18/BV2", by=hanh)
    usual = compose_form(report=blood, code="22/BV2", by=hanh)
    chart.deliver_all()

    def asked(document: Document) -> list[tuple[int, User]]:
        return [(one.step, one.signer) for one in steps_of(document)]

    assert asked(special) == [(1, hanh), (2, dao)]
    assert asked(usual) == [(1, hanh)]
    assert list(waiting_for(dao)) == []  # not before the maker has signed
    open_further_requests(version=special.current_version)
    assert len(asked(special)) == 2
    text = printed(special)
    for words in ("NGƯỜI LÀM XÉT NGHIỆM", "TRƯỞNG KHOA XÉT NGHIỆM", "Trần Thị Hạnh", "Lê Thị Đào"):
        assert words in text, words
    assert "TRƯỞNG KHOA" not in printed(usual)
    keep_setting(facility=stay.facility, name="result_second_signature", value="laboratory", by=None)
    all_forms = compose_form(report=file(stay, facts(value("1"), number="L3")).report, code="22/BV2", by=hanh)
    keep_setting(facility=stay.facility, name="result_second_signature", value="none", by=None)
    alone = compose_form(
        report=file(stay, facts(conclusion="Tủy nghèo", title="Tủy đồ", number="L4")).report,
        code="18/BV2",
        by=hanh,
    )
    chart.deliver_all()
    assert (asked(all_forms), asked(alone)) == ([(1, hanh), (2, dao)], [(1, hanh)])


def test_without_a_head_the_place_is_kept_and_the_head_alone_signs_once(stay: Encounter, hanh: User) -> None:
    kept = compose_form(
        report=file(stay, facts(conclusion="Tủy nghèo", title="Tủy đồ")).report, code="18/BV2", by=hanh
    )
    assert kept.current_version.composition["signers"][1]["name"] == ""
    dao = make_user("dao", "Lê Thị Đào", "head_of_department", department())
    alone = compose_form(
        report=file(stay, facts(conclusion="Tủy nghèo", title="Tủy đồ", number="L2")).report,
        code="18/BV2",
        by=dao,
    )
    assert [place["name"] for place in alone.current_version.composition["signers"]] == ["Lê Thị Đào"]
    chart.deliver_all()
    assert [one.signer for one in steps_of(kept)] == [hanh]


def test_a_corrected_result_makes_the_next_version_of_the_same_form(stay: Encounter, hanh: User) -> None:
    old = file(stay, facts(value("7.1"))).report
    first = compose_form(report=old, code="22/BV2", by=hanh)
    new = file(stay, facts(value("4.4"), version="2", status="corrected", issued_at=later(5))).report
    with pytest.raises(Conflict):
        compose_form(report=old, code="22/BV2", by=hanh)
    assert "trước khi sửa" in signed_in(hanh).get(page("report", new.uuid)).content.decode()
    second = compose_form(report=new, code="22/BV2", by=hanh)
    assert (second.pk, second.versions.count(), second.status) == (first.pk, 2, "amended")
    chart.deliver_all()
    assert "4,4" in printed(second)
    assert "trước khi sửa: 7,1" in printed(second)
    assert compose_form(report=new, code="22/BV2", by=hanh).versions.count() == 2


@pytest.mark.parametrize("is_channel", [True, False])
def test_taking_the_result_back_takes_its_form_back(stay: Encounter, hanh: User, is_channel: bool) -> None:
    report = file(stay, facts(value("7.1"))).report
    document = compose_form(report=report, code="22/BV2", by=hanh)
    take_back(report=report, reason="Nhầm người bệnh", by=None if is_channel else hanh)
    document.refresh_from_db()
    assert (document.status, document.error_reason) == ("entered-in-error", "Nhầm người bệnh")


@pytest.mark.parametrize(
    ("told", "code", "refusal"),
    [
        ({"status": "preliminary"}, "22/BV2", "not_released"),
        ({}, "08/BV2", "bad_form"),
        ({}, "36/BV2", "bad_form"),
        ({}, "", "bad_form"),
    ],
)
def test_what_has_no_form_is_refused(
    stay: Encounter, hanh: User, told: dict[str, str], code: str, refusal: str
) -> None:
    report = file(stay, facts(value("7.1"), **told)).report
    with pytest.raises(DomainError) as refused:
        compose_form(report=report, code=code, by=hanh)
    assert refused.value.code == refusal
    assert not Document.objects.exists()


def test_without_a_stay_there_is_no_form(stay: Encounter, hanh: User) -> None:
    report = file(stay, facts(value("7.1")), encounter=None).report
    with pytest.raises(DomainError) as refused:
        compose_form(report=report, code="22/BV2", by=hanh)
    assert refused.value.code == "no_stay"


def test_such_a_form_begun_by_hand_is_never_confirmed(stay: Encounter, hanh: User) -> None:
    file(stay, facts(value("7.1")))
    compose_form(report=DiagnosticReport.objects.get(), code="22/BV2", by=hanh)
    an = User.objects.get(username="an")
    empty = documents.begin_document(encounter=stay, code="22/BV2", by=an)
    with pytest.raises(documents.NotComplete):
        documents.finalize_document(document=empty, revision=1, by=an)
    html = signed_in(an).get(page("form_body", empty.uuid)).content.decode()
    assert "kết quả đã trả" in html


def test_who_may_make_a_form_makes_it_on_the_page(stay: Encounter, hanh: User) -> None:
    blood = file(stay, facts(value("7.1"))).report
    scan = file(stay, facts(narrative="Gan to.", category="ultrasound", title="Siêu âm", **at(0))).report
    an = User.objects.get(username="an")
    assert signed_in(an).post(page("compose_form", blood.uuid), {"code": "22/BV2"}).status_code == 403
    assert (
        page("compose_form", blood.uuid) not in signed_in(an).get(page("report", blood.uuid)).content.decode()
    )
    assert signed_in(make_chi()).post(page("compose_form", scan.uuid), {"code": "11/BV2"}).status_code == 404
    assert signed_in(make_binh(department())).post(page("compose_form", scan.uuid)).status_code == 403
    client = signed_in(an)
    assert page("compose_form", scan.uuid) in client.get(page("report", scan.uuid)).content.decode()
    html = client.post(page("compose_form", scan.uuid), {"code": "11/BV2"}, follow=True).content.decode()
    document = ReportForm.objects.get(report=scan).document
    assert str(document.uuid) in html
    assert document.author == an
    named = file(stay, facts(value("7.2"), number="L7"), author=hanh).report
    other = make_user("hoa", "Lê Hoa", "laboratory", department())
    assert signed_in(other).post(page("compose_form", named.uuid), {"code": "22/BV2"}).status_code == 403
    assert signed_in(hanh).post(page("compose_form", named.uuid), {"code": "22/BV2"}).status_code == 302
