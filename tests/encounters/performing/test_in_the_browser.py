"""From the tube to the doctor: scanned, entered, released by a second person, read and acknowledged."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from encounters.performing import services as performing
from encounters.results.models import DiagnosticReport, ReportReading
from encounters.specimens import services as specimens
from tests.emr.people import make_binh
from tests.encounters.performing.test_entering import ELECTROLYTES, make_world, technician
from tests.encounters.results.reports import order
from tests.encounters.specimens.tubes import label
from tests.encounters.visits.ward import department
from tests.support.browser import come_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
PRINTED = {"laptop": (1366, 768), "tablet": (820, 1180)}


def _scan(page: Page, code: str) -> None:
    page.keyboard.type(code, delay=5)
    page.keyboard.press("Enter")


def _fits(page: Page) -> bool:
    """Whether nothing has to be pushed sideways, and text stays inside its buttons."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"))


def _look(page: Page, folder: Path, name: str) -> None:
    """The page in both widths, by day and by night."""
    for width_name, (width, height) in PRINTED.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
            page.screenshot(path=folder / f"{name}-{width_name}-{scheme}.png", full_page=True)
            assert _fits(page), (name, width_name)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1366, "height": 768})


def test_from_the_tube_to_the_doctor(page: Page, live_server: Any, screenshots: Path) -> None:
    an, stay = make_world()
    binh = make_binh(department())
    request = order(stay, an, ELECTROLYTES, text="Điện giải đồ")
    culture = order(stay, an, "XN0061", text="Vi khuẩn nuôi cấy và định danh, máu")
    tubes = label(stay, binh)
    for tube in tubes:
        specimens.collect_by_scan(specimen=tube, encounter=stay, by=binh)
    [tube] = [tube for tube in tubes if tube.tests.filter(request=request).exists()]
    khoa, minh = technician(), technician("minh")

    come_in(page, Client(), khoa, live_server.url)
    page.goto(f"{live_server.url}{reverse('encounters:specimens:reception')}")
    _scan(page, tube.accession_number)
    expect(page.get_by_text(tube.accession_number).first).to_be_visible()
    page.goto(f"{live_server.url}{reverse('encounters:performing:laboratory')}")
    _look(page, screenshots, "lab-worklist")
    page.locator("#performing-words").focus()
    _scan(page, tube.accession_number)
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Điện giải đồ").click()
    page.get_by_label("Natri").fill("139")
    page.get_by_label("Kali").fill("7,1")
    page.keyboard.press("F9")
    expect(page.locator(".alert-interrupt")).to_contain_text("7,1")
    _look(page, screenshots, "lab-question")
    page.locator("[name=confirmed]").check()
    page.keyboard.press("F9")
    expect(page.get_by_text("Đã lưu").first).to_be_visible()

    come_in(page, Client(), minh, live_server.url)
    page.goto(f"{live_server.url}{reverse('encounters:performing:enter_laboratory', args=[request.uuid])}")
    page.locator("button[value=release]").last.click()
    page.wait_for_url("**/performing/laboratory/")
    report = DiagnosticReport.objects.get(request=request, replaced_by=None)
    assert (report.status, report.author, report.approved_by) == ("final", khoa, minh)

    address = reverse("encounters:performing:enter_laboratory", args=[culture.uuid])
    page.goto(f"{live_server.url}{address}")
    page.locator("#i1-organism").fill("Escherichia coli")
    page.locator("button[value=panel]").click()
    page.locator("[name=i1-AMK-mic]").fill("<=2")
    page.locator("[name=i1-AMK-judged]").select_option("S")
    _look(page, screenshots, "lab-culture")
    page.locator("body").press("F9")
    page.wait_for_url("**/performing/laboratory/")
    grown = DiagnosticReport.objects.get(request=culture, replaced_by=None)
    final = performing.release(report=grown, by=khoa)

    come_in(page, Client(), an, live_server.url)
    page.goto(f"{live_server.url}{reverse('encounters:results:inbox')}")
    page.get_by_role("link", name=report.title).first.click()
    expect(page.locator("tr.result-critical")).to_contain_text("7,1")
    page.wait_for_load_state()  # keys are heard when the scripts are there
    page.keyboard.press("F9")
    page.wait_for_url("**/results/")
    assert ReportReading.objects.filter(report=report, reader=an, kind="acknowledged").exists()
    page.goto(f"{live_server.url}{reverse('encounters:results:report', args=[final.uuid])}")
    expect(page.locator("td.depth-1")).to_have_text("Amikacin")
    _look(page, screenshots, "lab-report")
