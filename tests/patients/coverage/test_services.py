"""Who pays: cards of three forms, validity, correction by a new row, and the scan that fills it."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from emr.common.clock import local_today
from emr.common.errors import DomainError
from patients.coverage.models import Coverage
from patients.coverage.selectors import coverage_on, coverages_of
from patients.coverage.services import record_coverage
from patients.registry import systems
from patients.registry.banner import banner_for
from patients.registry.models import Patient
from tests.patients.people import make_clerk, make_patient

pytestmark = pytest.mark.django_db

NAME, ADDRESS = "Nguyễn Thị Đào".encode().hex().upper(), "Xã Ba Cụm Bắc".encode().hex()
YEAR = local_today().year
LINE = (
    f"HT2568912345678|{NAME}|14/03/1957|2|{ADDRESS}|56 - 022|01/01/{YEAR}|31/12/{YEAR + 1}|01/01/{YEAR}|"
    f"56000011122|-|4|01/01/2020|00cafe-1|$"
)


@pytest.mark.parametrize("number", ["HT2568912345678", "8912345678", "038157012345"])
def test_all_three_forms_of_a_card_number_are_kept(number: str) -> None:
    row = record_coverage(patient=make_patient(), payer="BHYT", card_number=number, by=None)
    assert row.card_number == number
    assert row.benefit_level == ("2" if len(number) == 15 else "")


@pytest.mark.parametrize("number", ["", "HT25689", "HT25689123456789", "ABCDEFGHIJ"])
def test_another_form_is_refused(number: str) -> None:
    with pytest.raises(DomainError) as refused:
        record_coverage(patient=make_patient(), payer="BHYT", card_number=number, by=None)
    assert refused.value.field == "card_number"
    assert not Coverage.objects.exists()


def test_the_insurance_number_finds_the_patient_again() -> None:
    dao = make_patient()
    record_coverage(patient=dao, payer="BHYT", card_number="HT2 568912345678", by=None)
    assert dao.identifiers.get(system=systems.INSURANCE).value == "8912345678"


def test_a_correction_ends_the_row_and_adds_one() -> None:
    dao = make_patient()
    first = record_coverage(patient=dao, payer="BHYT", card_number="8912345678", by=None)
    second = record_coverage(
        patient=dao, payer="BHYT", card_number="8912345679", by=None, replaces=first, living_area="K1"
    )
    assert [row.is_active for row in coverages_of(dao)] == [True, False]
    assert coverage_on(dao) == second


def test_the_insurance_card_that_is_valid_counts_before_another_payer() -> None:
    dao, today = make_patient(), local_today()
    old = {"valid_from": today - dt.timedelta(days=400), "valid_until": today - dt.timedelta(days=40)}
    record_coverage(patient=dao, payer="BHYT", card_number="8912345678", by=None, **old)
    self_paid = record_coverage(patient=dao, payer="THUPHI", by=None)
    assert coverage_on(dao) == self_paid
    card = record_coverage(patient=dao, payer="BHYT", card_number="8912345678", by=None, valid_from=today)
    assert coverage_on(dao) == card
    assert coverage_on(dao, today - dt.timedelta(days=100)).payer == "BHYT"  # type: ignore[union-attr]


def test_a_validity_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(DomainError):
        record_coverage(
            patient=make_patient(),
            payer="BHYT",
            card_number="8912345678",
            by=None,
            valid_from=dt.date(2026, 2, 1),
            valid_until=dt.date(2026, 1, 1),
        )


def test_one_scan_of_an_insurance_card_and_one_key_register_with_the_coverage(client: Client) -> None:
    client.force_login(make_clerk())
    page = client.post(reverse("patients:registry:scan"), {"card": LINE})
    form = page.context["form"]
    filled = {name: form[name].value() or "" for name in form.fields}
    done = client.post(reverse("patients:registry:register"), filled)
    assert done.status_code == 302
    dao = Patient.objects.get()
    row = Coverage.objects.get(patient=dao)
    assert (row.card_number, row.benefit_level, row.registered_facility) == ("HT2568912345678", "2", "56022")
    assert (row.valid_until, row.five_years_on) == (dt.date(YEAR + 1, 12, 31), dt.date(2020, 1, 1))
    # The same card again: known, opened at once, nothing doubled.
    again = client.post(reverse("patients:registry:scan"), {"card": LINE})
    assert again.url == reverse("patients:registry:chart", args=[dao.uuid])
    assert Coverage.objects.count() == 1
    assert any(part.text == "HT2568912345678" for part in banner_for(dao).parts["payer"])


def test_pages_show_scan_and_correct(client: Client) -> None:
    client.force_login(make_clerk())
    dao = make_patient()
    for name in ("page", "add"):
        assert client.get(reverse(f"patients:coverage:{name}", args=[dao.uuid])).status_code == 200
    scanned = client.post(reverse("patients:coverage:scan", args=[dao.uuid]), {"card": LINE})
    assert scanned.context["form"].initial["card_number"] == "HT2568912345678"
    assert client.post(reverse("patients:coverage:scan", args=[dao.uuid]), {"card": "x"}).status_code == 422
    add = reverse("patients:coverage:add", args=[dao.uuid])
    refused = client.post(add, {"payer": "BHYT", "card_number": "12"})
    assert refused.status_code == 422
    assert refused.context["form"]["card_number"].value() == "12"
    assert client.post(add, {"payer": "BHYT", "card_number": "8912345678"}).status_code == 302
    row = Coverage.objects.get()
    address = reverse("patients:coverage:correct", args=[dao.uuid, row.uuid])
    assert client.get(address).status_code == 200
    assert client.get(reverse("patients:coverage:page", args=[dao.uuid])).status_code == 200
