"""Results over the years: one row a test, one column a minute, only what holds, in bounded pages."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from encounters.results.models import Finding
from encounters.results.selectors.through_time import Asked, Table, findings_of, table_of
from encounters.results.services import take_back
from encounters.results.units import factor, row_of
from encounters.visits.models import Encounter
from patients.registry.services import merge_patients
from tests.emr.people import make_chi, make_facility
from tests.encounters import chart
from tests.encounters.results.reports import ISSUED_AT, facts, file, later, value
from tests.encounters.visits.ward import admit, ago, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
NATRI = {"title": "Natri", "loinc": "2951-2", "low": Decimal(135), "high": Decimal(145), "reference": ""}


@pytest.fixture
def an_and_stay() -> tuple[User, Encounter]:
    return chart.make_stay(at=ago(hours=3))


def page(name: str, *args: Any) -> str:
    return reverse(f"encounters:results:{name}", args=args)


def at(days: int) -> dict[str, Any]:
    """So many days before the first report, collected and released."""
    moment = ISSUED_AT - dt.timedelta(days=days)
    return {"issued_at": moment, "collected_at": moment, "number": f"D{days}"}


def table(stay: Encounter, asked: Asked | None = None, **told: Any) -> Table:
    return table_of(findings_of(stay.patient, asked or Asked(), Q()), **told)


def rows(shown: Table) -> dict[str, list[list[str]]]:
    """{test and unit: texts of each cell}."""
    return {
        f"{row.title} {row.unit}": [[one.text for one in cell] for cell in row.cells]
        for _name, group in shown.groups
        for row in group
    }


def test_one_row_a_test_newest_time_first_with_what_holds_alone() -> None:
    stay = admit()
    file(stay, facts(value("3.9"), value("140", **NATRI), **at(2)))
    file(stay, facts(value("5.9"), **at(1)))
    file(stay, facts(value("4.4"), version="2", status="corrected", issued_at=later(5), number="D1",
                     collected_at=at(1)["collected_at"]))  # fmt: skip
    wrong = file(stay, facts(value("9.9"), **at(0))).report
    take_back(report=wrong, reason="Nhầm người bệnh", by=None)
    shown = table(stay)
    assert shown.columns == sorted(shown.columns, reverse=True)
    assert rows(shown) == {"Kali mmol/L": [["4,4"], ["3,9"]], "Natri mmol/L": [[], ["140"]]}
    kali = shown.groups[0][1][0]
    assert [one.text for one in kali.course] == ["3,9", "4,4"]
    assert kali.cells[0][0].is_changed
    assert kali.latest.text == "4,4"


def test_merged_rows_are_one_person_and_another_person_is_not() -> None:
    stay = admit()
    old = make_patient("Nguyễn Thị Đào", birth_date=dt.date(1950, 1, 1))
    file(admit(old), facts(value("3.1"), **at(3)))
    file(admit(make_patient("Lê Văn Hùng")), facts(value("8.8"), **at(4)))
    file(stay, facts(value("4.1"), **at(1)))
    merge_patients(survivor=stay.patient, duplicate=old, by=None, reason="Trùng")
    assert rows(table(stay)) == {"Kali mmol/L": [["4,1"], ["3,1"]]}


@pytest.mark.parametrize(
    ("ucum", "into", "by"),
    [
        ("g/dL", "g/L", "10"),
        ("g/L", "g/dL", "0.1"),
        ("10*3/uL", "10*9/L", "1"),
        ("mmol/L", "umol/L", "1000"),
        ("mg/dL", "g/L", "0.01"),
        ("u[IU]/mL", "m[IU]/L", "1"),
        ("U/mL", "U/L", "1000"),
        ("mg/dL", "mmol/L", None),
        ("U/L", "[IU]/L", None),
        ("%", "mmol/mol", None),
    ],
)
def test_only_scales_of_one_property_are_converted(ucum: str, into: str, by: str | None) -> None:
    assert factor(ucum, into) == (Decimal(by) if by else None)
    assert (row_of("x", ucum) == row_of("y", into)) is (by is not None)


def test_what_is_converted_says_what_was_sent_and_what_cannot_be_has_its_own_row() -> None:
    stay = admit()
    hgb = {"title": "HGB", "loinc": "718-7", "reference": ""}
    file(
        stay,
        facts(value("14.5", unit="g/dL", ucum="g/dL", low=Decimal(12), high=Decimal(16), **hgb), **at(3)),
    )
    file(stay, facts(value("9", unit="mmol/L", ucum="mmol/L", low=None, high=None, **hgb), **at(2)))
    file(
        stay, facts(value("139", unit="g/L", ucum="g/L", low=Decimal(120), high=Decimal(160), **hgb), **at(1))
    )
    shown = table(stay)
    assert rows(shown) == {"HGB g/L": [["139"], [], ["145"]], "HGB mmol/L": [[], ["9"], []]}
    old = next(row for _n, group in shown.groups for row in group if row.unit == "g/L").cells[2][0]
    assert (old.sent, old.number, old.low, old.high) == (
        "14,5 g/dL",
        Decimal(145),
        Decimal(120),
        Decimal(160),
    )


def test_the_same_words_for_a_unit_are_one_row_whether_or_not_a_code_came_with_them() -> None:
    stay = admit()
    wbc = {"title": "WBC", "loinc": "6690-2", "unit": "G/L"}
    file(stay, facts(value("7", ucum="", **wbc), **at(3)))
    file(stay, facts(value("8", ucum="10*9/L", **wbc), **at(2)))
    file(stay, facts(value("9", ucum="10*3/uL", **wbc | {"unit": "K/uL"}), **at(1)))
    assert rows(table(stay)) == {"WBC K/uL": [["9"], ["8"], ["7"]]}


def test_the_table_is_filtered_by_kind_period_name_stay_and_abnormal() -> None:
    stay = admit()
    file(stay, facts(value("4.0"), value("140", **NATRI), **at(1)))
    file(stay, facts(value("7.4"), **at(35)))
    file(
        stay,
        facts(value("1", title="Nhuộm soi", loinc="", low=None, high=None), category="microbiology", **at(2)),
    )
    file(stay, facts(value("2", title="D-dimer", loinc="x", low=None, high=None), **at(3)), encounter=None)
    assert set(rows(table(stay, Asked(category="microbiology")))) == {"Nhuộm soi mmol/L"}
    assert set(rows(table(stay, Asked(text="nát")))) == set()
    assert set(rows(table(stay, Asked(text="Natri")))) == {"Natri mmol/L"}
    assert rows(table(stay, Asked(only="abnormal"))) == {"Kali mmol/L": [["4"], ["7,4"]]}
    assert "Kali mmol/L" not in rows(table(stay, Asked(only="abnormal", since=ago(days=30))))
    assert "D-dimer mmol/L" not in rows(table(stay, Asked(stay=stay)))
    assert "D-dimer mmol/L" in rows(table(stay))
    assert len(table(stay, Asked(since=ago(days=30))).columns) == 3


def test_an_antibiogram_is_not_torn_from_its_isolate() -> None:
    stay = admit()
    isolate = value(None, title="Kết quả nuôi cấy", loinc="", text="E. coli", unit="", children=(
        value(None, title="Ceftriaxon", loinc="", text="R", flag="R", unit=""),
    ))  # fmt: skip
    file(stay, facts(isolate, category="microbiology", **at(1)))
    assert set(rows(table(stay))) == {"Kết quả nuôi cấy "}


def test_pages_of_times_turn_to_and_fro_without_gap_or_repeat() -> None:
    stay = admit()
    for days in range(30):
        file(stay, facts(value(str(3 + days / 100)), **at(days)))
    first = table(stay)
    second = table(stay, before=first.older)
    third = table(stay, before=second.older)
    told = [*first.columns, *second.columns, *third.columns]
    assert len(told) == len(set(told)) == 30
    assert (third.older, first.newer) == (None, None)
    assert table(stay, after=third.newer).columns == second.columns
    assert table(stay, after=second.newer).columns == first.columns


def test_the_page_reads_without_colours_and_leads_to_report_and_graph(
    an_and_stay: tuple[User, Encounter],
) -> None:
    an, stay = an_and_stay
    high = file(stay, facts(value("5.9"), status="preliminary", **at(0))).report
    file(stay, facts(value("4.2"), **at(1)))
    client = signed_in(an)
    for address in (page("table_of_stay", stay.uuid), page("table_of_patient", stay.patient.uuid)):
        html = client.get(address).content.decode()
        cell = re.search(
            rf'<a class="cell result-abnormal" href="{page("report", high.uuid)}".*?</td>', html, re.S
        )
        assert cell is not None, html
        assert "↑" in cell.group()
        assert "visually-hidden" in cell.group()
        assert "sơ bộ" in cell.group()
        graph = re.search(r'href="([^"]*graph/\?test=[^"]*)"', html)
        assert graph is not None
    drawn = client.get(graph.group(1)).content.decode()
    assert "<polyline" in drawn
    assert drawn.count(">4,2") >= 1
    assert page("report", high.uuid) in drawn


def test_nobody_outside_the_care_sees_the_years(an_and_stay: tuple[User, Encounter]) -> None:
    _an, stay = an_and_stay
    file(stay, facts(value("4.2"), **at(1)))
    chi = signed_in(make_chi())
    for address in (
        page("table_of_stay", stay.uuid),
        page("table_of_patient", stay.patient.uuid),
        page("graph", stay.patient.uuid),
    ):
        assert chi.get(address).status_code == 404


@pytest.mark.parametrize(
    "asked",
    ["before=gestern", "page=-1", "category=x&period=y", "first=2026-99-99", "first=05/01/2026&last=01/01/2026",
     "after=2026-01-01T00:00%2B0000", "after=9999-12-31T23:59%2B0000", "first=01/01/0001&last=31/12/9999",
     "test=a&test=~&test=%00b~c", "text=%00"],
)  # fmt: skip
def test_what_cannot_be_read_in_the_address_shows_the_page_all_the_same(
    an_and_stay: tuple[User, Encounter], asked: str
) -> None:
    an, stay = an_and_stay
    file(stay, facts(value("4.2"), **at(1)))
    for name in ("table_of_patient", "graph"):
        assert signed_in(an).get(f"{page(name, stay.patient.uuid)}?{asked}").status_code == 200


def test_the_queries_of_table_and_graph_do_not_grow(an_and_stay: tuple[User, Encounter]) -> None:
    an, stay = an_and_stay
    client = signed_in(an)
    file(stay, facts(value("5.4"), **at(0)))
    key = "2823-3~[substance]"
    addresses = (
        page("table_of_stay", stay.uuid),
        f"{page('table_of_patient', stay.patient.uuid)}?only=abnormal&period=five",
        f"{page('graph', stay.patient.uuid)}?test={key}",
    )
    counts = []
    for more in (0, 15):
        for days in range(1, more + 1):
            many = [value(str(4 + n), title=f"T{n}", loinc=f"{n}-1") for n in range(20)]
            file(stay, facts(value("5.6"), *many, **at(days)))
        for address in addresses:
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                client.get(address)
            counts.append(sum('"results_' in query["sql"] for query in captured))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 10
    assert Finding.objects.count() == 1 + 15 * 21


def test_a_page_has_a_bounded_size_whatever_the_years_have_brought(
    an_and_stay: tuple[User, Encounter],
) -> None:
    """48,000 findings are measured in the benchmarks; here that neither times nor tests make the page larger."""
    an, stay = an_and_stay
    client = signed_in(an)
    where = page("table_of_stay", stay.uuid)
    sizes, queries = [], []
    for days in range(14):
        many = [value("5.6", title=f"Xét nghiệm {n:03}", loinc=f"{n}-1") for n in range(105)]
        file(stay, facts(*many, **at(days)))
        if days in {11, 13}:
            client.get(where)
            with CaptureQueriesContext(connection) as captured:
                sizes.append(len(client.get(where).content))
            queries.append(len(captured))
    assert queries[0] == queries[1]
    assert sizes[1] - sizes[0] < 100 * 2 * 70, "a hundred lines have two more dots, until they have 24"
    assert sizes[1] < 500_000, "twelve times and a hundred tests"


def test_a_hundred_tests_are_a_page_and_no_more() -> None:
    stay = admit()
    many = [value("4", title=f"Test {n:03}", loinc=f"{n}-1") for n in range(205)]
    file(stay, facts(*many, **at(1)))
    pages = [table(stay, page=number) for number in (1, 2, 3, 9)]
    assert [sum(len(group) for _n, group in shown.groups) for shown in pages] == [100, 100, 5, 5]
    assert pages[0].tests == 205
    assert make_facility().pk == stay.facility_id
