"""The doctor's new results: from the list's badge to the values, and acknowledged, counted (ux.md, row 5)."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from encounters.results.models import ReportReading, ReportReview
from tests.budgets.hand import at_home
from tests.encounters.chart import make_stay
from tests.encounters.results.reports import facts, file, value
from tests.encounters.visits.ward import ago

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_result_is_one_click_from_the_badge_and_acknowledged_by_one_key(
    page: Any, live_server: Any
) -> None:
    an, stay = make_stay(at=ago(hours=3))
    for number in ("N1", "N2"):
        file(stay, facts(value("4.1"), title=f"Phiếu {number}", number=number))
    hand = at_home(page, live_server, an)
    inbox = reverse("encounters:results:inbox")
    badge = page.locator(f"a[href='{inbox}']").first
    expect(badge).to_contain_text("2")
    hand.click(badge)
    expect(page.get_by_role("link", name="Phiếu N1")).to_be_visible()
    assert hand.clicks == 1
    page.keyboard.press("F9")
    expect(page.get_by_role("link", name="Phiếu N1")).to_have_count(0)
    assert hand.clicks == 1
    assert not ReportReview.objects.filter(outcome="").exists()
    assert ReportReading.objects.filter(kind="acknowledged", reader=an).count() == 2
