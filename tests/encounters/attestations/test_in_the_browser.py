"""The doctor discharges, writes the discharge paper and signs it; when the seal is on it, the nurse hands it over."""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import expect

from emr.accounts.models import User
from encounters.attestations.models import Attestation, PaperHandover
from encounters.visits.services import record_diagnosis
from signatures.providers.base import Pin
from signatures.providers.services import issue_demo_key, issue_demo_seal
from signatures.signing import services as signing
from signatures.signing.selectors import waiting_for
from tests.budgets.hand import at_home
from tests.emr.people import make_binh, make_department, make_user
from tests.encounters.chart import deliver_all, make_stay
from tests.encounters.visits.ward import ago, department

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
PIN = "123456"


def _others_sign(head: User, keeper: User) -> None:
    (request,) = waiting_for(head)
    with transaction.atomic():
        signing.sign_requests(
            shown={request.uuid: request.sha256}, pin=Pin(PIN), by=User.objects.get(pk=head.pk)
        )
    deliver_all()
    (request,) = waiting_for(keeper)
    with transaction.atomic():
        signing.seal_documents(shown={request.uuid: request.sha256}, by=User.objects.get(pk=keeper.pk))
    deliver_all()


def test_from_the_discharge_to_the_paper_in_the_patient_s_hand(
    page: Any, live_server: Any, screenshots: Path, settings: Any, tmp_path: Path
) -> None:
    settings.EMR_HOME = tmp_path
    an, stay = make_stay(at=ago(hours=20))
    record_diagnosis(encounter=stay, role="working", code="J18.9", text="Viêm phổi", by=an)
    office = make_department(an.facility, "HC", "Phòng Hành chính")
    head = make_user("em", "Vũ Thị Em", "head_of_department", department(), title="BSCKII.")
    keeper = make_user("mai", "Hồ Thị Mai", "seal_keeper", office)
    for person in (an, head):
        issue_demo_key(owner=person, pin=PIN)
    issue_demo_seal(facility=an.facility)

    hand = at_home(page, live_server, an)
    page.goto(f"{live_server.url}/encounters/{stay.uuid}/discharge/")
    hand.click(page.locator("[name=outcome][value='2']"))
    hand.click(page.locator("[name=disposition][value=home]"))
    hand.click(page.locator("form.stay-form button[type=submit]").first)
    hand.click(page.get_by_role("button", name="Giấy ra viện và tóm tắt"))
    expect(page.locator("[name='a/diagnosis.text/0']")).to_have_value("Viêm phổi")
    expect(page.get_by_text("Chữ viết và ngày tháng hợp lệ")).to_be_visible()
    page.fill("[name='a/treatment/0']", "Kháng sinh, nghỉ ngơi.")
    page.screenshot(path=screenshots / "discharge-paper.png")
    hand.click(page.locator("button[type=submit][form=document-form]"))
    page.wait_for_selector("#signing-panel")
    deliver_all()
    hand.click(page.locator("#signing-panel a.btn-primary"))
    deliver_all()
    expect(page.locator("#id_pin")).to_be_focused()
    page.wait_for_selector("[data-pdf][data-state=shown] canvas")
    hand.authorise(PIN)
    expect(page.locator("#sign-state [role=status], #sign-state .alert-done").first).to_be_visible()
    deliver_all()
    assert (hand.clicks, hand.authorisations) == (6, 1), "result, way, discharged; begun, confirmed, signed"
    _others_sign(head, keeper)
    paper = Attestation.objects.get(kind="TT25-02")
    assert paper.status == "issued"

    page.context.clear_cookies()
    make_binh(department())
    hand = at_home(page, live_server, User.objects.get(username="binh"))
    page.goto(f"{live_server.url}/encounters/{stay.uuid}/papers/")
    page.screenshot(path=screenshots / "papers-of-a-stay.png")
    hand.click(page.get_by_role("link", name=paper.number))
    hand.click(page.get_by_role("button", name="Đã giao"))
    expect(page.get_by_text("Đã giao giấy.")).to_be_visible()
    page.screenshot(path=screenshots / "paper-handed-over.png")
    assert hand.clicks == 2
    assert PaperHandover.objects.get().receiver_name == stay.patient.full_name
