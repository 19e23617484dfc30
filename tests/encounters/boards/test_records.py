"""Where records stand: by state, department and age; late; unsigned by person; without paper by month."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from encounters.boards.selectors.records import (
    AGES,
    UNDER_WAY,
    electronic_by_month,
    records_under_way,
    unsigned_by_person,
)
from encounters.records.models import Keeping
from encounters.visits.models import Encounter
from tests.encounters.boards.world import head, make_ha, make_tung
from tests.encounters.chart import begin, deliver_all, load_forms
from tests.encounters.documents.entries import write
from tests.encounters.records.world import brought_to, choose, left, person
from tests.encounters.visits.ward import SURGERY, admit, ago, department, discharge, signed_in, visit
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
PAGE = "/boards/records/"


def _left(days: int = 0, **told: Any) -> Encounter:
    return left(make_patient(), days=days, **told)


def test_each_record_is_counted_once_in_its_state_and_its_age() -> None:
    for days in (0, 3, 4, 16, 40):
        _left(days)
    brought_to("submitted")
    brought_to("archived")
    rows, total = records_under_way(make_tung())
    assert total.states["open"] == 5 and total.states["submitted"] == 1
    assert total.total == sum(total.ages) == 6, "what is archived isn't on its way"
    assert total.ages == [3, 1, 0, 1, 1] and len(AGES) == 5
    assert [row.name for row in rows] == ["Khoa Nội"]
    assert set(total.states) == set(UNDER_WAY)


def test_late_is_what_the_ward_hasnt_handed_in_in_time() -> None:
    old, older = _left(3), _left(5)
    choose("record_hand_in_days", 4, old)
    assert records_under_way(make_tung())[1].late == 1
    brought_to("submitted", older)
    assert records_under_way(make_tung())[1].late == 0


def test_a_visit_that_was_only_examined_has_no_record() -> None:
    discharge(visit(make_patient(), at=ago(hours=3)))
    assert records_under_way(make_tung())[1].total == 0


def test_unsigned_is_counted_by_author_until_it_is_archived() -> None:
    load_forms()
    an = person("an")
    stay = admit(make_patient(), attending=an, at=ago(hours=30), late_reason="Nhập lại")
    write(stay, an, "Tỉnh.")
    begin(stay, an)
    (row,) = unsigned_by_person(make_tung())
    assert (row.name, row.waits, row.unsigned, row.overdue, row.drafts) == ("BS. Nguyễn Văn An", 0, 1, 0, 1)
    deliver_all()
    (row,) = unsigned_by_person(make_tung())
    assert row.waits == 1 and row.since is not None, "made into a page, it waits for its author's signature"


def test_a_month_counts_records_without_paper_apart() -> None:
    electronic, hybrid = _left(), _left()
    Keeping.objects.create(
        facility=hybrid.facility, encounter=hybrid, is_hybrid=True, barcode="HS1", shelf="K1"
    )
    months = electronic_by_month(make_tung())
    assert len(months) == 12 and [month.total for month in months[:-2]] == [0] * 10
    assert sum(month.total for month in months) == 2
    assert sum(month.electronic for month in months) == 1
    assert electronic.pk != hybrid.pk


def test_a_head_counts_the_own_department_alone() -> None:
    stay = admit(make_patient(), department=department(SURGERY), at=ago(hours=30), late_reason="Nhập lại")
    discharge(stay, at=ago(hours=1))
    hoa = head()
    assert records_under_way(hoa) == ([], records_under_way(hoa)[1])
    page = signed_in(hoa).get(PAGE).content.decode()
    assert "Khoa Ngoại" not in page
    assert "Khoa Ngoại" in signed_in(make_ha()).get(PAGE).content.decode()


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(PAGE).status_code == 200
    return len(captured)


def test_the_queries_dont_grow_with_the_records() -> None:
    client = signed_in(make_ha())
    _left()
    client.get(PAGE)
    few = _queries(client)
    for n in range(4):
        stay = admit(
            make_patient(), department=department(SURGERY), at=ago(hours=30 + n), late_reason="Nhập lại"
        )
        discharge(stay, at=ago(hours=1))
    assert _queries(client) == few


def test_the_lists_read_their_indexes() -> None:
    """A hospital with a million people: none of the counts may read all stays, procedures or documents."""
    from encounters.boards.books import BOOKS  # noqa: PLC0415
    from encounters.boards.periods import briefing_day, span_of  # noqa: PLC0415
    from encounters.boards.selectors.briefing import places_between  # noqa: PLC0415

    tung = make_tung()
    day = briefing_day(tung.facility_id)
    span = span_of(None, None)
    asked = [places_between(tung.facility_id, day.start, day.end)]
    asked += [BOOKS[code].rows(tung.facility_id, span) for code in ("admissions", "surgery", "consultations")]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for rows in asked:
        plan = rows.explain()
        for table in ("visits_encounter", "visits_procedure", "documents_document"):
            assert f"Seq Scan on {table}" not in plan, plan
