"""The search behind the wall keeps its indexes: the plans are pinned, with enough rows to make a difference."""

from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.db.models import QuerySet

from emr.accounts.models import Organization
from emr.common import wall
from integrations.demo.population import copy_rows
from patients.registry.models import Identifier, Patient
from patients.registry.selectors import find_matching, search_patients, with_row_facts
from patients.registry.terms import parse_terms
from tests.emr.people import make_department, make_facility
from tests.patients.people import in_care_of, make_clerk, make_patient

_CROWD = 6000
_SYLLABLES = ("an", "binh", "chau", "dung", "giang", "hoa", "khanh", "linh", "minh", "nga", "phuc", "tam")


def _crowd(facility: Organization, first: int) -> None:
    ids = range(first, first + _CROWD)
    names = [
        f"nguyen {_SYLLABLES[n % 12]} {_SYLLABLES[n // 12 % 12]} {_SYLLABLES[n // 144 % 12]}" for n in ids
    ]
    copy_rows(
        Patient,
        (
            {
                "id": pk,
                "uuid": uuid4(),
                "facility_id": facility.pk,
                "full_name": name,
                "sort_key": name,
                "search_name": name,
                "birth_year": 1930 + pk % 90,
                "birth_precision": "year",
            }
            for pk, name in zip(ids, names, strict=True)
        ),
    )
    own = {"facility_id": facility.pk, "system": "urn:x", "is_own": False}
    copy_rows(Identifier, ({"uuid": uuid4(), "patient_id": pk, "value": f"P{pk}"} | own for pk in ids))


def _plan(statement: str, params: object = None) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", params)
        return "\n".join(row[0] for row in cursor.fetchall())


def _plan_of(found: QuerySet[Patient]) -> str:
    return _plan(*found.order_by("-pk")[:21].query.sql_with_params())


def _text(function: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_every_way_to_search_has_its_index_behind_the_wall(owner_sql: psycopg.Connection) -> None:
    own, other = make_facility(), make_facility("11111", "Bệnh viện khác")
    rare, clerk = make_patient("Quàng Văn Oanh"), make_clerk()
    make_patient("Quàng Văn Oanh", facility=other)
    in_care_of(rare, make_department(own))
    _crowd(own, 100_000)
    _crowd(other, 200_000)
    for table in ("registry_patient", "registry_identifier", "registry_carecontext"):
        owner_sql.execute(f"VACUUM ANALYZE {table}")
    with wall.within(own.pk):
        # By name: the function runs as the owner, so this is what it plans; it names the facility by itself.
        rare_names = _text("registry_named_statement(ARRAY['quang', 'oanh'], NULL, NULL, NULL, 200)")
        assert f"facility_id = {own.pk}" in rare_names
        with owner_sql.cursor() as owner:
            plan = "\n".join(row[0] for row in owner.execute(f"EXPLAIN {rare_names}"))
            assert "Bitmap Index Scan on patient_name_words" in plan, plan
            common = _text("registry_named_statement(ARRAY['nguyen'], NULL, NULL, NULL, 200)")
            plan = "\n".join(row[0] for row in owner.execute(f"EXPLAIN {common}"))
            assert "Index Scan Backward using registry_patient_pkey" in plan, plan
            alike = _text("registry_alike_statement('quang van oan', NULL, 200)")
            assert f"facility_id = {own.pk}" in alike
            plan = "\n".join(row[0] for row in owner.execute(f"EXPLAIN {alike}"))
            assert "patient_name_words" in plan, plan
        named = _plan_of(with_row_facts(find_matching(clerk, parse_terms("quang oanh"))))
        assert "Seq Scan on registry_patient" not in named, named
        # By number, through the policy: `starts_with` is leakproof, LIKE isn't.
        numbered = _plan_of(with_row_facts(find_matching(clerk, parse_terms("P1000421"))))
        assert "identifier_value" in numbered, numbered
        assert "Seq Scan on registry_patient" not in numbered, numbered
        for plan in (named, numbered):
            assert "Index Cond: (id = ANY (" in plan, f"it walks through all patients:\n{plan}"
        assert search_patients(clerk, "quang oanh").patients == [rare]
        assert search_patients(clerk, "quang van oanhh").patients == [rare]
        # What LIKE would do there: the reason for all this.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert "identifier_value" not in _plan(
            "SELECT patient_id FROM registry_identifier WHERE value LIKE %s", ["P1000421%"]
        )


@pytest.mark.django_db
def test_the_function_takes_any_word_literally() -> None:
    make_patient("Nguyễn Thị Đào")
    with connection.cursor() as cursor:
        for word in ("%", "_ao", "\\", "'", "dao' OR true --", "%s", "{}"):
            cursor.execute("SELECT registry_named(ARRAY[%s], NULL, NULL, NULL, 9)", [word])
            assert cursor.fetchall() == [], word
            cursor.execute("SELECT registry_alike(%s, NULL, 9)", [word])


@pytest.mark.django_db
def test_a_likeness_keeps_its_year_and_its_facility() -> None:
    clerk = make_clerk()
    make_patient("Nguyễn Thị Phượng", birth_year=1980)
    make_patient("Nguyễn Thị Phượng", birth_year=1980, facility=make_facility("11111", "Bệnh viện khác"))
    with wall.within(clerk.facility_id):
        assert len(search_patients(clerk, "nguyen thi phuongg 1980").patients) == 1
        assert search_patients(clerk, "nguyen thi phuongg 1981").patients == []
