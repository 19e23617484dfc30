"""A night on the ward in the browser: the doctor by telephone, the nurse who writes, the medicines that go home."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from emr.accounts.models import User
from encounters.documents.models import Document
from encounters.orders.models import MedicationRequest, PrescriptionLine, SpokenOrder
from encounters.orders.services import add_quick
from encounters.visits import codes
from encounters.visits.models import Encounter
from encounters.visits.services import record_diagnosis
from tests.emr.people import make_binh
from tests.encounters.orders.tables import confirm, make_entry, make_world
from tests.encounters.visits.ward import department
from tests.support.browser import come_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def ward() -> tuple[User, Encounter]:
    an, stay = make_world()
    record_diagnosis(
        encounter=stay, role=codes.DiagnosisRole.ADMISSION, code="J18.9", text="Viêm phổi", by=an
    )
    return an, stay


def test_what_was_said_on_the_telephone_holds_and_the_doctor_confirms_it(
    page: Page, live_server: Any, client: Client, ward: tuple[User, Encounter]
) -> None:
    an, stay = ward
    come_in(page, client, make_binh(department()), live_server.url)
    page.goto(f"{live_server.url}/encounters/{stay.uuid}/orders/spoken")
    page.locator("select[name=prescriber]").select_option(str(an.uuid))
    page.locator("#line-1").click()
    page.keyboard.type("para 500 1v", delay=90)
    page.locator("#line-1-list [role=option]").first.click()
    page.keyboard.press("F8")
    expect(page.locator("#spoken-form strong").first).to_contain_text("Paracetamol 500 mg")
    assert not MedicationRequest.objects.exists(), "understood isn't in effect"
    page.keyboard.press("F9")
    expect(page.locator(".field-error")).to_contain_text("đọc lại")
    assert not MedicationRequest.objects.exists(), "nothing holds that wasn't read back"
    page.locator("input[name=read_back]").check()
    page.keyboard.press("F9")
    expect(page.get_by_text("Y lệnh đã có hiệu lực")).to_be_visible()
    order = MedicationRequest.objects.get()
    assert (order.status, order.requester) == ("active", an)

    come_in(page, client, an, live_server.url)
    page.goto(f"{live_server.url}/orders/spoken/")
    expect(page.get_by_text("Paracetamol 500 mg").first).to_be_visible()
    page.get_by_role("button", name="Xác nhận").first.click()
    expect(page.get_by_text("Paracetamol 500 mg")).to_have_count(0)
    assert SpokenOrder.objects.get().outcome == "confirmed"


def test_the_ward_s_medicines_go_home_without_being_typed_again(
    page: Page, live_server: Any, client: Client, ward: tuple[User, Encounter]
) -> None:
    an, stay = ward
    entry = make_entry(stay, an)
    add_quick(entry=entry, choice="", typed="amox 500 1x3 5n", by=an)
    confirm(entry, an)
    come_in(page, client, an, live_server.url)
    page.goto(f"{live_server.url}/encounters/{stay.uuid}/prescriptions")
    page.get_by_label("Amoxicilin 500 mg").check()
    page.get_by_label("Số ngày").fill("0")
    page.keyboard.press("Alt+N")
    expect(page.locator(".alert-inline")).to_be_visible()
    expect(page.get_by_label("Amoxicilin 500 mg")).to_be_checked()
    page.get_by_label("Số ngày").fill("7")
    page.keyboard.press("Alt+N")
    lines = page.locator("section.entry-section strong")
    expect(lines.filter(has_text="Amoxicilin 500 mg")).to_have_count(1)
    page.wait_for_load_state()
    page.locator("#prescription-line").click()
    page.keyboard.type("para 500 1x3 5n", delay=90)
    page.locator("#prescription-line-list [role=option]").first.click()
    expect(lines.filter(has_text="Paracetamol 500 mg")).to_have_count(1)
    page.keyboard.press("F9")
    expect(page.get_by_role("button", name="Sửa đổi")).to_be_visible()
    document = Document.objects.get(code="DON-THUOC")
    assert document.status == "final"
    quantities = {line.code: line.quantity for line in PrescriptionLine.objects.filter(document=document)}
    assert quantities == {"TH0017": 21, "TH0001": 15}
