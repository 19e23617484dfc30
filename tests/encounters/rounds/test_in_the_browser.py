"""A stable patient's entry in two keys on the round, the next bed by one; letters typed into the text are letters."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from encounters.documents.models import Document
from tests.encounters.documents.test_browser import sign_in
from tests.encounters.rounds.test_rounds import ward, yesterdays

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_two_keys_a_patient_and_one_to_the_next(
    page: Page, live_server: Any, client: Client, screenshots: Path
) -> None:
    an, (first, second, *_others) = ward()
    yesterdays(first, an, "Ổn định, không sốt.")
    sign_in(page, client, an, live_server.url)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{live_server.url}/rounds/")
    page.keyboard.press("n")
    expect(page).to_have_url(f"{live_server.url}/rounds/{first.uuid}/")
    page.keyboard.press("Alt+n")
    text = page.locator("[name='a/course.text/0']")
    expect(text).to_have_value("Ổn định, không sốt.")
    page.screenshot(path=screenshots / "ward-round.png")
    text.press("End")
    text.press_sequentially(" n p", delay=20)
    expect(page).to_have_url(f"{live_server.url}/rounds/{first.uuid}/")
    page.keyboard.press("F9")
    expect(page.get_by_text("1/3 đã xong")).to_be_visible()
    expect(page).to_have_url(f"{live_server.url}/rounds/{first.uuid}/")
    today = Document.objects.exclude(late_reason="Nhập lại").get(encounter=first)
    assert "Ổn định, không sốt. n p" in str(today.current_version.response.resource)  # type: ignore[union-attr]
    page.keyboard.press("n")
    expect(page).to_have_url(f"{live_server.url}/rounds/{second.uuid}/")
    page.keyboard.press("p")
    expect(page).to_have_url(f"{live_server.url}/rounds/{first.uuid}/")
