"""Check marks at the bed: once, by whom, when it was; refused where it must be (F-20 to F-22, S-52, S-54)."""

import datetime as dt
import uuid
from itertools import pairwise
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from emr.accounts.services import keep_setting
from emr.audit.models import AuditEvent
from emr.common.choices import BadValue, declared
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.bedside import identity, selectors, services
from encounters.bedside.models import Assignment, Execution
from encounters.orders import services as orders
from encounters.visits.shifts import shift_at, shift_from, shifts_around
from tests.emr.people import make_chi, make_facility, make_user
from tests.encounters.bedside.world import (
    at,
    care,
    clock,
    dressing,
    make_thu,
    make_world,
    neighbour,
    this_shift,
    tick,
)  # fmt: skip
from tests.encounters.visits.ward import department, discharge

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning() -> Any:
    with clock() as frozen:
        yield frozen


def states(stay: Any) -> list[tuple[str, str]]:
    return [(task.order.text, task.state) for task in selectors.tasks_of(stay, this_shift())]


def test_a_task_goes_from_due_to_done_on_the_orders_row_and_the_entry_stays_as_signed() -> None:
    an, binh, stay = make_world()
    request = care(stay, an, frequency="mỗi 4 giờ")
    entry = request.entry
    before = entry.current_version_id
    with clock("12:10"):
        assert states(stay) == [("Chăm sóc cấp II", "due")]
        tick(request, at("12:00"), binh, note=" Tỉnh ")
        [done] = selectors.tasks_of(stay, this_shift())
        assert (done.state, done.execution.performer, done.execution.note) == ("done", binh, "Tỉnh")
    entry.refresh_from_db()
    request.refresh_from_db()
    assert (entry.current_version_id, request.status) == (before, "active")
    assert AuditEvent.objects.filter(action="execution.record").count() == 1


def test_states_by_the_clock() -> None:
    an, _binh, stay = make_world()
    with clock("05:30"):
        care(stay, an, "Theo dõi mạch", category="monitoring", frequency="mỗi 4 giờ")
        care(stay, an)
    assert states(stay) == [
        ("Theo dõi mạch", "overdue"), ("Chăm sóc cấp II", "due"), ("Theo dõi mạch", "later"),
    ]  # fmt: skip


def test_one_care_level_holds_at_a_time_and_what_is_watched_is_the_newest_of_the_same_words() -> None:
    an, binh, stay = make_world()
    with clock("06:30"):
        first = care(stay, an)
        for _again in range(2):
            care(stay, an, "Theo dõi mạch", category="monitoring", frequency="mỗi 4 giờ")
    assert [text for text, _state in states(stay)].count("Theo dõi mạch") == 2  # 08:00 and 12:00
    tick(first, at("06:00"), binh, happened_at=at("07:00"))
    with clock("10:00"):
        care(stay, an, "Chăm sóc cấp I")
    assert [text for text, _state in states(stay) if "cấp" in text] == ["Chăm sóc cấp I", "Chăm sóc cấp II"]


def test_the_same_key_gives_the_same_answer_and_other_content_or_another_person_none() -> None:
    an, binh, stay = make_world()
    request, key = care(stay, an), uuid.uuid4()
    first = tick(request, at("06:00"), binh, key=key)
    assert tick(request, at("06:00"), binh, key=key) == first
    assert Execution.objects.count() == 1
    assert AuditEvent.objects.filter(action="execution.record").count() == 1
    with pytest.raises(Conflict) as other:
        tick(request, at("06:00"), binh, key=key, outcome="not-done", reason="away")
    assert other.value.code == "key_reused"
    with pytest.raises(Conflict) as thu:
        tick(request, at("06:00"), make_thu(), key=key)
    assert thu.value.code == "other_person"


def test_two_nurses_one_task_the_second_reads_who_and_when() -> None:
    an, binh, stay = make_world()
    request = care(stay, an)
    tick(request, at("06:00"), binh)
    with pytest.raises(services.AlreadyDone, match=r"Trần Thị Bình.*10:30"):
        tick(request, at("06:00"), make_thu(), happened_at=now() - dt.timedelta(minutes=5))
    assert Execution.objects.get().performer == binh


def test_not_done_says_why() -> None:
    an, binh, stay = make_world()
    request = care(stay, an)
    for told in ({}, {"reason": "bored"}, {"reason": "other", "note": " "}):
        with pytest.raises(DomainError):
            tick(request, at("06:00"), binh, outcome="not-done", **told)
    left = tick(request, at("06:00"), binh, outcome="not-done", reason="refused")
    assert left.why == "Người bệnh từ chối"
    assert states(stay) == [("Chăm sóc cấp II", "not-done")]


def test_what_the_doctor_stopped_is_refused_unless_it_was_done_before() -> None:
    an, binh, stay = make_world()
    request = care(stay, an)
    with clock("11:00"):
        orders.stop_order(order=request, reason="Đổi", by=an)
        with pytest.raises(Conflict) as late:
            tick(request, at("06:00"), binh)
        assert late.value.code == "ended"
        assert states(stay) == []
        kept = tick(request, at("06:00"), binh, happened_at=at("10:45"))
    assert kept.happened_at == at("10:45")
    assert states(stay) == [("Chăm sóc cấp II", "done")]


def test_a_held_order_a_time_that_isnt_the_orders_and_a_kind_that_isnt_ours_are_refused() -> None:
    an, binh, stay = make_world()
    request = care(stay, an)
    with pytest.raises(Conflict) as wrong:
        tick(request, at("07:13"), binh)
    assert wrong.value.code == "no_such_time"
    orders.hold_order(order=request, reason="Chờ", by=an)
    assert states(stay) == [("Chăm sóc cấp II", "held")]
    with pytest.raises(Conflict) as held:
        tick(request, at("06:00"), binh)
    assert held.value.code == "held"
    test = care(stay, an, "Công thức máu", category="laboratory")
    with pytest.raises(DomainError) as kind:
        tick(test, at("06:00"), binh)
    assert kind.value.code == "wrong_kind"


def test_impossible_and_late_times() -> None:
    an, binh, stay = make_world()
    request = care(stay, an)
    for hours, code in ((1, "future"), (-8, "before_stay")):
        with pytest.raises(DomainError) as refused:
            tick(request, at("06:00"), binh, happened_at=now() + dt.timedelta(hours=hours))
        assert refused.value.code == code
    discharge(stay)
    with clock("11:30"), pytest.raises(DomainError) as after:
        tick(request, at("06:00"), binh)
    assert after.value.code == "after_stay"


def test_taken_back_the_time_is_open_again_and_every_row_stays() -> None:
    an, binh, stay = make_world()
    request = dressing(stay, an, occurrence_at=at("10:00"))
    done = tick(request, at("10:00"), binh)
    request.refresh_from_db()
    assert request.status == "completed"
    key = uuid.uuid4()
    back = services.take_back_execution(execution=done, reason="Nhầm giường", key=key, by=binh)
    assert services.take_back_execution(execution=done, reason="Nhầm giường", key=key, by=binh) == back
    request.refresh_from_db()
    assert request.status == "active"
    assert states(stay) == [("Thay băng vết mổ", "due")]
    with pytest.raises(services.AlreadyDone):
        services.take_back_execution(execution=done, reason="Nữa", key=uuid.uuid4(), by=binh)
    again = tick(request, at("10:00"), binh)
    assert again.replaces == back
    assert Execution.objects.count() == 3
    with pytest.raises(DatabaseError), transaction.atomic():
        Execution.objects.filter(pk=again.pk).update(note="x")


def test_a_proof_is_of_one_person_one_patient_and_half_an_hour() -> None:
    _an, binh, stay = make_world()
    other, thu = neighbour(), make_thu()
    token = identity.prove(user=binh, encounter=stay, how="scan")
    assert identity.demand_identity(token, user=binh, encounter=stay, happened_at=now()).how == "scan"
    with pytest.raises(identity.NotIdentified, match="TRẦN THỊ HOA"):
        identity.demand_identity(token, user=binh, encounter=other, happened_at=now())
    refusals = {
        "other_person": {"token": token, "user": thu},
        "not_identified": {"token": ""},
        "identify_again": {"token": token + "x"},
    }
    for code, told in refusals.items():
        with pytest.raises(identity.NotIdentified) as refused:
            identity.demand_identity(
                **{"token": token, "user": binh, "encounter": stay, "happened_at": now()} | told
            )
        assert refused.value.code == code
    with clock("16:00"):
        # It waited on the device for hours: what was done at the bed then is taken, what is done now isn't.
        assert identity.demand_identity(token, user=binh, encounter=stay, happened_at=at("10:45"))
        assert not identity.is_valid(token, user=binh, encounter=stay)
        with pytest.raises(identity.NotIdentified):
            identity.demand_identity(token, user=binh, encounter=stay, happened_at=now())


def test_the_head_nurse_gives_patients_and_another_word_ends_the_first() -> None:
    _an, binh, stay = make_world()
    hoa, thu = neighbour(), make_thu()
    lan = make_user("lan", "Vũ Thị Lan", "nurse", department())
    told = {"department": department(), "shift": this_shift(), "by": thu}
    assert services.assign_patients(stays=[stay, hoa], nurse=binh, **told) == 2
    assert services.assign_patients(stays=[stay, hoa], nurse=binh, **told) == 0
    assert services.assign_patients(stays=[hoa], nurse=lan, **told) == 1
    rows = selectors.ward_rows(binh, department(), this_shift())
    assert {row.patient.full_name: row.nurse for row in rows} == {
        stay.patient.full_name: "Trần Thị Bình", "Trần Thị Hoa": "Vũ Thị Lan",
    }  # fmt: skip
    assert Assignment.objects.filter(encounter=hoa).count() == 2
    assert services.release_patients(stays=[hoa], shift=this_shift(), by=thu) == 1
    with pytest.raises(DomainError) as stranger:
        services.assign_patients(stays=[stay], nurse=make_chi(), **told)
    assert stranger.value.code == "no_nurse"
    with clock("15:00"), pytest.raises(DomainError) as over:
        services.assign_patients(stays=[stay], nurse=binh, **told)
    assert over.value.code == "shift_over"


def test_precautions_are_set_once_and_ended_by_name() -> None:
    _an, binh, stay = make_world()
    row = services.set_precaution(encounter=stay, kind="contact", by=binh, note="MRSA")
    assert services.set_precaution(encounter=stay, kind="contact", by=binh) == row
    services.set_precaution(encounter=stay, kind="fall", by=binh)
    [shown] = selectors.ward_rows(binh, department(), this_shift())
    assert (shown.isolation, shown.risks) == (["contact"], ["fall"])
    services.end_precaution(precaution=row, by=binh)
    services.end_precaution(precaution=row, by=binh)
    assert [p.kind for p in selectors.precautions_of(stay)] == ["fall"]
    with pytest.raises(DomainError):
        services.set_precaution(encounter=stay, kind="dragon", by=binh)


def test_new_orders_are_news_until_they_were_read_and_a_stop_is_news_again() -> None:
    an, binh, stay = make_world()
    request = care(stay, an)
    assert selectors.new_orders_of(binh, stay) == [request]
    services.see_orders(encounter=stay, by=binh, until=now())
    assert selectors.new_orders_of(binh, stay) == []
    assert selectors.new_orders_of(make_thu(), stay) == [request]
    with clock("11:00"):
        orders.stop_order(order=request, reason="Đổi", by=an)
        services.see_orders(encounter=stay, by=binh, until=at("10:00"))  # an old page: nothing is set back
        assert selectors.new_orders_of(binh, stay) == [request]
        [row] = selectors.ward_rows(binh, department(), this_shift())
        assert row.news == 1


def test_shifts_are_the_facilitys_data_and_the_night_goes_past_midnight() -> None:
    facility = make_facility()
    night = shift_at(facility.pk, at("23:30"))
    assert (night.name, night.start, night.end) == ("Đêm", at("22:00"), at("06:00") + dt.timedelta(days=1))
    assert shift_at(facility.pk, at("03:00")).end == at("06:00")
    keep_setting(facility=facility, name="shifts", value=[["a", "Ngày 7g30"], ["b", "Đêm 19:30"]], by=None)
    assert shift_at(facility.pk, at("07:29")).name == "Đêm"
    assert shift_from(facility.pk, at("07:30")).name == "Ngày"
    assert shift_from(facility.pk, at("07:31")) is None
    assert all(a.end == b.start for a, b in pairwise(shifts_around(facility.pk, now())))
    for bad in ([["a", "Sáng"]], [["a", "Sáng 25:00"]], [["a", "Sáng 06:00"], ["b", "Ca 6:00"]], []):
        with pytest.raises(BadValue):
            declared("shifts").check(bad)
