"""What comes with the product: every code is real, nothing is doubled, loading twice is loading once."""

import csv
import io
import json
import re

import pytest
from django.core.management import call_command

from emr.common.vietnamese import fold
from emr.terminology.models import CodeSystem, Concept, Flag
from emr.terminology.rows import Row
from emr.terminology.selectors import check_code, choices, concept, search_concepts
from emr.terminology.shipped import DATA, shipped_rows
from emr.terminology.systems import SYSTEMS
from tests.emr.terminology.catalogue import bring_in

ALL = {name: shipped_rows(name) for name in SYSTEMS}


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_row_has_a_code_of_its_catalogues_form_and_a_title_once(name: str) -> None:
    rows = ALL[name]
    assert rows
    assert len({row.code for row in rows}) == len(rows)
    for row in rows:
        assert re.fullmatch(SYSTEMS[name].pattern, row.code), row
        assert row.display, row


def test_every_vietnamese_icd10_title_belongs_to_a_code_of_the_who() -> None:
    with (DATA / "icd10_vi.csv").open(encoding="utf-8") as lines:
        titles = {cells["code"]: cells["display"] for cells in csv.DictReader(lines)}
    assert len(titles) >= 300
    assert titles.keys() <= {row.code for row in ALL["icd10"]}
    english = {row.code: row.display_en for row in ALL["icd10"]}
    assert [code for code, title in titles.items() if title == english[code]] == []
    # A title without one accent is English, or one of the few Vietnamese words that have none.
    plain = {title for title in titles.values() if fold(title) == title.lower()}
    assert plain == {"Ho", "Tim to", "Lang ben"} | {
        title for title in plain if title.startswith("Thalassaemia")
    }


def test_flags_name_codes_that_exist() -> None:
    codes = {row.code for row in ALL["icd10"]}
    with (DATA / "icd10_flags.csv").open(encoding="utf-8") as lines:
        for cells in csv.DictReader(lines):
            assert cells["flag"] in Flag.values
            assert {cells["first"], cells["last"]} <= codes


def test_medicines_name_known_routes_and_units_and_tests_known_specimens() -> None:
    routes = {row.code for row in ALL["medicine-route"]}
    units = {row.code: row.display for row in ALL["dose-unit"]}
    for row in ALL["medicine"]:
        assert row.properties["route"] in routes
        assert units[row.properties["unit_code"]] == row.properties["unit"]
    specimens = {row.code for row in ALL["specimen-type"]}
    assert {
        row.properties["specimen"] for row in ALL["laboratory-test"] if "specimen" in row.properties
    } <= specimens


def test_communes_belong_to_the_34_provinces() -> None:
    provinces = {row.code for row in ALL["province"]}
    assert len(provinces) == 34
    assert len(ALL["commune"]) > 3300
    assert {row.parent_code for row in ALL["commune"]} == provinces


@pytest.mark.django_db
def test_loading_everything_twice_is_loading_once() -> None:
    first = json.loads(_load("--format", "json"))
    count = Concept.objects.count()
    assert count == sum(len(rows) for rows in ALL.values()) == sum(report["added"] for report in first)
    again = json.loads(_load("--format", "json"))
    assert not any(report["applied"] for report in again)
    CodeSystem.objects.update(fingerprint="")  # as after an upgrade that changed nothing in the rows
    compared = json.loads(_load("icd10", "diet", "--format", "json"))
    assert [report["unchanged"] for report in compared] == [len(ALL["icd10"]), len(ALL["diet"])]
    assert Concept.objects.count() == count
    _what_a_district_hospital_looks_up()


def _what_a_district_hospital_looks_up() -> None:
    assert search_concepts("icd10", "viem phoi")[0].code == "J18.9"
    assert search_concepts("icd10", "tha", use="main_diagnosis")[0].code == "I10"
    assert search_concepts("icd10", "cho can", use="external_cause")[0].code == "W54"
    assert search_concepts("commune", "hoan kiem")[0].display == "Phường Hoàn Kiếm"
    assert search_concepts("occupation", "học sinh")[0].code == "00000"
    assert search_concepts("medicine", "paracetamol 500")[0].properties["route"] == "PO"
    assert choices("care-level") == [
        ("1", "Chăm sóc cấp I"),
        ("2", "Chăm sóc cấp II"),
        ("3", "Chăm sóc cấp III"),
    ]
    assert ("00070", "Phường Hoàn Kiếm") in choices("commune", parent="01")
    assert [p.code for p in check_code("icd10", "W54", role="main_diagnosis")] == ["not_main"]
    assert [p.code for p in check_code("icd10", "C61", role="main_diagnosis", sex="female")] == ["male_only"]
    found = concept("ethnic-group", "01")
    assert found is not None
    assert found.display == "Kinh"


@pytest.mark.django_db
def test_a_list_that_the_hospital_imported_is_left_alone() -> None:
    bring_in([Row(1, "CD01", "Cơm thường của bệnh viện")], system="diet", complete=True)
    assert json.loads(_load("diet", "--format", "json"))[0]["kept"]
    assert [row.code for row in Concept.objects.filter(system__code="diet")] == ["CD01"]


def _load(*arguments: str) -> str:
    out = io.StringIO()
    call_command("load_terminology", *arguments, stdout=out)
    return out.getvalue()
