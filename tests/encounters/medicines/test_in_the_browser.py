"""The budgets at the bed: two scans for a dose, seven for six doses, two taps for a reason. Counted, as nurses do it."""

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from encounters.medicines.models import DueDose, MedicationAdministration, ShiftSheet
from encounters.medicines.services.tray import number_doses
from tests.encounters.medicines.doses import make_world, once
from tests.encounters.specimens.test_in_the_browser import Scanner

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_two_scans_a_dose_seven_for_six_and_two_taps_for_a_reason(
    page: Page, live_server: Any, client: Client, screenshots: Path
) -> None:
    an, binh, stay = make_world()
    call_command("load_medicine_sheets", stdout=io.StringIO())
    for number in range(8):
        once(stay, an, minutes=number - 4, text=f"Thuốc số {number + 1}")
    doses = number_doses(encounter=stay, doses=DueDose.objects.all(), by=binh)
    wristband = str(stay.patient.identifiers.get(is_own=True).value)
    client.force_login(binh)
    page.context.add_cookies(
        [{"name": n, "value": m.value, "url": live_server.url} for n, m in client.cookies.items()]
    )
    page.goto(f"{live_server.url}/medicines/")
    expect(page.locator("#medicine-list")).to_contain_text(stay.patient.full_name.upper())
    page.screenshot(path=screenshots / "medicines-ward.png", full_page=True)
    scanner = Scanner(page)

    def scan_wristband() -> None:
        scanner.scan(wristband)
        expect(page.locator(".alert-done").first).to_contain_text(stay.patient.full_name.upper())
        expect(page.locator("#medicine-scan")).to_be_focused()

    def scan_label(dose: DueDose) -> None:
        scanner.scan(dose.number)
        expect(page.get_by_text(f"Đã dùng: {dose.order.text}").first).to_be_visible()
        expect(page.locator("#medicine-scan")).to_be_focused()

    scan_wristband()
    scan_label(doses[0])
    assert scanner.scans == 2  # and no click: ux budget, row 7
    assert MedicationAdministration.objects.get().how == "scan"

    page.goto(f"{live_server.url}/medicines/")
    scanner.scans = 0
    scan_wristband()
    for dose in doses[1:7]:
        scan_label(dose)
    assert scanner.scans == 7
    page.get_by_role("button", name="Lập phiếu ca này để ký").click()  # the one tap
    expect(page.get_by_text("Đã lập phiếu")).to_be_visible()
    assert ShiftSheet.objects.get().nurse == binh
    assert MedicationAdministration.objects.filter(status="completed").count() == 7
    page.screenshot(path=screenshots / "medicines-patient.png", full_page=True)

    row = page.locator(f"#dose-{doses[7].uuid}")
    row.get_by_text("Không dùng", exact=True).click()
    row.get_by_role("button", name="Người bệnh từ chối").click()
    expect(page.locator(f"#dose-{doses[7].uuid}")).to_have_count(0)
    held = MedicationAdministration.objects.get(dose=doses[7])
    assert (held.status, held.reason) == ("not-done", "refused")


def test_enter_after_the_time_chooses_no_reason(page: Page, live_server: Any, client: Client) -> None:
    an, binh, stay = make_world()
    dose = once(stay, an)
    client.force_login(binh)
    page.context.add_cookies(
        [{"name": n, "value": m.value, "url": live_server.url} for n, m in client.cookies.items()]
    )
    page.goto(f"{live_server.url}{reverse('encounters:medicines:patient', args=[stay.uuid])}")
    page.locator("details.not-given summary").click()
    field = page.locator(f"#at-not-given-{dose.uuid}")
    when = f"{timezone.localtime() - dt.timedelta(minutes=30):%d/%m/%Y %H:%M}"
    field.press_sequentially(when, delay=90)  # as a person types, not a scanner
    field.press("Enter")
    expect(field).to_have_value(when)
    assert not MedicationAdministration.objects.exists()
    page.locator("details.not-given button", has_text="Người bệnh từ chối").click()
    expect(page.locator("details.not-given")).to_have_count(0)
    row = MedicationAdministration.objects.get()
    assert f"{timezone.localtime(row.happened_at):%d/%m/%Y %H:%M}" == when
