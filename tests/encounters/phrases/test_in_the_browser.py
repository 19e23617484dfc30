"""A doctor writes an entry with phrases, an input method being on."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from encounters.phrases.services import keep_phrase
from tests.encounters import chart
from tests.support.browser import come_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
LUNGS = "Phổi thông khí tốt, không ran."


def test_an_abbreviation_opens_as_it_is_typed_and_goes_back(
    page: Page, live_server: Any, client: Client
) -> None:
    an, stay = chart.make_stay()
    keep_phrase(by=an, abbreviation="pnbt", text=LUNGS)
    keep_phrase(by=an, abbreviation="mach", text="Mạch ___ lần/phút")
    keep_phrase(by=an, abbreviation="khoos", text="Khó thở nhẹ")
    entry = chart.begin(stay, an)
    come_in(page, client, an, live_server.url)
    with page.expect_response("**/phrases/texts"):
        page.goto(f"{live_server.url}/documents/{entry.uuid}/")
    course = page.locator("[name='a/course.text/0']")
    course.press_sequentially("Tỉnh. .pnbt ")
    expect(course).to_have_value(f"Tỉnh. {LUNGS} ")
    page.keyboard.press("Control+z")
    expect(course).to_have_value("Tỉnh. .pnbt ")
    course.fill("")
    course.press_sequentially(".mach ")  # its blank is chosen: what is typed takes its place
    page.keyboard.type("80")
    expect(course).to_have_value("Mạch 80 lần/phút ")
    course.fill("")
    page.keyboard.insert_text(".khố")  # as Telex shows it
    page.keyboard.press("Space")
    expect(course).to_have_value("Khó thở nhẹ ")
    course.fill("")
    course.press_sequentially("3.5 và .khongco và p.nbt ")  # nothing that stands for something
    expect(course).to_have_value("3.5 và .khongco và p.nbt ")
    expect(page.locator("[data-save-state]").first).to_have_attribute("data-state", "saved")
    entry.draft.refresh_from_db()
    assert ".khongco" in str(entry.draft.content)
