"""In Chromium: an administrator unlocks a PIN and revokes a certificate, anybody checks a file; nothing serious for axe."""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from emr.common.clock import now
from signatures.certificates import authority
from signatures.certificates.models import Certificate
from signatures.certificates.services import demo_authority
from signatures.providers.base import Pin
from signatures.providers.models import Credential
from signatures.providers.services import unlocked
from tests.emr.people import make_an, make_user
from tests.emr.ui.test_looks import serious
from tests.signatures import support
from tests.signatures.providers import softhsm
from tests.signatures.records import make_signer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_an_administrator_unlocks_and_revokes(page: Any, live_server: Any, screenshots: Path) -> None:
    an = make_signer()
    make_user("quantri", "Lý Công Thành", "admin", an.practitioner_roles.get().department)
    Credential.objects.update(wrong_pins=Credential.GUESS_LIMIT)
    _sign_in(page, live_server, "quantri")
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
    page.locator("form").first.locator("[type=submit]").first.click()
    expect(page.locator("[data-verdict=unknown]")).to_be_visible(timeout=20_000)
    assert serious(page) == []
    page.screenshot(path=screenshots / "verify.png", full_page=True)


def test_a_token_is_taken_on_and_its_forgotten_pin_set_anew_by_two(
    page: Any, live_server: Any, home: Path, settings: Settings, screenshots: Path
) -> None:
    an = make_an()
    softhsm.set_up(home, settings, price=300)
    issued = authority.issue(
        demo_authority(), common_name=an.full_name, identifier=an.staff_code, organization="TTYT", today=now()
    )
    label = softhsm.make_token(home, issued)
    make_user("quantri", "Lý Công Thành", "admin", an.practitioner_roles.get().department)
    _sign_in(page, live_server, "an")
    page.goto(f"{live_server.url}/signing/key/")
    page.fill("[name=enrol-account]", label)
    page.fill("[name=enrol-pin]", softhsm.PIN)
    page.press("[name=enrol-pin]", "Enter")
    expect(page.get_by_text("300 đồng")).to_be_visible()
    assert serious(page) == []
    page.screenshot(path=screenshots / "key-in-a-token.png")
    page.context.clear_cookies()
    _sign_in(page, live_server, "quantri")
    page.goto(f"{live_server.url}/signing-keys/")
    page.get_by_role("link", name="Nguyễn Văn An").click()
    page.fill("[name=reset-reason]", "Gặp trực tiếp")
    page.press("[name=reset-reason]", "Enter")
    expect(page.locator(".alert-success, .alert-done")).to_be_visible()
    assert serious(page) == []
    page.goto(f"{live_server.url}/signing/costs/")
    assert serious(page) == []
    page.context.clear_cookies()
    _sign_in(page, live_server, "an")
    page.goto(f"{live_server.url}/signing/key/forgotten/")
    assert serious(page) == []
    page.fill("[name=new_pin]", "975310")
    page.fill("[name=repeated]", "975310")
    page.press("[name=repeated]", "Enter")
    expect(page.locator(".alert-success, .alert-done")).to_be_visible()
    with transaction.atomic(), unlocked(Certificate.objects.get(), Pin("975310")) as key:
        assert key.sign_digests([bytes(32)])


def _sign_in(page: Any, live_server: Any, username: str) -> None:
    page.goto(live_server.url)
    page.fill("[name=username]", username)
    page.fill("[name=password]", "benhanmo")
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
