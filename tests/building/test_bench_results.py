"""What `make bench` measures of results: the message is one that is filed, the page one that shows it."""

import pytest

from emr.accounts.models import Organization
from encounters.results.models import DiagnosticReport
from patients.registry.models import Identifier
from tests.emr.people import make_user
from tests.integrations.conftest import Send, ago, facility, send, state
from tests.integrations.messages import adt
from tools.bench.charts import choose
from tools.bench.messages import Rates, oru, own_numbers, tell_growth
from tools.bench.pages import Browser
from tools.bench.report import Report

__all__ = ["facility", "send"]
TITLE = "Mẫu L1-00005."


@pytest.mark.django_db(transaction=True)
def test_the_page_that_is_asked_for_shows_the_result_that_was_sent(
    facility: Organization, send: Send
) -> None:
    send(adt("A01", "A1", at=ago(4), number="0000001", place="K03^P1^G1"))
    send(adt("A28", "A2", at=ago(4), number="0000002", name="Lê^Văn Hùng"))
    doctor = make_user("bacsi", "Nguyễn Văn An", "doctor", Organization.objects.get(code="K03"))
    found = choose(doctor)
    ((page, number),) = found.watched
    assert (number, found.others) == ("0000001", ("0000002",))
    browser = Browser(doctor)
    assert TITLE not in browser.get(page).decode()
    for patient in (number, *found.others):
        sent = send(oru(int(patient), run="L1", patient=patient, title=TITLE))
        assert state(sent) == "applied"
    assert TITLE in browser.get(page).decode()
    assert [report.findings.count() for report in DiagnosticReport.objects.all()] == [6, 6]
    assert not DiagnosticReport.objects.filter(is_critical=True).exists(), "it rings nobody"


@pytest.mark.django_db
def test_the_people_whose_results_come_are_spread_over_all_there_are(
    facility: Organization, send: Send
) -> None:
    for number in range(1, 31):
        send(adt("A28", f"A{number}", at=ago(4), number=f"BN{number:02d}", name=f"Lê^Văn {number}"))
    chosen = own_numbers(facility.pk, 5)
    places = [
        list(Identifier.objects.order_by("pk").values_list("value", flat=True)).index(n) for n in chosen
    ]
    assert len(set(chosen)) == 5
    assert places == sorted(places)
    assert places[-1] >= 20


def test_what_the_machine_lost_meanwhile_isnt_the_hospitals_growth() -> None:
    report = Report()
    tell_growth(report, {"ORU": Rates(100, 50, 10)}, {"ORU": Rates(50, 20, 10)}, (20_000, 1_000_000))
    stored, applied = report.rows
    assert (stored.result, stored.is_met) == (1.25, True)
    assert (applied.result, applied.floor) == (0.5, "2.00×")
    tell_growth(report, {"ORU": Rates(100, 50, 10)}, {"ORU": Rates(200, 25, 10)}, (20_000, 1_000_000))
    assert (report.rows[2].result, report.rows[2].is_met) == (2.0, False), "a quieter machine is no excuse"
