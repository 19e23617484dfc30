"""In Chromium: An looks, types the PIN, presses F9; and signs the rest of the tray at once."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from encounters.documents.models import Document
from signatures.signing.models import Signature, SigningRequest
from tests.signatures.records import PIN, deliver_all, make_ready, make_signer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def tray(page: Any, live_server: Any) -> Any:
    """An has signed in; three documents wait."""
    an = make_signer()
    for text in ("Mạch 80", "Mạch 84", "Mạch 88"):
        make_ready(an, text=text)
    page.goto(live_server.url)
    page.fill("[name=username]", "an")
    page.fill("[name=password]", "benhanmo")
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    page.goto(f"{live_server.url}/signing/")
    return page


def test_one_document_looked_at_and_signed_by_f9(tray: Any, live_server: Any, screenshots: Path) -> None:
    """The page computes the fingerprint of what it drew; a wrong PIN loses nothing (4 actions in all)."""
    first = SigningRequest.objects.order_by("pk")[0]
    tray.click(f'a[href="/signing/{first.uuid}/"]')
    expect(tray.locator("[data-pdf][data-state=shown] canvas")).to_be_visible(timeout=20_000)
    expect(tray.locator("[name=sha256]")).to_have_value(first.sha256)
    tray.screenshot(path=screenshots / "signing-document.png")
    tray.fill("#id_pin", "000000")
    tray.keyboard.press("F9")
    expect(tray.locator("#id_pin_error")).to_be_visible()
    tray.fill("#id_pin", PIN)
    tray.keyboard.press("F9")
    expect(tray.locator("#sign-state [role=status]")).to_be_visible()
    deliver_all()
    expect(tray.locator("#sign-state .alert-done")).to_be_visible()
    tray.screenshot(path=screenshots / "signing-done.png")
    first.refresh_from_db()
    assert first.status == "completed"


class _Counted:
    """The page, counting what the person does."""

    def __init__(self, page: Any) -> None:
        self.page, self.clicks, self.typed, self.read = page, 0, 0, 0

    def click(self, selector: str) -> None:
        self.clicks += 1
        self.page.click(selector)

    def type(self, selector: str, text: str) -> None:
        self.typed += 1
        self.page.fill(selector, text)

    def press(self, key: str) -> None:
        if key == " ":
            self.read += 1
        else:
            self.clicks += 1
        self.page.keyboard.press(key)


def test_thirty_mixed_documents_in_three_clicks_and_one_pin(tray: Any, screenshots: Path) -> None:
    """Row 9 of the budget: from the home page, read by the space bar; a failure is named, the others go on, F8 retries."""
    an = SigningRequest.objects.first().signer  # type: ignore[union-attr]
    for number in range(27):
        make_ready(an, text=f"Mạch {60 + number % 5}")
    ids = list(Document.objects.order_by("pk").values_list("pk", flat=True))
    for place, code in enumerate(("DON-THUOC-N", "DON-THUOC", "06/BV2")):
        Document.objects.filter(pk__in=ids[place::5]).update(code=code)
    broken = SigningRequest.objects.order_by("pk")[7]
    SigningRequest.objects.filter(pk=broken.pk).update(status="failed", problem="Chứng thư hết hạn")
    tray.goto(tray.url.replace("/signing/", "/"))
    tray.wait_for_load_state("networkidle")
    person = _Counted(tray)
    person.click('a[href="/signing/"]:visible')
    expect(tray.locator("#tray tbody tr")).to_have_count(30, timeout=20_000)
    first = tray.locator("#tray tbody tr").first
    expect(first).to_contain_text("gây nghiện")
    person.press(" ")
    expect(tray.locator("#signing-preview [data-state=shown] canvas")).to_be_visible(timeout=20_000)
    expect(first.locator("[data-read-mark]")).to_be_visible(timeout=20_000)
    while "is-shown" in (first.get_attribute("class") or ""):
        person.press(" ")  # reads on to the end, then turns
        assert person.read < 8
    expect(tray.locator("#tray tbody tr").nth(1)).to_have_class("is-shown")
    expect(tray.locator("#signing-preview [data-state=shown] canvas")).to_be_visible(timeout=20_000)
    person.click("thead input[type=checkbox]")
    expect(tray.locator("[data-selected-count]")).to_have_text("29")
    tray.screenshot(path=screenshots / "signing-tray.png")
    person.type("#id_pin", PIN)
    person.press("F9")
    expect(tray.locator(".alert-done")).to_be_visible(timeout=20_000)
    assert (person.clicks, person.typed) == (3, 1)
    assert Signature.objects.count() == 29
    row = tray.locator(f"#row-{broken.uuid}")
    expect(row).to_contain_text("Chứng thư hết hạn")
    tray.keyboard.press("F8")
    expect(row).to_contain_text("Đang chuẩn bị", timeout=20_000)
    deliver_all()
    expect(row).to_contain_text("Sẵn sàng", timeout=20_000)
    expect(tray.locator("#tray-poller [role=status]")).to_have_count(0, timeout=20_000)
    assert SigningRequest.objects.filter(status="completed").count() == 29
    tray.screenshot(path=screenshots / "signing-tray-done.png")


def test_a_preview_beside_the_tray(tray: Any, screenshots: Path) -> None:
    for request in SigningRequest.objects.order_by("pk")[::2]:
        tray.locator(f"#row-{request.uuid}").get_by_role("button").click()
        shown = f'#signing-preview [data-pdf="/signing/{request.uuid}/pdf/"][data-state=shown] canvas'
        expect(tray.locator(shown)).to_be_visible(timeout=20_000)
    tray.screenshot(path=screenshots / "signing-preview.png", full_page=True)


def test_on_a_ward_round_the_pin_is_typed_once(tray: Any, live_server: Any, screenshots: Path) -> None:
    """Typed and ticked at the first document; the second is F9 alone; ended, the third asks again."""
    one, two, three = SigningRequest.objects.order_by("pk")

    def look_at(request: SigningRequest) -> None:
        tray.goto(f"{live_server.url}/signing/{request.uuid}/")
        expect(tray.locator("[data-pdf][data-state=shown] canvas")).to_be_visible(timeout=20_000)

    look_at(one)
    tray.fill("#id_pin", PIN)
    tray.check("#id_keep")
    tray.screenshot(path=screenshots / "signing-round-begin.png")
    tray.keyboard.press("F9")
    expect(tray.locator("#ward-round")).to_contain_text("Đang đi buồng")
    expect(tray.locator("#sign-state [role=status]")).to_be_visible()
    cookie = next(one for one in tray.context.cookies() if one["name"] == "round")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    look_at(two)
    expect(tray.locator("#id_pin")).to_have_count(0)
    tray.screenshot(path=screenshots / "signing-round.png")
    tray.keyboard.press("F9")
    expect(tray.locator("#sign-state [role=status]")).to_be_visible()
    assert Signature.objects.count() == 2
    look_at(three)
    tray.locator("#ward-round button").click()
    expect(tray.locator("#id_pin")).to_be_visible()
    assert all(one["name"] != "round" for one in tray.context.cookies())
    assert Signature.objects.count() == 2
