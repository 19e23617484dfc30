"""The ward panel of five tests: six keys or three clicks; a medicine on one line; a question is answered where it stands."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from encounters.orders.models import CheckAnswer, MedicationRequest, ServiceRequest
from patients.history.services import record_allergy
from tests.encounters.orders.tables import make_entry, make_world
from tests.support.browser import come_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


class Counted:
    """Keys and clicks of a person, counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys, self.clicks = page, 0, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.wait_for_timeout(100)  # a person's pace: a faster line is a scanner's
            self.page.keyboard.press(key)
            self.keys += 1

    def click(self, what: Any) -> None:
        what.click()
        self.clicks += 1


def test_a_panel_is_ordered_with_six_keys_or_three_clicks(
    page: Page, live_server: Any, client: Client
) -> None:
    an, encounter = make_world()
    entry = make_entry(encounter, an)
    come_in(page, client, an, live_server.url)
    page.goto(f"{live_server.url}/documents/{entry.uuid}/")
    expect(page.locator("#order-quick")).to_be_visible()
    person = Counted(page)
    person.press("Alt+L", "v", "a", "o")
    expect(page.locator("#order-quick-list [role=option]").first).to_contain_text("Bộ xét nghiệm vào khoa")
    person.press("Enter")
    expect(page.locator(".order-lines li")).to_have_count(5)
    person.press("F9")
    expect(page.get_by_role("button", name="Sửa đổi")).to_be_visible()
    assert (person.keys, person.clicks) == (6, 0)
    assert ServiceRequest.objects.filter(entry=entry, status="active").count() == 5

    second = make_entry(encounter, an)
    page.goto(f"{live_server.url}/documents/{second.uuid}/")
    person = Counted(page)
    person.click(page.get_by_role("button", name="Bộ mỡ máu"))
    expect(page.locator(".order-lines li")).to_have_count(4)
    person.click(page.get_by_role("button", name="Xác nhận"))
    expect(page.get_by_role("button", name="Sửa đổi")).to_be_visible()
    assert person.clicks <= 3
    assert ServiceRequest.objects.filter(entry=second, status="active").count() == 4


def test_a_line_is_previewed_and_its_question_answered(
    page: Page, live_server: Any, client: Client, screenshots: Path
) -> None:
    an, encounter = make_world()
    record_allergy(patient=encounter.patient, substance="Penicillin", by=an)
    entry = make_entry(encounter, an)
    come_in(page, client, an, live_server.url)
    page.goto(f"{live_server.url}/documents/{entry.uuid}/")
    person = Counted(page)
    person.click(page.locator("#order-quick"))
    page.keyboard.type("amox 500 2x3 5n", delay=90)
    preview = page.locator("#order-quick-list [role=option]").first
    expect(preview).to_contain_text("Amoxicilin 500 mg")
    expect(preview).to_contain_text("5 ngày")
    person.click(preview)
    expect(page.locator(".order-lines li")).to_contain_text("Amoxicilin 500 mg")
    assert person.clicks == 2
    question = page.locator(".order-lines .alert-interrupt")
    expect(question).to_contain_text("Penicillin")
    page.screenshot(path=screenshots / "order-question.png", full_page=True)
    page.keyboard.press("F9")
    expect(page.locator(".alert-inline").first).to_contain_text("Penicillin")
    assert MedicationRequest.objects.get().status == "draft"
    question.get_by_label("Lý do").fill("Đã dùng nhiều lần, không phản ứng")
    question.get_by_role("button").click()
    expect(page.locator(".order-lines .alert-interrupt")).to_have_count(0)
    page.keyboard.press("F9")
    expect(page.get_by_role("button", name="Sửa đổi")).to_be_visible()
    assert MedicationRequest.objects.get().status == "active"
    assert CheckAnswer.objects.get().answered_by == an
