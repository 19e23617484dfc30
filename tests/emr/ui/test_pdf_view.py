"""What is signed is what was shown: the viewer draws the bytes and gives their SHA-256."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from weasyprint import HTML

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.emr.ui.bench import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.emr.ui.bench_urls"),
]


def test_pages_are_drawn_and_the_fingerprint_is_of_these_bytes(ward_page: Page, bench_server: Server) -> None:
    html = "<p>Bệnh án nội khoa</p><p style='break-before: page'>Trang hai</p>"
    bench_server.pdf = HTML(string=html).write_pdf()
    ward_page.goto("/bench/pdf-page/")
    expect(ward_page.locator("[data-pdf]")).to_have_attribute("data-state", "shown")
    digest = hashlib.sha256(bench_server.pdf).hexdigest()
    assert ward_page.locator("input[name=shown_sha256]").input_value() == digest
    assert ward_page.locator("[data-pdf-fingerprint]").inner_text().replace(" ", "") == digest
    assert ward_page.locator("canvas").count() == 2
    inked = """canvas => { const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      let dark = 0; for (let i = 0; i < d.length; i += 4) if (d[i] < 128 && d[i + 3] > 128) dark += 1; return dark; }"""
    assert ward_page.locator("canvas").first.evaluate(inked) > 100
    assert "Bệnh án nội khoa" in ward_page.locator("figcaption").first.inner_text()


def test_what_is_no_pdf_gives_no_fingerprint(ward_page: Page, bench_server: Server) -> None:
    bench_server.pdf = b"<html>sign in</html>"
    ward_page.goto("/bench/pdf-page/")
    expect(ward_page.locator("[data-pdf]")).to_have_attribute("data-state", "failed")
    assert ward_page.locator("input[name=shown_sha256]").input_value() == ""
    expect(ward_page.get_by_text("Không hiển thị được tài liệu.")).to_be_visible()
