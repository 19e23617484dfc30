"""What is critical for a newborn isn't so for a grown-up: by age and sex at collection, by the facility's table."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from emr.notices.models import Notice
from encounters.orders.services import BadRows, import_table, load_shipped, shipped
from encounters.performing import services
from encounters.results.models import CriticalLimit, DiagnosticReport
from encounters.results.selectors.limits import age_in_days, age_in_years, critical_limits
from encounters.visits.models import Encounter
from tests.emr.people import make_department, make_facility, make_user
from tests.encounters import chart
from tests.encounters.performing.test_entering import technician
from tests.encounters.results.reports import facts, file, order, value
from tests.encounters.visits.ward import admit, ago, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 28)
HEAD = "code,test,title,unit,ucum,sex,from_age,to_age,age_unit,low,high,source,valid_from,valid_to"


def limit(code: str, **told: object) -> CriticalLimit:
    usual = {"test": "2823-3", "title": "Kali", "unit": "mmol/L", "ucum": "mmol/L"}
    return CriticalLimit.objects.create(facility=make_facility(), code=code, **usual | told)


def born(days_ago: int, **told: object) -> Encounter:
    on = timezone.localdate() - dt.timedelta(days=days_ago)
    return admit(make_patient(f"Bé {days_ago}", birth_date=on, **told))


def potassium(stay: Encounter, number: str, **told: object) -> DiagnosticReport:
    return file(stay, facts(value(number), number=str(uuid.uuid4()), **told)).report


def test_the_shipped_samples_say_that_they_are_and_know_the_newborn() -> None:
    load_shipped(facility=make_facility())
    assert not CriticalLimit.objects.exclude(source__startswith="mẫu").exists()
    grown, child = admit(), born(5)
    assert potassium(grown, "7.1").is_critical
    assert not potassium(child, "7.1").is_critical
    assert potassium(child, "7.9").is_critical
    bilirubin = value(
        "300", title="Bilirubin", loinc="14631-6", unit="µmol/L", ucum="umol/L", low=None, high=None
    )
    yellow = file(child, facts(bilirubin, number="B1")).report
    assert (yellow.is_critical, yellow.findings.get().flag) == (True, "HH")
    assert Notice.objects.filter(kind="results.critical", about_id=yellow.pk).exists()
    assert not file(grown, facts(bilirubin, number="B2")).report.is_critical


def test_the_age_is_that_of_the_collection() -> None:
    limit("all", low="2.5", high="6.5")
    limit("new", from_age=0, to_age=28, low="2.8", high="7.8")
    stay = born(30)
    Encounter.objects.filter(pk=stay.pk).update(started_at=ago(days=20))
    assert potassium(stay, "7.1").is_critical
    assert not potassium(stay, "7.1", collected_at=ago(days=10), issued_at=ago(days=1)).is_critical


def test_the_narrowest_row_that_fits_holds() -> None:
    limit("all", low="2.5", high="6.5")
    limit("child", from_age=0, to_age=16, age_unit="year", high="6.0")
    limit("new", from_age=0, to_age=28, high="7.8")
    limit("girl", from_age=0, to_age=28, sex="female", high="7.0")
    limit("ended", high="5.0", valid_to=dt.date(2020, 1, 1))

    def high(stay: Encounter) -> Decimal | None:
        return critical_limits(stay.patient, ago(), [value()])(value())[1]

    assert high(admit()) == Decimal("6.5")
    assert high(born(400, sex="male")) == Decimal("6.0")
    assert high(born(3, sex="male")) == Decimal("7.8")
    assert high(born(4, sex="female")) == Decimal("7.0")
    unknown = admit(make_patient("Không rõ", birth_date=None, birth_year=None))
    assert high(unknown) == Decimal("6.5")


def test_limits_stand_in_the_unit_of_the_value_or_say_nothing() -> None:
    limit("hgb", test="718-7", title="HGB", unit="g/L", ucum="g/L", low="70", high=None)
    patient = admit().patient
    sent = value("6.9", loinc="718-7", unit="g/dL", ucum="g/dL")
    assert critical_limits(patient, ago(), [sent])(sent) == (Decimal(7), None)
    other = value("6.9", loinc="718-7", unit="mmol/L", ucum="mmol/L")
    assert critical_limits(patient, ago(), [other])(other) == (None, None)


def test_where_the_table_says_nothing_the_products_limits_hold_and_an_empty_row_ends_them() -> None:
    stay = admit()
    assert potassium(stay, "7.1").is_critical
    limit("none", low=None, high=None)
    assert not potassium(stay, "7.1").is_critical
    assert potassium(stay, "7.1", is_critical=True).is_critical


def test_ages_in_days_and_years() -> None:
    baby = make_patient("Bé", birth_date=dt.date(2025, 11, 29))
    assert (age_in_days(baby, TODAY), age_in_years(baby, TODAY)) == (364, 0)
    assert age_in_years(baby, TODAY + dt.timedelta(days=1)) == 1
    by_year = make_patient("Ông", birth_date=None, birth_year=1960)
    assert age_in_years(by_year, TODAY) == 66


def test_the_technician_is_asked_by_the_same_limits() -> None:
    an, _stay = chart.make_stay()
    load_shipped(facility=make_facility())
    request = order(born(5), an, "XN0029")

    def enter(typed: str) -> DiagnosticReport:
        return services.enter_values(
            request=request, typed={"K": typed}, note="", key=str(uuid.uuid4()), by=technician(typed)
        )

    assert not enter("7,1").is_critical
    with pytest.raises(services.Questions):
        enter("8,1")


def test_the_table_goes_in_and_out_as_a_file() -> None:
    facility = make_facility()
    planner = signed_in(
        make_user("tung", "Phan Tùng", "planning", make_department(facility, "P01", "Phòng KH"))
    )
    assert import_table(facility=facility, name="limits", content=shipped("limits"), by=None) > 20
    assert "Bilirubin" in planner.get(reverse("encounters:orders:table", args=["limits"])).content.decode()
    sent = planner.get(reverse("encounters:orders:table_file", args=["limits"])).content
    assert import_table(facility=facility, name="limits", content=sent, by=None) == 0
    bad = f"{HEAD}\nx,2823-3,Kali,mmol/L,mmol/L,boy,0,28,month,,7,,,\n".encode()
    with pytest.raises(BadRows):
        import_table(facility=facility, name="limits", content=bad, by=None)
