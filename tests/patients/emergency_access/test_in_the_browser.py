"""Two clicks and the reason, in Chromium; and two clicks to stand in for another department (ux budget, row 14).

Who signed in a while ago types the PIN in the same form, on the way from the words to the button: no further click (S-22).
"""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from emr.accounts.models import CoverDuty
from emr.signin.models import StaffSession
from emr.signin.services import keep_pin
from patients.emergency_access.models import EmergencyAccess
from tests.emr.people import make_chi, make_department, make_facility
from tests.encounters.visits.ward import admit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_the_glass_breaks_in_two_clicks_and_a_reason_and_cover_duty_begins_in_two(
    page: Any, live_server: Any, screenshots: Path
) -> None:
    chi, stay = make_chi(), admit()
    page.goto(live_server.url)
    page.fill("[name=username]", chi.username)
    page.fill("[name=password]", "benhanmo")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#patient-search")
    clicks = 0
    page.keyboard.type(stay.patient.identifiers.get().value)
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=offer]", state="attached")
    page.screenshot(path=screenshots / "emergency-offer.png")
    page.click("form[action='/emergency/'] button")
    clicks += 1
    page.check("[name=reason] >> nth=0")  # the pick
    page.fill("[name=words]", "Ngừng tim tại hành lang")
    page.screenshot(path=screenshots / "emergency-reason.png")
    page.click("form[action='/emergency/open/'] button[type=submit]")
    clicks += 1
    page.wait_for_selector("#patient-banner")
    assert clicks == 2
    expect(page.locator(".emergency-bar")).to_be_visible()
    page.screenshot(path=screenshots / "emergency-chart.png")
    assert EmergencyAccess.objects.get().user == chi
    # On paper nothing of the chart appears.
    page.emulate_media(media="print")
    expect(page.locator("#patient-banner")).to_be_hidden()
    page.emulate_media(media="screen")

    page.goto(live_server.url)
    ward = make_department(make_facility())
    page.select_option("[name=department]", str(ward.uuid))
    page.click("form[action='/cover-duties/start/'] button[type=submit]")
    expect(page.locator(".cover-mark")).to_contain_text(ward.name)
    page.screenshot(path=screenshots / "cover-duty.png")
    assert CoverDuty.objects.get().department == ward


def test_hours_after_signing_in_it_is_two_clicks_the_reason_and_a_pin(
    page: Any, live_server: Any, screenshots: Path
) -> None:
    """S-22: one form, no other page, and a wrong PIN loses no word."""
    chi, stay = make_chi(), admit()
    keep_pin(user=chi, pin="739105")
    page.goto(live_server.url)
    page.fill("[name=username]", chi.username)
    page.fill("[name=password]", "benhanmo")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#patient-search")
    StaffSession.objects.update(proved_at=timezone.now() - dt.timedelta(hours=3))
    page.keyboard.type(stay.patient.identifiers.get().value)
    page.keyboard.press("Enter")
    clicks, keys = 0, 0
    page.click("form[action='/emergency/'] button")
    clicks += 1
    page.check("[name=reason] >> nth=0")  # the pick
    page.fill("[name=words]", "Ngừng tim tại hành lang")
    page.wait_for_timeout(100)  # words that appear at once with a Tab right behind them are a scanner's
    page.keyboard.press("Tab")
    keys += 1
    page.keyboard.type("739100")
    page.keyboard.press("Enter")
    expect(page.locator(".field-error")).to_be_visible()
    expect(page.locator("[name=words]")).to_have_value("Ngừng tim tại hành lang")
    expect(page.locator("[name=reason] >> nth=0")).to_be_checked()
    page.screenshot(path=screenshots / "emergency-proof.png")
    page.fill("[name=proof]", "739105")
    page.click("form[action='/emergency/open/'] button[type=submit]")
    clicks += 1
    page.wait_for_selector("#patient-banner")
    assert (clicks, keys) == (2, 1)
    assert EmergencyAccess.objects.get().user == chi
