"""At the desk, in Chromium: one scan and one key register somebody; four keys find them again."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from emr.audit.models import AuditEvent
from patients.history.services import record_allergy
from patients.registry import systems
from patients.registry.models import Identifier, Patient
from tests.encounters.visits.ward import know
from tests.patients.people import make_clerk, make_patient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

CARD = (
    "038157012345|171234567|NGUYỄN THỊ ĐÀO|14031957|Nữ|Thôn 3, Xã Ba Cụm Bắc, Khánh Sơn, Khánh Hòa|21122021"
)


@pytest.fixture
def desk(page: Any, live_server: Any) -> Any:
    """Dung has signed in at the desk."""
    make_clerk()
    page.goto(live_server.url)
    page.fill("[name=username]", "dung")
    page.fill("[name=password]", "benhanmo")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#patient-search")
    return page


def _scan(page: Any, line: str) -> None:
    """As a keyboard-wedge scanner types: very fast, then Enter."""
    page.keyboard.type(line)
    page.keyboard.press("Enter")


def test_one_scan_and_one_key_register(desk: Any, live_server: Any, screenshots: Path) -> None:
    desk.goto(f"{live_server.url}/patients/register/")
    desk.screenshot(path=screenshots / "patients-register.png")
    _scan(desk, CARD)
    expect(desk.locator("#id_full_name")).to_have_value("Nguyễn Thị Đào")
    desk.screenshot(path=screenshots / "patients-register-scanned.png")
    desk.keyboard.press("F9")
    desk.wait_for_selector("#patient-banner")
    assert "NGUYỄN THỊ ĐÀO" in desk.inner_text("#patient-banner").upper()
    desk.screenshot(path=screenshots / "patients-chart.png")
    patient = Patient.objects.get()
    assert Identifier.objects.filter(patient=patient, system=systems.CITIZEN, value="038157012345").exists()
    # The same card, later, anywhere: the chart at once.
    desk.goto(live_server.url)
    _scan(desk, CARD)
    desk.wait_for_url(f"**/patients/{patient.uuid}/")
    assert Patient.objects.count() == 1


def test_four_keys_find_a_patient_and_enter_opens(desk: Any, live_server: Any, screenshots: Path) -> None:
    dao = make_patient(full_name="Nguyễn Thị Đào")
    make_patient("Trần Văn Hùng", birth_year=1987, sex="male")
    record_allergy(patient=dao, substance="Penicillin", by=None)
    desk.goto(f"{live_server.url}/patients/")
    desk.keyboard.type("dao ", delay=60)
    desk.wait_for_selector("[data-result]")
    assert desk.locator("[data-result]").count() == 1
    desk.screenshot(path=screenshots / "patients-search.png")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/patients/{dao.uuid}/")
    assert "Penicillin" in desk.inner_text("#patient-banner .allergy")
    desk.screenshot(path=screenshots / "patients-chart-allergy.png")
    # What was looked for stands in no address; the log has a mark of it and a count.
    line = AuditEvent.objects.filter(action="patient.search").latest("recorded_at")
    assert "dao" not in str(line.detail)


def test_somebody_alike_is_shown_side_by_side(desk: Any, live_server: Any, screenshots: Path) -> None:
    dao = make_patient(address_text="Thôn 3, Xã Ba Cụm Bắc")
    desk.goto(f"{live_server.url}/patients/register/")
    _scan(desk, CARD)
    desk.wait_for_selector("text=95")
    desk.screenshot(path=screenshots / "patients-duplicates.png")
    desk.click(f"a[href='/patients/{dao.uuid}/']")
    desk.wait_for_selector("#patient-banner")
    assert Patient.objects.count() == 1


@pytest.mark.parametrize("width", [820, 1024, 1366])
def test_name_and_allergy_stand_whole_in_the_banner(desk: Any, live_server: Any, width: int) -> None:
    dao = make_patient(full_name="Nguyễn Hoàng Thị Ngọc Đào")
    record_allergy(patient=dao, substance="Amoxicilin và acid clavulanic", by=None)
    desk.set_viewport_size({"width": width, "height": 900})
    desk.goto(f"{live_server.url}/patients/{dao.uuid}/")
    for part in (".name", ".allergy"):
        cut = desk.eval_on_selector(f"#patient-banner {part}", "e => e.scrollWidth > e.clientWidth + 1")
        assert not cut, part
        expect(desk.locator(f"#patient-banner {part}")).to_be_in_viewport(ratio=1)


def test_the_commune_is_looked_for_in_the_province_chosen(desk: Any, live_server: Any) -> None:
    know("56", "Tỉnh Khánh Hòa", system="province")
    know("22336", "Phường Nha Trang", system="commune")
    desk.goto(f"{live_server.url}/patients/register/")
    desk.select_option("#id_province", "56")
    box = desk.locator("[role=combobox][name=commune_text]")
    box.click()
    with desk.expect_request(lambda request: "q=nha" in request.url) as asked:
        box.press_sequentially("nha", delay=20)
    assert "parent=56" in asked.value.url
    box.fill("Phường Nha Trang")
    desk.select_option("#id_province", "")  # another province has other communes
    expect(box).to_have_value("")
