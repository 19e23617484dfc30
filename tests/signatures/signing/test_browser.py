"""In Chromium: An looks, types the PIN, presses F9; and signs the rest of the tray at once."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

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


def test_the_whole_tray_with_one_pin(tray: Any, screenshots: Path) -> None:
    """All rows by the box in the head, the PIN, F9: three actions for any number of documents."""
    tray.check("thead input[type=checkbox]")
    expect(tray.locator("[data-selected-count]")).to_have_text("3")
    tray.screenshot(path=screenshots / "signing-tray.png")
    tray.fill("#id_pin", PIN)
    tray.keyboard.press("F9")
    expect(tray.locator(".alert-done")).to_be_visible()
    assert Signature.objects.count() == 3
    deliver_all()
    expect(tray.locator("#tray-poller [role=status]")).to_have_count(0, timeout=8000)
    tray.screenshot(path=screenshots / "signing-tray-done.png")


def test_a_preview_below_the_tray(tray: Any, screenshots: Path) -> None:
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
