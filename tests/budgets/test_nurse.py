"""The nurse's round: wristband, six numbers, one tap, patient after patient, counted from the home page."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from encounters.results.selectors import latest_values
from encounters.visits.labels import label_of
from tests.budgets.hand import at_home
from tests.emr.people import make_an, make_binh
from tests.encounters.visits.ward import admit, ago, department, make_bed
from tests.patients.people import make_patient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

ROUND = {"pulse": "88", "temperature": "375", "systolic": "120", "diastolic": "70", "respiration": "18"}


def test_one_scan_six_numbers_one_tap(page: Any, live_server: Any, screenshots: Path) -> None:
    binh = make_binh(department())
    first = admit(bed=make_bed("01"), at=ago(hours=5))
    second = admit(make_patient("Lê Văn Hùng", sex="male"), bed=make_bed("02"), at=ago(hours=4))
    hand = at_home(page, live_server, binh)
    page.screenshot(path=screenshots / "budget-nurse-home.png")
    hand.scan(label_of(first).barcode)
    page.wait_for_url(f"**/monitoring/stays/{first.uuid}/")
    expect(page.locator("#id_pulse")).to_be_focused()
    for digits in [*ROUND.values(), "98"]:
        hand.number(digits)
    save = page.locator("#vital-signs-form [type=submit]")
    expect(save).to_be_focused()
    expect(save).to_be_in_viewport()
    # The score is there before anything is saved.
    expect(page.locator("#score")).to_contain_text("NEWS2 0")
    assert not latest_values(first)
    page.screenshot(path=screenshots / "budget-nurse-numbers.png")
    hand.click(save)
    page.wait_for_selector("table td")
    page.wait_for_load_state("networkidle")
    assert (hand.scans, hand.numbers, hand.clicks) == (1, 6, 1)
    stored = {name: f"{float(value):g}" for name, value in latest_values(first).items()}
    assert stored == ROUND | {
        "temperature": "37.5",
        "oxygen": "98",
        "consciousness": "0",
        "oxygen_flow": "0",
    }
    expect(page.locator(".page-head")).to_contain_text("NEWS2 0")

    # The next wristband, with the focus in a number: nothing of it falls into the form.
    page.focus("#id_temperature")
    hand.scan(label_of(second).qr)
    page.wait_for_url(f"**/monitoring/stays/{second.uuid}/")
    assert page.locator("#id_pulse").input_value() == ""
    assert not latest_values(second)


def test_numbers_lead_on_only_when_they_can_not_go_on(page: Any, live_server: Any) -> None:
    stay = admit(bed=make_bed("01"), at=ago(hours=5))
    hand = at_home(page, live_server, make_binh(department()))
    page.goto(f"{live_server.url}/monitoring/stays/{stay.uuid}/")
    page.keyboard.type("12", delay=110)
    page.wait_for_timeout(300)
    expect(page.locator("#id_pulse")).to_be_focused()  # 120 may follow
    page.keyboard.press("Enter")
    expect(page.locator("#id_temperature")).to_be_focused()
    page.keyboard.type("39,2120/80", delay=110)
    page.wait_for_timeout(300)
    values = [page.locator(f"#id_{name}").input_value() for name in ("temperature", "systolic", "diastolic")]
    assert values == ["39,2", "120", "80"]
    assert hand.clicks == 0


def test_a_doctors_scan_opens_the_course_and_a_strangers_band_nothing(page: Any, live_server: Any) -> None:
    an = make_an(department())
    stay = admit(bed=make_bed("01"), at=ago(hours=5))
    hand = at_home(page, live_server, an)
    hand.scan(stay.identifier)
    page.wait_for_url(f"**/encounters/{stay.uuid}/course/")
    elsewhere = admit(make_patient("Hoàng Thị Lan"), department=department(("K19", "Khoa Ngoại")))
    hand.scan(label_of(elsewhere).barcode)
    page.wait_for_url("**/patients/")
    expect(page.locator("#patient-results")).not_to_contain_text("LAN")
