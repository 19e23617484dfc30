"""The technicians' pages over HTTP: each kind behind its right, pressing ones first, what was typed stays."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from encounters.results.models import DiagnosticReport
from encounters.specimens.services import note_performer_step
from tests.encounters.performing.test_entering import ELECTROLYTES, FILM, make_world, technician
from tests.encounters.results.reports import order
from tests.encounters.visits.ward import admit, ago, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def page(name: str, *args: object) -> str:
    return reverse(f"encounters:performing:{name}", args=args)


def _main(html: str) -> str:
    return html.split("<main")[1]


def test_the_list_has_its_kind_the_pressing_ones_first_and_not_what_a_system_does() -> None:
    an, stay = make_world()
    order(stay, an, ELECTROLYTES)
    order(admit(make_patient("Trần Thị Hoa")), an, ELECTROLYTES, priority="stat")
    theirs = order(admit(make_patient("Lê Thị Na")), an, ELECTROLYTES)
    note_performer_step(request=theirs, kind="started", at=ago(), key="1", system="LIS")
    order(stay, an, FILM, category="imaging", text="X-quang ngực")
    khoa = signed_in(technician())
    html = _main(khoa.get(page("laboratory")).content.decode())
    assert html.index("TRẦN THỊ HOA") < html.index(stay.patient.full_name.upper())
    assert "LÊ THỊ NA" not in html
    assert "X-quang ngực" not in html
    assert khoa.get(page("imaging")).status_code == 403
    huy = signed_in(technician("huy", "imaging"))
    assert "X-quang ngực" in huy.get(page("imaging")).content.decode()
    assert huy.get(page("enter_laboratory", theirs.uuid)).status_code == 403
    khoa.post(page("laboratory"), {"q": "hoa", "state": ""})
    assert stay.patient.full_name.upper() not in _main(khoa.get(page("laboratory")).content.decode())
    khoa.post(page("laboratory"), {"q": "", "state": "done"})
    assert "table-hover" not in _main(khoa.get(page("laboratory")).content.decode())


def test_a_page_costs_the_same_whatever_its_length(django_assert_max_num_queries: Any) -> None:
    an, _stay = make_world()
    khoa = signed_in(technician())
    khoa.get(page("laboratory"))
    for number in range(4):
        order(admit(make_patient(f"Người Bệnh {number}")), an, ELECTROLYTES)
    with django_assert_max_num_queries(20):
        html = khoa.get(page("laboratory")).content.decode()
    assert "NGƯỜI BỆNH 3" in html


def test_entered_asked_about_and_released_by_a_second_person() -> None:
    an, stay = make_world()
    request = order(stay, an, ELECTROLYTES)
    khoa, minh = signed_in(technician()), signed_in(technician("minh"))
    address = page("enter_laboratory", request.uuid)
    assert "3,5 – 5" in khoa.get(address).content.decode()
    wrong = khoa.post(address, {"v-K": "bốn", "v-NA": "139", "action": "keep"})
    assert wrong.status_code == 422
    assert 'value="139"' in wrong.content.decode()
    asked = khoa.post(address, {"v-K": "7,1", "action": "keep"})
    assert asked.status_code == 422
    assert "alert-interrupt" in asked.content.decode()
    assert khoa.post(address, {"v-K": "7,1", "action": "keep", "confirmed": "1"}).status_code == 302
    assert 'value="7,1"' in khoa.get(address).content.decode()
    assert khoa.post(page("act_laboratory", request.uuid), {"action": "release"}).status_code == 422
    assert minh.post(page("act_laboratory", request.uuid), {"action": "release"}).status_code == 302
    assert DiagnosticReport.objects.latest("pk").status == "final"
    unexplained = minh.post(address, {"v-K": "4,1", "action": "keep"})
    assert unexplained.status_code == 422
    assert minh.post(address, {"v-K": "4,1", "action": "keep", "reason": "Tán huyết"}).status_code == 302
    assert DiagnosticReport.objects.latest("pk").status == "corrected"


def test_an_image_is_described_with_a_phrase_and_a_picture() -> None:
    an, stay = make_world()
    request = order(stay, an, FILM, category="imaging", text="X-quang ngực thẳng")
    huy = signed_in(technician("huy", "imaging"))
    address = page("enter_imaging", request.uuid)
    filled = huy.post(
        address, {"action": "phrase", "phrase": "CXR-N", "narrative": "Phim đủ sáng.", "conclusion": ""}
    )
    html = filled.content.decode()
    assert "Phim đủ sáng." in html
    assert "Hai phế trường sáng đều" in html
    told = {"narrative": "Hai phế trường sáng.", "conclusion": "Bình thường.", "action": "release"}
    bad = huy.post(address, told | {"files": SimpleUploadedFile("a.exe", b"MZ")})
    assert bad.status_code == 422
    assert "Hai phế trường sáng." in bad.content.decode()
    good = SimpleUploadedFile("phim.png", b"\x89PNG\r\n\x1a\n...")
    assert huy.post(address, told | {"files": good}).status_code == 302
    report = DiagnosticReport.objects.latest("pk")
    assert (report.status, report.attachments.count()) == ("final", 1)
    assert huy.get(address).status_code == 200
    other = order(admit(make_patient("Trần Thị Hoa")), an, FILM, category="imaging", text="X-quang ngực")
    refused = huy.post(page("act_imaging", other.uuid), {"action": "refuse", "reason": ""})
    assert refused.status_code == 422
    assert (
        huy.post(page("act_imaging", other.uuid), {"action": "refuse", "reason": "Máy hỏng"}).status_code
        == 302
    )
    assert huy.post(page("act_imaging", other.uuid), {"action": "x"}).status_code == 400
