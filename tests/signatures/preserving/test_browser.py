"""In Chromium: who holds a print looks up its code and reads, in plain words first, what an archived signature proves."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction
from playwright.sync_api import expect

from signatures.preserving import services
from signatures.providers.base import Pin
from signatures.signing import services as signing
from tests.signatures import pki
from tests.signatures.records import PIN, deliver_all, make_ready

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.peer]


def _archived(authority: pki.Authority) -> str:
    """The printed code of a document that was signed and archived."""
    try:
        request = make_ready(pki.with_key(authority, "an"))
        with transaction.atomic():
            signing.sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=request.signer)
        deliver_all()
        services.ask_for_raising()
        deliver_all()
        return request.version.verify_code
    finally:
        connections.close_all()


def test_a_printed_code_tells_chain_revocation_and_level(
    authority: pki.Authority, page: Any, live_server: Any, screenshots: Path
) -> None:
    with ThreadPoolExecutor(
        1
    ) as elsewhere:  # Playwright's loop runs in this thread; pyHanko wants one of its own
        code = elsewhere.submit(_archived, authority).result()
    page.goto(f"{live_server.url}/verify/{code}/")
    expect(page.locator("[data-verdict=valid]")).to_be_visible()
    told = page.locator(".card").first
    expect(told).to_contain_text("B-LTA")
    expect(told).to_contain_text("Nguyễn Văn An ← CA cấp phép ← CA gốc")
    expect(told).to_contain_text("OCSP")
    page.screenshot(path=screenshots / "verify-archived.png", full_page=True)
    report = page.request.get(page.get_by_role("link", name="Báo cáo PDF").evaluate("link => link.href"))
    assert (report.status, report.headers["content-type"]) == (200, "application/pdf")
