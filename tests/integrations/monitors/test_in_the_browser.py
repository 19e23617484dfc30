"""A nurse scans a monitor and a wristband, sees what it shows, and confirms it by one key."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from encounters.results.models import Observation
from integrations.hl7v2 import services as hl7v2
from integrations.monitors.models import MonitorUse
from integrations.transport.listener import Frame
from patients.registry import systems
from tests.budgets.hand import at_home
from tests.emr.people import make_binh
from tests.encounters.visits.ward import admit, ago, department, make_bed
from tests.integrations.conftest import work_off
from tests.integrations.monitors.shown import make_monitor, pcd

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_scanned_shown_and_confirmed_by_one_key(page: Any, live_server: Any, screenshots: Path) -> None:
    binh = make_binh(department())
    stay = admit(bed=make_bed("01"), at=ago(hours=5))
    make_monitor(department(), binh, "MON-0001")
    at_home(page, live_server, binh)
    page.goto(f"{live_server.url}{reverse('integrations:monitors:monitors')}")
    scan = page.get_by_label("Quét máy theo dõi và vòng tay")
    scan.fill("mon-0001")
    scan.press("Enter")
    waiting = page.get_by_label("Quét vòng tay người bệnh")
    waiting.fill(stay.patient.identifiers.get(system=systems.mrn(stay.facility)).value)
    waiting.press("Enter")
    expect(page.get_by_role("status").or_(page.locator(".alert")).first).to_contain_text(
        stay.patient.full_name
    )
    page.screenshot(path=screenshots / "monitors.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    MonitorUse.objects.update(starts_at=ago(minutes=5))
    assert b"|AA|" in hl7v2.receive([Frame(pcd(monitor="MON-0001"), "127.0.0.1")])[0].wire
    work_off()
    page.goto(f"{live_server.url}{reverse('encounters:monitoring:grid', args=[department().uuid])}")
    panel = page.locator(".monitor-values")
    expect(panel).to_contain_text("82 /ph")
    page.screenshot(path=screenshots / "monitors-ward.png", full_page=True)
    page.goto(f"{live_server.url}{reverse('encounters:monitoring:patient', args=[stay.uuid])}")
    expect(page.locator(".monitor-values")).to_contain_text("124 mmHg")
    page.screenshot(path=screenshots / "monitors-patient.png", full_page=True)
    page.keyboard.press("F8")
    expect(page.locator(".monitor-values")).to_contain_text("chưa có số liệu mới để xác nhận")
    assert Observation.objects.filter(encounter=stay).count() == 6
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
