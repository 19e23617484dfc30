"""From the HIS's message to a signature that somebody else's program confirms, as the people do it."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from emr.audit.models import AuditEvent
from emr.audit.selectors import breaches
from emr.audit.services import link_all
from encounters.visits.models import Encounter
from integrations.demo import hospital
from integrations.transport.demo import load as load_channels
from patients.registry.models import Patient
from signatures.providers.services import issue_demo_key
from tests.encounters.chart import deliver_all, load_forms
from tests.integrations.messages import adt
from tests.integrations.peers import CLIENTS, listening, send_with

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.peer]

PIN = "123456"


@pytest.fixture
def clinic(settings: Any, tmp_path: Path) -> None:
    """The demo facility with its people, forms and channels, and no patient yet."""
    settings.EMR_HOME = tmp_path
    load_forms()
    call_command("load_terminology", verbosity=0)
    facility = hospital.build_facility()
    people = hospital.build_people(facility)
    load_channels(facility)
    issue_demo_key(owner=people["bacsi"], pin=PIN)


def _sign_in(page: Page, address: str, username: str) -> None:
    page.goto(f"{address}/sign-in/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", "benhanmo")
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{address}/")


def test_the_his_admits_the_doctor_writes_and_signs_and_pdfsig_confirms(
    clinic: None, page: Page, live_server: Any, screenshots: Path, tmp_path: Path, need_tool: Any
) -> None:
    at = f"{timezone.localtime():%Y%m%d%H%M%S}"
    with listening() as listener:
        (answer,) = send_with(
            CLIENTS[0],
            listener.port,
            [adt("A01", "W1", at=at, name="Nguyễn^Thị Bích Đào", sex="F", place="K03^P01^G01")],
        )
    assert "MSA|AA|W1" in answer
    deliver_all()
    patient = Patient.objects.get()
    stay = Encounter.objects.get()
    assert (patient.full_name, stay.department.code if stay.department else "") == (
        "Nguyễn Thị Bích Đào",
        "K03",
    )

    _sign_in(page, live_server.url, "bacsi")
    page.goto(f"{live_server.url}/encounters/{stay.uuid}/course/")
    page.keyboard.press("Alt+n")
    page.wait_for_url("**/documents/**")
    page.fill("[name='a/course.text/0']", "Tỉnh, sốt 38,2 °C, ho đờm vàng.")
    page.fill("[name='a/course.diagnosis.code/0/shown']", "viem phoi")
    page.locator("[role=option]", has_text="J18.9").first.click()
    page.screenshot(path=screenshots / "whole-way-entry.png")
    page.keyboard.press("F9")
    expect(page.locator("#document-pdf")).to_be_visible()
    deliver_all()
    page.goto(f"{live_server.url}/signing/")
    page.locator("a[href^='/signing/']", has_text="Mở").first.click()
    expect(page.locator("[data-pdf][data-state=shown] canvas").first).to_be_visible(timeout=30_000)
    page.fill("#id_pin", PIN)
    page.keyboard.press("F9")
    expect(page.locator("#sign-state [role=status]")).to_be_visible()
    deliver_all()
    expect(page.locator("#sign-state .alert-done")).to_be_visible(timeout=20_000)
    page.screenshot(path=screenshots / "whole-way-signed.png")

    document = stay.documents.get()
    file = tmp_path / "signed.pdf"
    file.write_bytes(page.request.get(f"{live_server.url}/documents/{document.uuid}/pdf").body())
    said = subprocess.run(
        [need_tool("pdfsig", "poppler-utils"), file], capture_output=True, text=True, check=False
    ).stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "Nguyễn Văn An" in said
    document.refresh_from_db()
    assert document.status == "signed"
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"user.sign_in", "course.read", "document.begin", "document.finalize", "document.print"} <= actions
    link_all()
    assert list(breaches()) == []
