"""What `make bench` compares: a floor that answers something else would make every ratio worthless."""

import pytest

from integrations.demo import hospital
from integrations.demo.population import populate
from patients.registry.models import Patient
from tools.bench import auditing
from tools.bench.pages import Browser, bare_site, request, self_loading
from tools.bench.reading import by_hand, heavy_patient, our_query, run
from tools.bench.report import Row

pytestmark = pytest.mark.django_db


def test_each_statement_by_hand_answers_what_the_search_answers() -> None:
    facility = hospital.build_facility()
    clerk = hospital.build_people(facility)["tiepdon"]
    populate(facility, patients=300, seed=3)
    somebody = Patient.objects.order_by("pk")[7]
    asked = ["nguyen thi", "van", somebody.search_name, f"{somebody.search_name} {somebody.birth_year}"]
    asked += [*somebody.identifiers.values_list("value", flat=True), somebody.phone, "P00000000"]
    for text in asked:
        ours = [row[0] for row in run(*our_query(clerk, text))]
        assert ours, text
        for sql, params in by_hand(text, facility.pk):
            assert [row[0] for row in run(sql, params)] == ours, text


@pytest.mark.django_db(transaction=True)
def test_the_pages_measured_are_the_pages_people_get() -> None:
    facility = hospital.build_facility()
    people = hospital.build_people(facility)
    patient = heavy_patient(facility, people["bacsi"])
    assert patient.encounters.count() == patient.documents.count() == 500
    browser = Browser(people["bacsi"])
    page = browser.get(f"/patients/{patient.uuid}/").decode()
    assert "LÒ THỊ BỀN BỈ" in page.upper()
    parts = self_loading(page.encode())
    assert parts
    browser.open(f"/patients/{patient.uuid}/")
    assert browser.kept <= set(parts)
    with pytest.raises(RuntimeError):
        browser.get("/administration/audit/")  # a refusal is never measured
    with bare_site() as site:
        assert len(request(site, "GET", f"/bare/{patient.pk}/")) in range(900, 1200)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_each_statement_by_hand_finds_in_the_log_what_the_page_finds() -> None:
    facility = hospital.build_facility()
    auditing.fill(facility.pk, 24_000)
    found = 0
    for what, question in auditing.questions().items():
        ours = [row[0] for row in auditing.run(*auditing.our_query(facility.pk, question))]
        found += bool(ours)
        for statement, params in auditing.by_hand(facility.pk, question):
            assert [row[0] for row in auditing.run(statement, params)] == ours, what
    assert found >= 5


def test_a_target_that_is_missed_is_said_to_be() -> None:
    assert Row("e", "what", "", "", 0.29, 0.3, at_least=True).cells()[-1] == "**no**"
    assert Row("e", "what", "", "", 0.30, 0.3, at_least=True).cells()[-1] == "yes"
    assert Row("b", "what", "", "", 26.0, 25).cells()[-1] == "**no**"
