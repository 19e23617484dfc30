"""Insulin by the glucose and a manufacturer's package, as a nurse with a scanner does it; the order as a doctor types it."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from emr.common.clock import local_today
from emr.terminology.models import CodeSystem, Concept
from encounters.medicines.models import DueDose, MedicationAdministration, MedicinePackage
from encounters.medicines.services.tray import number_doses
from encounters.results.services import record_vital_signs
from tests.encounters.medicines.doses import make_world, once
from tests.encounters.medicines.test_regimens import INSULIN
from tests.encounters.specimens.test_in_the_browser import Scanner
from tests.encounters.visits.ward import ago
from tests.support.browser import come_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
GTIN = "02000000000015"


def test_the_line_of_the_scale_is_seen_and_given_and_a_package_is_scanned(
    page: Page, live_server: Any, client: Client, screenshots: Path
) -> None:
    an, binh, stay = make_world()
    system, _new = CodeSystem.objects.get_or_create(code="medicine", defaults={"title": "m", "url": "urn:m"})
    Concept.objects.create(system=system, code="TH0001", display="Paracetamol 500 mg", properties={})
    MedicinePackage.objects.create(facility=stay.facility, code=GTIN, medicine="TH0001", source="bao bì")
    insulin = once(stay, an, **INSULIN)
    tablet = once(stay, an, code="TH0001", text="Paracetamol 500 mg")
    [labelled] = number_doses(encounter=stay, doses=DueDose.objects.filter(pk=insulin.pk), by=binh)
    come_in(page, client, binh, live_server.url)
    page.goto(f"{live_server.url}/medicines/")
    scanner = Scanner(page)
    scanner.scan(str(stay.patient.identifiers.get(is_own=True).value))
    row = page.locator(f"#dose-{insulin.uuid}")
    expect(row).to_contain_text("Đo trước")
    record_vital_signs(
        encounter=stay, values={"glucose": Decimal("10.4")}, by=binh, effective_at=ago(minutes=2)
    )
    page.reload()
    expect(row.locator("mark")).to_contain_text("8 đến dưới 12: 2")
    page.screenshot(path=screenshots / "medicines-scale.png", full_page=True)
    scanner.scan(labelled.number)
    expect(page.get_by_text("Đã dùng: Insulin nhanh").first).to_be_visible()
    assert MedicationAdministration.objects.get(dose=insulin).amount == 2

    year = local_today().year + 2
    page.locator("#medicine-scan").focus()
    page.keyboard.type(f"]d201{GTIN}17{year % 100}123110LOT7", delay=5)
    page.keyboard.press("Control+]")  # how scanners send the separator
    scanner.scan("21S9")
    expect(page.get_by_text("Đã dùng: Paracetamol").first).to_be_visible()
    row_of = MedicationAdministration.objects.get(dose=tablet)
    assert (row_of.batch, row_of.serial, row_of.how) == ("LOT7", "S9", "scan")
