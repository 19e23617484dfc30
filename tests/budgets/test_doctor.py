"""The doctor's round: today's sheet of a stable patient, from the home page to the signature, counted."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from encounters.documents import services
from encounters.documents.models import Document
from signatures.providers.services import issue_demo_key
from tests.budgets.hand import at_home
from tests.encounters.chart import begin, deliver_all, draft_of, make_stay, written
from tests.encounters.visits.ward import ago, make_bed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

PIN = "123456"


def _yesterday(settings: Any, folder: Path) -> Any:
    """An, a patient of the ward, and the entry that An confirmed yesterday."""
    settings.EMR_HOME = folder
    an, stay = make_stay(bed=make_bed("01"), at=ago(days=2), late_reason="Mất điện")
    issue_demo_key(owner=an, pin=PIN)
    entry = begin(stay, an, happened_at=ago(days=1), late_reason="Mất điện")
    services.save_draft(
        document=entry,
        fields=written(entry, "Tỉnh, không sốt, ăn ngủ được."),
        revision=draft_of(entry).revision,
        by=an,
    )
    services.finalize_document(document=entry, revision=draft_of(entry).revision, by=an)
    deliver_all()
    return an, stay


def test_a_prefilled_sheet_in_two_clicks_and_signed_unchanged_in_three(
    page: Any, live_server: Any, screenshots: Path, settings: Any, tmp_path: Path
) -> None:
    an, stay = _yesterday(settings, tmp_path)
    hand = at_home(page, live_server, an)
    page.screenshot(path=screenshots / "budget-doctor-home.png")
    hand.click(page.get_by_role("button", name="Tờ hôm nay: Nguyễn Thị Đào"))
    expect(page.locator("[name='a/course.text/0']")).to_have_value("Tỉnh, không sốt, ăn ngủ được.")
    assert hand.clicks <= 2, "a prefilled sheet"
    hand.click(page.locator("button[type=submit][form=document-form]"))
    page.wait_for_selector("#signing-panel")
    deliver_all()  # what the worker does meanwhile: the page finds out by itself
    hand.click(page.locator("#signing-panel a.btn-primary"))
    deliver_all()
    expect(page.locator("#id_pin")).to_be_focused()
    page.wait_for_selector("[data-pdf][data-state=shown] canvas")  # the doctor reads it
    page.screenshot(path=screenshots / "budget-doctor-sign.png")
    hand.authorise(PIN)
    expect(page.locator("#sign-state [role=status], #sign-state .alert-done").first).to_be_visible()
    deliver_all()
    expect(page.locator("#sign-state .alert-done")).to_be_visible()
    # The row counts clicks; as in the row of the signing tray, the authorisation stands beside them.
    assert (hand.clicks, hand.authorisations) == (3, 1)
    assert stay.documents.latest("happened_at").status == "signed"


def test_todays_entry_pressed_again_opens_what_was_begun(
    page: Any, live_server: Any, settings: Any, tmp_path: Path
) -> None:
    an, stay = _yesterday(settings, tmp_path)
    at_home(page, live_server, an)
    for _time in range(2):
        page.goto(live_server.url)
        page.get_by_role("button", name="Tờ hôm nay: Nguyễn Thị Đào").click()
        page.wait_for_url("**/documents/**")
    assert Document.objects.filter(encounter=stay).count() == 2
