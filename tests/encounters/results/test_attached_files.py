"""A file that came with a result, in the browser: shown on our page, powerless by itself."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect
from weasyprint import HTML

from encounters.results.facts import AttachmentFacts
from tests.encounters import chart
from tests.encounters.results.reports import facts, file, value
from tests.encounters.visits.ward import ago
from tests.support.browser import come_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_pdf_is_drawn_on_our_page_and_only_downloaded_by_its_address(
    page: Page, live_server: Any, client: Client, settings: Any, tmp_path: Any
) -> None:
    """S-34, S-38."""
    settings.EMR_HOME = tmp_path
    an, stay = chart.make_stay(at=ago(hours=3))
    pdf = HTML(string="<p>Kali 7,2 mmol/L</p>").write_pdf()
    attached = AttachmentFacts(title="Phiếu kết quả", content_type="application/pdf", data=pdf)
    report = file(stay, facts(value(), attachments=(attached,))).report
    come_in(page, client, an, live_server.url)
    page.goto(live_server.url + reverse("encounters:results:report", args=[report.uuid]))
    expect(page.locator("[data-pdf][data-state=shown]")).to_have_count(1)
    expect(page.get_by_role("region", name="Phiếu kết quả")).to_contain_text("Kali 7,2 mmol/L")
    with page.expect_download() as told:
        page.get_by_role("link", name="Tải về").click()
    assert told.value.suggested_filename == f"{report.uuid}-1.pdf"
