"""What is stored is shown as text: names, notes and messages made of scripts run nowhere (S-26)."""

from typing import Any

import pytest
from django.urls import reverse

from emr.accounts.models import Organization, User
from integrations.hl7v2 import services as hl7v2
from integrations.transport.demo import load as load_channels
from integrations.transport.listener import Frame
from patients.history import services as history
from patients.registry.models import Patient
from tests.emr.people import make_user
from tests.emr.ui.conftest import open_page, sign_in
from tests.encounters.chart import department, make_stay
from tests.integrations.messages import adt
from tests.support.browser import WARD_PC

pytestmark = pytest.mark.django_db(transaction=True)

NAME = """<img src=x onerror="ran.push('name')">"><svg onload="ran.push('svg')">{{ 7|add:7 }}"""
NOTE = """</textarea></script><script>ran.push('note')</script><a href="javascript:ran.push('link')">'-ran.push(1)-'"""
WATCH = """
window.ran = [];
window.reports = [];
document.addEventListener('securitypolicyviolation', event => window.reports.push(event.violatedDirective));
"""


def opened(
    chromium: Any, live_server: Any, user: User, addresses: list[str]
) -> list[tuple[str, Any, Any, str]]:
    """Each page as this person sees it: what ran, what the policy reported, and its text."""
    context = chromium.new_context(viewport=WARD_PC, locale="vi-VN", base_url=live_server.url)
    context.add_init_script(WATCH)
    sign_in(context, live_server, user)
    page = open_page(context)
    found = []
    for address in addresses:
        answer = page.goto(address, wait_until="load")
        assert answer.status == 200, address
        page.wait_for_selector("[aria-busy=true], .htmx-request", state="detached")
        found.append((address, page.evaluate("ran"), page.evaluate("reports"), page.inner_text("body")))
    assert page.trouble == []
    context.close()
    return found


@pytest.mark.timeout(240)
def test_nothing_that_is_stored_runs_in_a_browser(chromium: Any, live_server: Any) -> None:
    """S-26: 0 executions, 0 reports of the policy, and the text is there as it was written."""
    an, stay = make_stay()
    history.record_allergy(patient=stay.patient, substance=NOTE[:100], by=an)
    history.record_problem(patient=stay.patient, text=NOTE[:100], by=an)
    Patient.objects.filter(pk=stay.patient_id).update(full_name=NAME)
    facility = Organization.objects.get(pk=an.facility_id)
    load_channels(facility)
    hl7v2.forget_channels()
    hl7v2.receive(
        [Frame(adt("A04", "P1<script>", birth="19801399", name=NAME, number=NAME[:20]), "127.0.0.1")]
    )
    desk = make_user("desk", NAME[:60], "integration", department())
    pages = opened(
        chromium,
        live_server,
        an,
        [
            reverse("patients:registry:search"),
            reverse("patients:registry:chart", args=[stay.patient.uuid]),
            reverse("encounters:documents:list", args=[stay.uuid]),
        ],
    )
    pages += opened(
        chromium,
        live_server,
        desk,
        [reverse("integrations:transport:messages"), reverse("integrations:transport:dead_letters")],
    )
    assert [(address, ran, reports) for address, ran, reports, _text in pages if ran or reports] == []
    shown = {address: text for address, _ran, _reports, text in pages}
    chart = shown[reverse("patients:registry:chart", args=[stay.patient.uuid])]
    assert "onerror=" in chart
    assert "7|add:7" in chart
