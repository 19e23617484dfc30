"""On the ward PC, in Chromium: admitted in four clicks, moved in three, told dead or alive, seen on the board."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from emr.accounts.models import User
from encounters.visits import services
from encounters.visits.models import Encounter
from patients.history.services import record_allergy
from tests.emr.people import make_an
from tests.encounters.visits.ward import (
    EMERGENCY,
    SURGERY,
    admit,
    ago,
    department,
    know,
    make_bed,
    visit,
)
from tests.patients.people import make_clerk, make_patient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


class Hand:
    """Counts what the person does with the mouse."""

    def __init__(self, page: Any) -> None:
        self.page, self.clicks = page, 0

    def click(self, what: Any) -> None:
        self.clicks += 1
        what.click()


def sign_in(page: Any, live_server: Any, user: User) -> None:
    page.goto(live_server.url)
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", "benhanmo")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#patient-search")


def go(page: Any, live_server: Any, name: str, *args: Any) -> None:
    page.goto(live_server.url + reverse(name, args=args))


def settled(page: Any) -> None:
    page.wait_for_load_state("networkidle")


def test_admitted_in_four_clicks_with_bed_number_and_wristband(
    page: Any, live_server: Any, screenshots: Path
) -> None:
    patient = make_patient()
    admit(make_patient("Lê Văn Hùng"), bed=make_bed("01"))
    for number in ("02", "03"):
        make_bed(number)
    department(SURGERY), department(EMERGENCY)
    sign_in(page, live_server, make_clerk())
    go(page, live_server, "patients:registry:chart", patient.uuid)
    page.screenshot(path=screenshots / "visits-chart.png")
    hand = Hand(page)
    hand.click(page.locator(f"a[href='{reverse('encounters:visits:admit', args=[patient.uuid])}']").first)
    hand.click(page.get_by_text("Khoa Nội", exact=True))
    expect(page.locator("#id_bed option:checked")).to_have_text("Phòng 101 · Giường 02")
    settled(page)
    page.screenshot(path=screenshots / "visits-admit.png", full_page=True)
    hand.click(page.locator("form.stay-form button[type=submit]").first)
    page.wait_for_selector(".day-number")
    stay = Encounter.objects.get(patient=patient)
    expect(page.locator(".alert-done, .alert-success").first).to_contain_text(stay.admission_number)
    expect(page.locator("#patient-banner")).to_contain_text("Giường 02")
    with page.context.expect_page():
        hand.click(page.get_by_role("link", name="In vòng tay"))
    assert hand.clicks == 4
    assert stay.locations.get().location == make_bed("02")
    settled(page)
    page.screenshot(path=screenshots / "visits-stay.png", full_page=True)


def test_moved_to_another_ward_in_three_clicks(page: Any, live_server: Any, screenshots: Path) -> None:
    an = make_an()
    stay, bed = admit(bed=make_bed("01"), at=ago(hours=5), attending=an), make_bed("N1", SURGERY)
    record_allergy(patient=stay.patient, substance="Penicillin", by=an)
    sign_in(page, live_server, an)
    go(page, live_server, "encounters:visits:detail", stay.uuid)
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="Chuyển khoa"))
    hand.click(page.get_by_text("Khoa Ngoại", exact=True))
    expect(page.locator("#id_bed")).to_have_value(str(bed.pk))
    settled(page)
    page.screenshot(path=screenshots / "visits-transfer.png", full_page=True)
    hand.click(page.locator("form.stay-form button[type=submit]").first)
    page.wait_for_selector(".places li:nth-child(2)")
    assert hand.clicks == 3
    stay.refresh_from_db()
    assert stay.department == department(SURGERY)
    assert stay.locations.get(ends_at=None).location == bed


def test_the_board_refreshes_without_losing_its_place(page: Any, live_server: Any, screenshots: Path) -> None:
    an = make_an()
    for number in range(1, 61):
        make_bed(f"{number:02d}", position=number)
    make_bed("61", position=61, status="suspended")
    names = ["Nguyễn Thị Đào", "Lê Văn Hùng", "Phạm Văn Sáu", "Trần Thị Bưởi", "Vũ Minh Anh"]
    for number, name in enumerate(names, 1):
        sex = "male" if "Văn" in name else "female"
        patient = make_patient(name, sex=sex, birth_year=1950 + number * 9)
        admit(
            patient, bed=make_bed(f"{number:02d}"), at=ago(days=number), late_reason="Mất điện", attending=an
        )
        if number == 2:
            record_allergy(patient=patient, substance="Penicillin", by=an)
    admit(make_patient("Hoàng Thị Lan"))
    sign_in(page, live_server, an)
    page.screenshot(path=screenshots / "visits-home.png")
    go(page, live_server, "encounters:visits:beds")
    settled(page)
    page.screenshot(path=screenshots / "visits-beds.png")
    page.evaluate("window.scrollTo(0, 120)")
    admit(make_patient("Đặng Thị Mận"), bed=make_bed("60"))
    page.evaluate("htmx.ajax('GET', location.pathname, {target: '#board', swap: 'innerHTML show:none'})")
    expect(page.locator("#board")).to_contain_text("ĐẶNG THỊ MẬN")
    assert page.evaluate("window.scrollY") == 120
    go(page, live_server, "encounters:visits:ward")
    page.screenshot(path=screenshots / "visits-ward.png")
    page.fill("#ward-words", "hung")
    expect(page.locator("#ward-list tbody tr")).to_have_count(1)
    page.click("#ward-list .row-link")
    page.wait_for_selector(".day-number")
    page.go_back()
    expect(page.locator("#ward-list tbody tr")).to_have_count(1)
    expect(page.locator("#ward-words")).to_have_value("hung")


def test_a_discharge_by_keyboard_and_a_diagnosis_by_search(
    page: Any, live_server: Any, screenshots: Path
) -> None:
    know("J18.9", "Viêm phổi, không đặc hiệu")
    an = make_an()
    stay = admit(bed=make_bed("01"), at=ago(hours=5), attending=an, by=an, reason="Ho, sốt")
    sign_in(page, live_server, an)
    go(page, live_server, "encounters:visits:detail", stay.uuid)
    field = page.locator("#diagnoses [role=combobox]")
    field.click()
    field.press_sequentially("viem phoi", delay=30)
    page.wait_for_selector("#diagnoses [role=option]")
    page.keyboard.press("Enter")
    page.keyboard.press("Alt+d")
    expect(page.locator("#diagnoses .diagnosis")).to_contain_text("J18.9")
    page.screenshot(path=screenshots / "visits-diagnosis.png")
    page.keyboard.press("Alt+r")
    page.wait_for_selector("[name=main_text]")
    expect(page.locator("[name=main_text]")).to_have_value("Viêm phổi, không đặc hiệu")
    expect(page.locator("[name=died_at]")).to_be_hidden()
    page.get_by_label("Tử vong tại viện").check()
    expect(page.locator("[name=died_at]")).to_be_visible()
    page.screenshot(path=screenshots / "visits-discharge.png", full_page=True)
    page.get_by_label("Đỡ, giảm").check()
    page.keyboard.press("F9")
    page.wait_for_selector(".day-number")
    stay.refresh_from_db()
    assert (stay.status, stay.outcome) == ("finished", "2")
    assert stay.conditions.get(role="discharge-main", status="confirmed").code == "J18.9"


def test_what_was_typed_survives_a_refusal(page: Any, live_server: Any, screenshots: Path) -> None:
    doctor, patient = make_an(), make_patient()
    came = visit(patient, department=department(), at=ago(hours=1))
    bed = make_bed("01")
    sign_in(page, live_server, doctor)
    go(page, live_server, "encounters:visits:admit", patient.uuid)
    page.fill("[name=reason]", "Đau bụng dữ dội")
    admit(make_patient("Lê Văn Hùng"), bed=bed)
    page.keyboard.press("F9")
    expect(page.locator(".field-error").first).to_be_visible()
    expect(page.locator("[name=reason]")).to_have_value("Đau bụng dữ dội")
    page.screenshot(path=screenshots / "visits-refused.png")
    came.refresh_from_db()
    assert not came.is_inpatient
    services.cancel_visit(encounter=came, by=None, reason="Nhầm")
