"""A locked ward PC in Chromium: who returns finds their text, the next person needs few keys, a security key one touch."""

from typing import Any

import pytest
from playwright.sync_api import expect

from emr.accounts.models import User
from emr.signin.models import Passkey, StaffSession
from emr.signin.services import issue_badge, keep_pin
from tests.emr.people import make_an, make_binh
from tests.emr.signin.test_sessions import rest
from tests.emr.ui import bench

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.emr.ui.bench_urls"),
]
TEXT = "Ho giảm, hết sốt."


def come_in(page: Any, server: Any, username: str) -> None:
    page.goto(f"{server.url}/sign-in/")
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu").fill("benhanmo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hôm nay")).to_be_visible()


@pytest.fixture
def nothing_arrives() -> bench.Server:
    """The server takes no draft, so that the PC alone has what is typed."""
    bench.server = bench.Server()
    bench.server.status = 503
    return bench.server


def type_and_lock(page: Any, server: Any) -> Any:
    page.goto(f"{server.url}/bench/form/")
    box = page.get_by_label("Course")
    box.fill(TEXT)
    expect(page.locator("[data-save-state=draft]")).to_have_attribute("data-state", "waiting")
    page.keyboard.press("F8")
    expect(page.get_by_role("heading", name="Đã khóa")).to_be_visible()
    assert TEXT not in page.content()
    assert TEXT not in page.evaluate("JSON.stringify(localStorage)")
    return box


def test_a_pc_changes_hands_and_gives_everybody_their_own_back(
    page: Any, live_server: Any, nothing_arrives: bench.Server
) -> None:
    """S-18: a scan, six figures, Enter; what An typed waits for An, and Bình doesn't get it."""
    an, binh = make_an(), make_binh()
    keep_pin(user=an, pin="482915")
    keep_pin(user=binh, pin="739105")
    _badge, code = issue_badge(user=binh, by=an)
    come_in(page, live_server, "an")
    box = type_and_lock(page, live_server)
    page.keyboard.type(code)  # as a scanner does: the code, Enter
    page.keyboard.press("Enter")
    expect(page.get_by_text("Đã đọc thẻ")).to_be_visible()
    page.keyboard.type("739105")
    page.keyboard.press("Enter")
    expect(page.locator(".user-name")).to_have_text("Trần Thị Bình")
    assert StaffSession.objects.get(user=binh).method == "badge"
    page.goto(f"{live_server.url}/bench/form/")
    expect(box).not_to_have_value(TEXT)
    # An again, by name and PIN: the page that An left opens, with the text in it.
    page.keyboard.press("F8")
    page.get_by_label("Thẻ hoặc tên đăng nhập").fill("an")
    page.keyboard.press("Enter")
    page.keyboard.type("482915")
    page.keyboard.press("Enter")
    expect(page.locator(".user-name")).to_have_text("Nguyễn Văn An")
    expect(page).to_have_url(f"{live_server.url}/bench/form/")
    expect(box).to_have_value(TEXT)
    nothing_arrives.status = 200
    expect(page.locator("[data-save-state=draft]")).to_have_attribute("data-state", "saved")
    assert nothing_arrives.text == TEXT


def test_a_screen_that_nobody_watches_goes_out_of_sight_and_comes_back(
    page: Any, live_server: Any, nothing_arrives: bench.Server
) -> None:
    """S-16: the page warns, leaves by itself, and gives the typed text back to its person."""
    an = make_an()
    keep_pin(user=an, pin="482915")
    come_in(page, live_server, "an")
    page.clock.install()
    page.goto(f"{live_server.url}/bench/form/")
    box = page.get_by_label("Course")
    box.fill(TEXT)
    page.clock.run_for(2_000)
    expect(page.locator("[data-save-state=draft]")).to_have_attribute("data-state", "waiting")
    rest(an, seconds=570)
    page.clock.fast_forward(541_000)
    expect(page.get_by_role("dialog", name="Bạn còn ở đây không?")).to_be_visible()
    rest(an, seconds=601)
    page.clock.fast_forward(61_000)
    expect(page.get_by_role("heading", name="Đã khóa")).to_be_visible()
    assert TEXT not in page.content()
    page.keyboard.press("Enter")
    page.keyboard.type("482915")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/bench/form/")
    expect(box).to_have_value(TEXT)


@pytest.fixture
def authenticator(page: Any) -> Any:
    """A security key with a fingerprint, as Chromium plays one."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools, made["authenticatorId"]


def test_a_security_key_is_added_signs_in_and_opens_the_locked_screen(
    page: Any, live_server: Any, authenticator: Any
) -> None:
    devtools, key_id = authenticator
    an: User = make_an()
    come_in(page, live_server, "an")
    page.goto(f"{live_server.url}/account/second-factor/")
    page.get_by_label("Tên khóa mới").fill("Vân tay")
    page.get_by_role("button", name="Thêm khóa").click()
    expect(page.get_by_text("Vân tay ·")).to_be_visible()
    assert Passkey.objects.get().user == an
    page.wait_for_load_state()
    page.keyboard.press("F8")
    page.get_by_role("button", name="Khóa bảo mật hoặc vân tay").click()  # one touch
    expect(page.locator(".user-name")).to_have_text("Nguyễn Văn An")
    assert StaffSession.objects.get(user=an).locked_at is None
    # At sign-in the password alone is half the way; the key is the other.
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/sign-in/")
    page.get_by_label("Tên đăng nhập").fill("an")
    page.get_by_label("Mật khẩu").fill("benhanmo")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Dùng khóa bảo mật").click()
    expect(page.get_by_role("heading", name="Hôm nay")).to_be_visible()
    # A finger that isn't the owner's.
    page.wait_for_load_state()
    page.keyboard.press("F8")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key_id, "isUserVerified": False})
    page.get_by_role("button", name="Khóa bảo mật hoặc vân tay").click()
    expect(page.get_by_text("Khóa chưa được dùng.")).to_be_visible()
    assert StaffSession.objects.filter(user=an).latest("started_at").locked_at is not None
