"""In Chromium: an administrator unlocks a PIN and revokes a certificate, anybody checks a file; nothing serious for axe."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from signatures.certificates.models import Certificate
from signatures.providers.models import Credential
from tests.emr.people import make_user
from tests.emr.ui.test_looks import serious
from tests.signatures import support
from tests.signatures.records import make_signer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_an_administrator_unlocks_and_revokes(page: Any, live_server: Any, screenshots: Path) -> None:
    an = make_signer()
    make_user("quantri", "Lý Công Thành", "admin", an.practitioner_roles.get().department)
    Credential.objects.update(wrong_pins=Credential.GUESS_LIMIT)
    page.goto(live_server.url)
    page.fill("[name=username]", "quantri")
    page.fill("[name=password]", "benhanmo")
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    page.goto(f"{live_server.url}/signing-keys/?state=locked")
    assert serious(page) == []
    page.get_by_role("link", name="Nguyễn Văn An").click()
    assert serious(page) == []
    page.screenshot(path=screenshots / "signing-key.png")
    page.fill("[name=unlock-reason]", "Gặp trực tiếp")
    page.press("[name=unlock-reason]", "Enter")
    expect(page.locator(".alert-success, .alert-done")).to_be_visible()
    assert Credential.objects.get().wrong_pins == 0
    page.fill("[name=revoke-reason]", "Nghỉ việc")
    page.check("[name=revoke-is_sure]")
    page.press("[name=revoke-reason]", "Enter")
    expect(page.get_by_text("Nghỉ việc")).to_be_visible()
    assert Certificate.objects.get().status == "revoked"


def test_anybody_checks_a_file(page: Any, live_server: Any, tmp_path: Path, screenshots: Path) -> None:
    file = tmp_path / "to.pdf"
    file.write_bytes(support.sign())
    page.goto(f"{live_server.url}/verify/")
    assert serious(page) == []
    page.set_input_files("[name=file]", file)
    page.locator("form").first.locator("[type=submit]").click()
    expect(page.locator("[data-verdict=unknown]")).to_be_visible(timeout=20_000)
    assert serious(page) == []
    page.screenshot(path=screenshots / "verify.png", full_page=True)
