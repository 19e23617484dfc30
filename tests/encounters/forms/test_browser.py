"""The internal-medicine record typed in a browser, as An does: what hides, what is calculated, what is found by search."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from emr.terminology.models import Concept
from emr.terminology.text import search_text
from encounters.documents import services
from encounters.forms.services import answers_of
from tests.emr.ui.test_looks import serious
from tests.encounters.chart import draft_of, make_stay
from tests.encounters.visits.ward import ago

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The page glides to the field; done once it stands still.
SCROLLED_TO_ITS_END = """() => new Promise(done => {
  let last = -1
  const timer = setInterval(() => { if (scrollY === last) { clearInterval(timer); done() } last = scrollY }, 200)
})"""


@pytest.fixture
def record(chromium: Any, live_server: Any, client: Client) -> Any:
    """An, signed in, before the open draft of a 01/BV1; the page and the document."""
    an, stay = make_stay(at=ago(hours=3))
    words = search_text("J18.9", "Viêm phổi, không đặc hiệu", "")
    Concept.objects.filter(system__code="icd10", code="J18.9").update(search_text=words)
    document = services.begin_document(encounter=stay, code="01/BV1", by=an)
    client.force_login(an)
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN", bypass_csp=True)
    context.set_default_timeout(10_000)
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": live_server.url}
            for name, morsel in client.cookies.items()
        ]
    )
    page = context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(f"{live_server.url}/documents/{document.uuid}/")
    yield page, document
    context.close()
    assert trouble == []


def field(page: Page, link_id: str, rows: str = "0", part: str = "") -> Any:
    return page.locator(f'[name="a/{link_id}/{rows}{part}"]')


def test_the_record_answers_while_it_is_typed(record: Any, screenshots: Path) -> None:
    page, document = record
    insurance = page.locator('[data-item="a:admin.insurance"]')
    page.get_by_label("Miễn").check()
    expect(insurance).to_be_hidden()
    page.get_by_label("BHYT", exact=True).check()
    expect(field(page, "admin.insurance.number")).to_be_visible()

    field(page, "case.exam.vitals.weight").fill("52,5")
    field(page, "case.exam.vitals.height").fill("155")
    field(page, "case.exam.vitals.height").press("Tab")
    expect(page.locator('[id="a:case.exam.vitals.bmi:0"]')).to_contain_text("21,9")

    # A code is found by its words; the code stands beside them.
    search = field(page, "case.diagnosis.main.code", part="/shown")
    search.fill("viem phoi")
    page.locator('[id="a:case.diagnosis.main.code:0-list"] [role="option"]').first.click()
    expect(search).to_have_value("Viêm phổi, không đặc hiệu")
    expect(page.locator('[data-item="a:case.diagnosis.main.code"] [data-forms-code]')).to_contain_text(
        "J18.9"
    )

    # Rows: the empty one, one more, and one taken away.
    field(page, "stay.transfers.department", "0.0").fill("Khoa Hồi sức")
    page.locator('[data-forms-add="a/stay.transfers"]').click()
    expect(field(page, "stay.transfers.department", "1.0")).to_be_focused()
    field(page, "stay.transfers.department", "1.0").fill("Khoa Ngoại")
    page.locator('[data-forms-row]:has([name="a/stay.transfers.department/0.0"]) [data-forms-remove]').click()
    expect(field(page, "stay.transfers.department", "0.0")).to_have_count(0)

    expect(page.locator('[data-save-state="document-form"]')).to_have_attribute("data-state", "saved")
    page.screenshot(path=screenshots / "forms-record.png", full_page=True)
    content = draft_of(document).content
    assert [answer.value.code for answer in answers_of(content, "case.diagnosis.main.code")] == ["J18.9"]
    assert [answer.value for answer in answers_of(content, "stay.transfers.department")] == ["Khoa Ngoại"]
    assert [str(answer.value) for answer in answers_of(content, "case.exam.vitals.bmi")] == ["21.9"]


def test_words_typed_after_choosing_lose_the_code(record: Any) -> None:
    page, document = record
    search = field(page, "case.diagnosis.main.code", part="/shown")
    search.fill("viem phoi")
    page.locator('[id="a:case.diagnosis.main.code:0-list"] [role="option"]').first.click()
    search.fill("Viêm phổi do hít")
    expect(page.locator('[data-item="a:case.diagnosis.main.code"] [data-forms-code]')).to_be_empty()
    expect(page.locator('[data-save-state="document-form"]')).to_have_attribute("data-state", "saved")
    (answer,) = answers_of(draft_of(document).content, "case.diagnosis.main.code")
    assert (answer.value, answer.typed) == (None, "Viêm phổi do hít")


def test_axe_finds_nothing_serious_on_the_largest_form(record: Any) -> None:
    page, _document = record
    assert serious(page) == []
    # What is wrong is listed first, and each line leads to its field.
    page.get_by_role("button", name="Xác nhận").click()
    errors = page.locator("[data-forms-errors]")
    expect(errors).to_be_focused()
    first = errors.get_by_role("link").first
    target = first.get_attribute("href")
    first.click()
    expect(page.locator(f'[id="{target[1:]}"]')).to_be_in_viewport()
    # What has been scrolled half under the banner isn't smaller for it: look from the top again.
    page.evaluate(SCROLLED_TO_ITS_END)
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    page.wait_for_function("scrollY === 0")
    assert serious(page) == []
