"""Two scans a tube: the wristband, then the label. The scanner types as scanners do; no click, no other key."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from encounters.specimens.models import Specimen
from patients.registry.models import Identifier
from tests.encounters.specimens.tubes import CBC, UREA, ask, label, make_world, neighbour

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


class Scanner:
    """A keyboard-wedge scanner, its scans counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.scans = page, 0

    def scan(self, code: str) -> None:
        self.page.keyboard.type(code, delay=5)
        self.page.keyboard.press("Enter")
        self.scans += 1


def test_two_scans_a_tube_and_a_foreign_label_stops_the_hand(
    page: Page, live_server: Any, client: Client, screenshots: Path
) -> None:
    an, binh, stay = make_world()
    hoa = neighbour()
    ask(stay, an, UREA, priority="stat")
    ask(hoa, an, CBC)
    ask(hoa, an, UREA)
    [tube] = label(stay, binh)
    theirs = label(hoa, binh)
    number = Identifier.objects.get(patient=stay.patient, is_own=True).value
    client.force_login(binh)
    page.context.add_cookies(
        [{"name": n, "value": m.value, "url": live_server.url} for n, m in client.cookies.items()]
    )
    page.goto(f"{live_server.url}/specimens/")
    expect(page.locator("#specimen-list")).to_contain_text("TRẦN THỊ HOA")
    page.screenshot(path=screenshots / "specimens.png", full_page=True)
    scanner = Scanner(page)
    scanner.scan(number)
    expect(page.locator("#specimen-scan")).to_be_focused()
    expect(page.locator(".alert-done").first).to_contain_text(stay.patient.full_name.upper())
    scanner.scan(tube.accession_number)
    expect(page.get_by_text(f"Đã lấy: ống {tube.accession_number}")).to_be_visible()
    assert scanner.scans == 2
    tube.refresh_from_db()
    assert (tube.status, tube.collector) == ("available", binh)

    scanner.scan(theirs[0].accession_number)
    expect(page.locator(".alert-interrupt")).to_contain_text("SAI NGƯỜI BỆNH")
    page.screenshot(path=screenshots / "specimens-wrong-patient.png", full_page=True)
    assert Specimen.objects.filter(encounter=hoa, status="available").count() == 0
    scanner.scan(hoa.identifier)
    expect(page.locator(".alert-done").first).to_contain_text("TRẦN THỊ HOA")
    scanner.scan(theirs[0].accession_number)
    expect(page.get_by_text(f"Đã lấy: ống {theirs[0].accession_number}")).to_be_visible()
    scanner.scan(theirs[1].accession_number)
    expect(page.get_by_text(f"Đã lấy: ống {theirs[1].accession_number}")).to_be_visible()
    assert Specimen.objects.filter(encounter=hoa, status="available").count() == 2
