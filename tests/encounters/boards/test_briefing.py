"""The morning's numbers: who was there, came, moved, left; every number adds up, and leads to the same patients."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from emr.accounts.models import User
from emr.common.clock import now
from encounters.boards.periods import BriefingDay, briefing_day, last_briefing
from encounters.boards.selectors.briefing import Briefing, Numbers, briefing_of, severe_stays, trend_of
from encounters.boards.selectors.patients import patients_behind
from encounters.visits import services
from encounters.visits.models import Encounter
from tests.emr.people import make_user
from tests.encounters.bedside.world import care
from tests.encounters.boards.world import head, make_ha, make_tung, morning
from tests.encounters.chart import load_forms
from tests.encounters.monitoring.rounds import ILL, take
from tests.encounters.records.world import person
from tests.encounters.visits.ward import SURGERY, admit, department, discharge, make_bed, signed_in, visit
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
PAGE = "/boards/"


def _person(name: str = "Người Bệnh") -> Any:
    return make_patient(name)


def _told(user: User, day: BriefingDay) -> Briefing:
    return briefing_of(user, day, briefing_day(user.facility_id, day.before))


def _numbers(briefing: Briefing, which: str = "Khoa Nội") -> Numbers:
    return next(
        (row.numbers for row in briefing.rows if row.department and row.department.name == which), Numbers()
    )


def _late(stay: Encounter | None = None, **told: Any) -> dict[str, Any]:
    return {"late_reason": "Nhập lại"} | told


def _in(at: dt.datetime, **told: Any) -> Encounter:
    return admit(_person(), at=at, **_late(**told))


def _out(stay: Encounter, at: dt.datetime, **told: Any) -> Encounter:
    return discharge(stay, at=at, **_late(**told))


def test_a_day_adds_up_by_department_and_in_the_house() -> None:
    tung = make_tung()
    day = morning(tung)
    before, within = day.start - dt.timedelta(hours=5), day.start + dt.timedelta(hours=3)
    later = within + dt.timedelta(hours=4)
    stayed, gone, referred, dead, moved = (_in(before) for _n in range(5))
    came = _in(within)
    _out(gone, within)
    _out(
        referred,
        within,
        disposition="transfer",
        transfer_to_name="BV tỉnh",
        transfer_direction="1",
        transfer_reason="x",
    )
    _out(dead, within, outcome="5", death=_death(within))
    services.transfer(encounter=moved, by=None, department=department(SURGERY), at=later, **_late())
    briefing = _told(tung, day)
    inner = _numbers(briefing)
    assert (inner.at_start, inner.admitted, inner.discharged, inner.referred, inner.died) == (5, 1, 1, 1, 1)
    assert (inner.moved_out, inner.at_end) == (1, 2), "who stayed and who came"
    other = _numbers(briefing, SURGERY[1])
    assert (other.at_start, other.moved_in, other.admitted, other.at_end) == (0, 1, 0, 1)
    total = briefing.total
    assert (
        total.at_start + total.admitted + total.moved_in - total.moved_out - total.left == total.at_end == 3
    )
    assert briefing.before.at_end == total.at_start == 5
    assert {stayed.pk, came.pk} == {
        place.encounter_id for place in patients_behind(tung, day, "at_end", department()).places
    }


def _death(at: dt.datetime) -> Any:
    from encounters.visits.details import DeathDetails  # noqa: PLC0415

    return DeathDetails(died_at=at)


def test_an_instant_belongs_to_the_day_that_it_begins() -> None:
    tung = make_tung()
    day = morning(tung)
    _in(day.start)
    assert _numbers(_told(tung, day)).admitted == 1
    assert _numbers(_told(tung, briefing_day(tung.facility_id, day.before))).admitted == 0


def test_moving_to_another_bed_is_no_movement() -> None:
    tung = make_tung()
    day = morning(tung)
    stay = _in(day.start - dt.timedelta(hours=2), bed=make_bed("01"))
    services.transfer(
        encounter=stay,
        by=None,
        department=department(),
        bed=make_bed("02"),
        at=day.start + dt.timedelta(hours=1),
        **_late(),
    )
    numbers = _numbers(_told(tung, day))
    assert (numbers.at_start, numbers.moved_in, numbers.moved_out, numbers.at_end) == (1, 0, 0, 1)
    assert (numbers.beds, numbers.occupancy) == (2, 50)


def test_a_visit_that_ends_in_admission_is_admitted_where_it_is_taken_in() -> None:
    tung = make_tung()
    day = morning(tung)
    at = day.start + dt.timedelta(hours=2)
    seen = visit(_person(), at=at - dt.timedelta(hours=1), **_late())
    assert _told(tung, day).total.at_end == 0, "who is only examined lies in no bed"
    admit(seen.patient, visit=seen, at=at, **_late())
    briefing = _told(tung, day)
    assert (_numbers(briefing).admitted, _numbers(briefing).moved_in) == (1, 0)
    assert briefing.total.admitted == briefing.total.at_end == 1


def test_the_trend_counts_back_to_who_was_there() -> None:
    tung = make_tung()
    day = morning(tung)
    first = _in(day.start - dt.timedelta(days=2, hours=1))
    _in(day.start - dt.timedelta(hours=1))
    _out(first, day.start + dt.timedelta(hours=1))
    days = trend_of(tung, day, _told(tung, day).total.at_end)
    assert [(one.present, one.came, one.left) for one in days[-4:]] == [
        (1, 1, 0),
        (1, 0, 0),
        (2, 1, 0),
        (1, 0, 1),
    ]
    for one in days[-3:]:
        assert _told(tung, briefing_day(tung.facility_id, one.day)).total.at_end == one.present


def test_the_hour_is_the_facilitys_own() -> None:
    from tests.encounters.records.world import choose  # noqa: PLC0415

    tung = make_tung()
    stay = _in(now() - dt.timedelta(hours=1))
    choose("briefing_hour", 0, stay)
    day = briefing_day(tung.facility_id, last_briefing(tung.facility_id))
    assert timezone.localtime(day.start).hour == timezone.localtime(day.end).hour == 0


def test_the_running_day_ends_now() -> None:
    tung = make_tung()
    _in(now() - dt.timedelta(minutes=5))
    running = briefing_day(tung.facility_id, last_briefing(tung.facility_id) + dt.timedelta(days=30))
    assert running.is_running and running.after is None
    assert _told(tung, running).total.at_end == 1


def test_a_head_sees_the_own_department_alone() -> None:
    hoa = head()
    day = morning(hoa)
    _in(day.start + dt.timedelta(hours=1))
    foreign = _in(day.start + dt.timedelta(hours=1), department=department(SURGERY))
    briefing = _told(hoa, day)
    assert [row.department.name for row in briefing.rows if row.department] == ["Khoa Nội"]
    client = signed_in(hoa)
    page = client.get(f"{PAGE}?day={day.day}").content.decode()
    assert "Khoa Nội" in page and "Khoa Ngoại" not in page
    own, other = department().uuid, department(SURGERY).uuid
    assert client.get(f"{PAGE}patients/admitted/{own}/?day={day.day}").status_code == 200
    assert client.get(f"{PAGE}patients/admitted/{other}/?day={day.day}").status_code == 404
    assert client.get(f"{PAGE}patients/admitted/?day={day.day}").status_code == 404
    assert foreign.patient.full_name.upper() not in page


def test_who_may_not_open_charts_sees_numbers_alone() -> None:
    from emr.accounts.models import Role, RoleGrant  # noqa: PLC0415

    day = morning(make_tung())
    _in(day.start + dt.timedelta(hours=1))
    role = Role.objects.create(facility=department().parent, code="leader", name="Lãnh đạo")
    RoleGrant.objects.create(role=role, right="boards.read", scope="facility")
    leader = make_user("lanhdao", "Phạm Lãnh Đạo", "leader", department())
    client = signed_in(leader)
    page = client.get(f"{PAGE}?day={day.day}").content.decode()
    assert "Khoa Nội" in page and "/boards/patients/" not in page
    refused = client.get(f"{PAGE}patients/admitted/{department().uuid}/?day={day.day}")
    assert refused.status_code == 403


def test_charts_kept_closely_are_counted_and_not_named() -> None:
    ha = make_ha()
    day = morning(ha)
    stay = _in(day.start + dt.timedelta(hours=1))
    type(stay.patient).objects.filter(pk=stay.patient_id).update(
        confidentiality="R", confidentiality_reason="x"
    )
    client = signed_in(ha)
    assert _told(ha, day).total.admitted == 1
    page = client.get(f"{PAGE}patients/admitted/?day={day.day}").content.decode()
    assert stay.patient.full_name.upper() not in page
    behind = patients_behind(ha, day, "admitted", None)
    assert (list(behind.places), behind.hidden) == ([], 1)


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_queries_dont_grow_with_the_hospital() -> None:
    ha = make_ha()
    day = morning(ha)
    client, address = signed_in(ha), f"{PAGE}?day={day.day}"
    _in(day.start + dt.timedelta(hours=1))
    client.get(address)
    few = _queries(client, address)
    for n in range(6):
        stay = _in(
            day.start + dt.timedelta(hours=1),
            department=department(SURGERY if n % 2 else ("K18", "Khoa Nhi")),
        )
        if n < 3:
            _out(stay, day.start + dt.timedelta(hours=2))
    assert _queries(client, address) == few


def test_severe_is_care_level_one_or_a_red_score_of_the_day() -> None:
    tung, an = make_tung(), person("an")
    load_forms()
    calm, watched, red, better = (_in(now() - dt.timedelta(hours=20)) for _n in range(4))
    care(watched, an, "Chăm sóc cấp I")
    care(calm, an, "Chăm sóc cấp II")
    take(red, an, ILL)
    take(better, an, ILL, effective_at=now() - dt.timedelta(hours=3), late_reason="Nhập lại")
    take(better, an)
    running = briefing_day(tung.facility_id, last_briefing(tung.facility_id) + dt.timedelta(days=1))
    assert set(severe_stays(tung, running)) == {watched.pk, red.pk}
    assert _told(tung, running).total.severe == 2
    listed = patients_behind(tung, running, "severe", department())
    assert {place.encounter_id for place in listed.places} == {watched.pk, red.pk}
