"""Bình hands the tablet to bà Đào: she reads, draws her name, the line drops for a moment, and it is sealed."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, Route, expect
from pytest_django.fixtures import Settings

from encounters.consents.models import Confirmation
from signatures.providers.services import issue_demo_seal
from signatures.sealing.models import ConfirmationSeal
from tests.emr.people import make_binh
from tests.encounters.chart import deliver_all, make_stay
from tests.encounters.consents.papers import digest, make_paper
from tests.encounters.visits.ward import department

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_read_drawn_lost_and_sealed(
    page: Page, live_server: Any, client: Client, screenshots: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.EMR_HOME = tmp_path
    an, stay = make_stay()
    binh = make_binh(department())
    paper = make_paper(stay, an, rendered=False)
    issue_demo_seal(facility=stay.facility)
    deliver_all()
    client.force_login(binh)
    page.context.add_cookies(
        [{"name": n, "value": m.value, "url": live_server.url} for n, m in client.cookies.items()]
    )
    keys: list[str] = []
    is_drawn = False

    def drop_the_first(route: Route) -> None:
        if is_drawn:
            keys.append((route.request.post_data or "").split('name="key"')[1].split()[0])
        if len(keys) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.set_viewport_size({"width": 1024, "height": 768})
    page.route("**/confirm/take", drop_the_first)
    page.goto(f"{live_server.url}/documents/{paper.uuid}/confirm/")
    expect(page.locator("[data-pdf][data-state=shown] canvas").first).to_be_visible()
    expect(page.locator("[name=sha256]")).to_have_value(digest(paper))
    assert page.locator(".topbar").count() == 0, "the patient sees nothing else of the record"
    page.keyboard.press("F9")  # nothing drawn
    expect(page.locator("#confirm-refusal .alert-interrupt")).to_be_visible()
    is_drawn = True
    box = page.locator("[data-way=drawn] canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 90)
    page.mouse.down()
    for step in range(1, 25):
        page.mouse.move(box["x"] + 30 + 11 * step, box["y"] + 90 + 30 * (step % 3 - 1))
    page.mouse.up()
    page.screenshot(path=screenshots / "consents-drawn.png", full_page=True)
    page.keyboard.press("F9")
    expect(page.locator("#confirm-state .alert-done")).to_be_visible()
    assert len(keys) >= 2 and len(set(keys)) == 1, "the same key after the line came back"
    row = Confirmation.objects.get()
    assert (row.way, row.staff, row.sha256) == ("drawn", binh, digest(paper))
    assert len(row.strokes["strokes"][0]) > 20
    deliver_all()
    expect(page.locator(".evidence .badge-success")).to_be_visible()
    page.screenshot(path=screenshots / "consents-sealed.png", full_page=True)
    assert ConfirmationSeal.objects.get().confirmation == row
