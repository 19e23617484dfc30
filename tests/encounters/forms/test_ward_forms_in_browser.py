"""In Chromium: a doctor writes and signs the extract of a consultation; a nurse does the CT checklist."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from encounters.documents.models import Document, DocumentVersion
from encounters.forms.services import answers_of
from signatures.signing.models import SigningRequest
from tests.emr.people import make_binh
from tests.encounters import chart
from tests.encounters.visits.ward import admit, ago, department
from tests.signatures.records import PIN, deliver_all, make_signer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def sign_in(page: Page, url: str, username: str) -> None:
    page.goto(url)
    page.fill("[name=username]", username)
    page.fill("[name=password]", "benhanmo")
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")


def write(page: Page, **answers: str) -> None:
    for link, text in answers.items():
        page.locator(f"[name='a/{link.replace('__', '.')}/0']").fill(text)


def test_a_doctor_writes_and_signs_the_extract_of_a_consultation(
    page: Page, live_server: Any, screenshots: Path
) -> None:
    chart.load_forms()
    make_signer()
    stay = admit(at=ago(hours=9))
    sign_in(page, live_server.url, "an")
    page.goto(f"{live_server.url}/encounters/{stay.uuid}/documents/")
    page.keyboard.press("Alt+n")
    expect(page.locator("#form-words")).to_be_focused()
    page.keyboard.type("hoi chan")
    expect(page.locator("#form-menu [data-result]")).to_have_count(1)
    page.screenshot(path=screenshots / "form-menu.png")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Trích biên bản hội chẩn")
    write(
        page,
        stay__diagnosis__text="Viêm phổi",
        held__chair="BSCKII. Hà",
        summary__course="Sốt ngày thứ ba.",
        summary__reason="Đáp ứng chậm.",
        result__conclusion="Viêm phổi chưa biến chứng.",
    )
    page.keyboard.press("F9")
    # What is missing is named, nothing is lost.
    expect(page.locator("[data-forms-errors]")).to_contain_text("Hướng điều trị tiếp")
    write(page, result__plan="Đổi kháng sinh.")
    page.keyboard.press("F9")
    expect(page.get_by_role("button", name="Sửa đổi", exact=True)).to_be_visible()
    deliver_all()
    asked = SigningRequest.objects.get()
    page.goto(f"{live_server.url}/signing/{asked.uuid}/")
    expect(page.locator("[data-pdf][data-state=shown] canvas").first).to_be_visible(timeout=20_000)
    page.fill("#id_pin", PIN)
    page.keyboard.press("F9")
    expect(page.locator("#sign-state")).to_contain_text("Đã ký")
    deliver_all()
    expect(page.locator("#sign-state .alert-done")).to_be_visible()
    assert Document.objects.get(code="27/BV2").status == "signed"


def test_a_nurse_does_the_ct_checklist_and_overrules_a_warning(
    page: Page, live_server: Any, screenshots: Path
) -> None:
    _an, stay = chart.make_stay(at=ago(hours=9))
    make_binh(department())
    sign_in(page, live_server.url, "binh")
    page.goto(f"{live_server.url}/encounters/{stay.uuid}/documents/new")
    page.get_by_role("button", name="BK-CT").click()
    write(page, plan__exam="CT ngực có tiêm")
    for group in page.locator("[name^='a/risk.'][type=radio][value$='|no']").all():
        page.locator(f"label[for='{group.get_attribute('id')}']").click()
    for name, value in (("risk.contrast", "yes"), ("decision.contrast", "yes")):
        radio = page.locator(f"[name='a/{name}/0'][value$='|{value}']")
        page.locator(f"label[for='{radio.get_attribute('id')}']").click()
    page.keyboard.press("F9")
    expect(page.locator("[data-forms-errors]")).to_contain_text("dị ứng thuốc cản quang")
    page.screenshot(path=screenshots / "form-warning.png")
    page.fill("[name=overruling]", "Đã dự phòng corticoid 12 giờ")
    page.keyboard.press("F9")
    expect(page.get_by_role("button", name="Sửa đổi", exact=True)).to_be_visible()
    version = DocumentVersion.objects.get()
    assert version.author.username == "binh"
    assert version.composition["overruling"] == "Đã dự phòng corticoid 12 giờ"
    assert [a.value.code for a in answers_of(version.response.resource, "risk.contrast")] == ["yes"]  # type: ignore[union-attr]
