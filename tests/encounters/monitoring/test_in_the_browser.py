"""The ward at five in the morning: beds down, six numbers across, nothing lost when the network goes."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from encounters.monitoring.models import EarlyWarning
from encounters.results.models import Observation
from tests.budgets.hand import at_home
from tests.emr.people import make_binh
from tests.encounters.visits.ward import admit, ago, department, make_bed
from tests.patients.people import make_patient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_the_ward_is_typed_down_and_keeps_what_was_not_sent(
    page: Any, live_server: Any, screenshots: Path
) -> None:
    first = admit(bed=make_bed("01"), at=ago(hours=5))
    second = admit(make_patient("Lê Văn Hùng", sex="male"), bed=make_bed("02"), at=ago(hours=4))
    hand = at_home(page, live_server, make_binh(department()))
    page.goto(f"{live_server.url}{reverse('encounters:monitoring:grid', args=[department().uuid])}")
    page.wait_for_load_state()
    page.locator(f"[id='{first.pk}-pulse']").focus()
    for digits in ("122", "386", "98", "60", "26", "90"):
        hand.number(digits)
    line = page.locator(f"#line-{first.pk}")
    expect(line.locator(".round-score")).to_contain_text("NEWS2 11")
    assert not Observation.objects.exists()
    page.screenshot(path=screenshots / "vitals-round.png")
    page.context.set_offline(True)
    line.get_by_role("button", name="Lưu").press("Enter")
    expect(line).to_have_class("round-line unsent")
    expect(page.locator(f"[id='{second.pk}-pulse']")).to_be_focused()
    page.context.set_offline(False)
    expect(line.locator("[role=status]")).to_be_visible()
    expect(line).to_contain_text("NEWS2 11")
    expect(page.locator(f"[id='{second.pk}-pulse']")).to_be_focused()
    assert EarlyWarning.objects.get().score == 11
    assert Observation.objects.filter(encounter=first).count() == 8
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")

    page.keyboard.type("190", delay=110)
    page.locator(f"#line-{second.pk}").get_by_role("button", name="Lưu").click()
    expect(page.locator(f"#line-{second.pk} .question")).to_contain_text("190")
    expect(page.locator(f"[id='{second.pk}-pulse']")).to_have_value("190")
    page.locator(f"#line-{second.pk} [name=confirmed]").check()
    page.locator(f"#line-{second.pk}").get_by_role("button", name="Lưu").click()
    expect(page.locator(f"#line-{second.pk} [role=status]")).to_be_visible()
    assert Observation.objects.filter(encounter=second).get().value == 190
    page.goto(f"{live_server.url}{reverse('encounters:monitoring:patient', args=[first.uuid])}")
    page.screenshot(path=screenshots / "vitals-patient.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
