"""A dose is given once, by whoever came first; a retry gets the first answer; what can't stand is never dropped."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.notices.models import Notice
from emr.terminology.models import CodeSystem, Concept
from encounters.medicines import services, telling
from encounters.medicines.models import (
    DueDose,
    GivingConflict,
    GivingRule,
    MedicationAdministration,
    ReactionTest,
)
from encounters.medicines.selectors.doses import doses_of_stay
from encounters.medicines.selectors.ward import doses_by_stay
from encounters.medicines.services import Given, Told
from encounters.medicines.services.reactions import begin_test, read_test
from encounters.orders import services as orders
from encounters.orders.models import SpokenOrder
from encounters.results.services import record_vital_signs
from patients.registry import services as registry
from tests.encounters import chart
from tests.encounters.medicines.doses import give, key, make_cuc, make_world, once, order
from tests.encounters.specimens.tubes import neighbour
from tests.encounters.visits.ward import ago, discharge
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def replayed(minutes: int = 10, **more: object) -> Told:
    """What a device kept: it happened so many minutes ago."""
    return Told(key=uuid.uuid4(), happened_at=now() - dt.timedelta(minutes=minutes), is_replay=True, **more)


def test_the_same_key_again_is_the_same_answer() -> None:
    """F-01, F-21."""
    an, binh, stay = make_world()
    dose, told = once(stay, an), key()
    first = give(dose, binh, told)
    again = give(dose, binh, told)
    assert first.pk == again.pk
    assert MedicationAdministration.objects.count() == 1
    assert AuditEvent.objects.filter(action="medication_administration.give").count() == 1


def test_the_second_nurse_is_told_who_and_when_and_nothing_is_doubled() -> None:
    """F-22."""
    an, binh, stay = make_world()
    cuc, dose = make_cuc(), once(stay, an)
    give(dose, binh)
    with pytest.raises(services.AlreadyAnswered, match="Trần Thị Bình"):
        give(dose, cuc)
    with pytest.raises(services.AlreadyAnswered):
        services.not_given(dose=dose, reason="refused", told=key(), by=cuc)
    assert MedicationAdministration.objects.count() == 1


def test_the_database_itself_allows_one_answer() -> None:
    an, binh, stay = make_world()
    given = give(once(stay, an), binh)
    with pytest.raises(IntegrityError, match="one_administration_holds_per_dose"), transaction.atomic():
        MedicationAdministration.objects.create(
            facility=given.facility,
            patient=given.patient,
            encounter=given.encounter,
            dose=given.dose,
            status="completed",
            key=uuid.uuid4(),
            happened_at=now(),
            performer=binh,
            amount=1,
            how="scan",
        )


def test_a_key_is_its_persons_and_its_doses() -> None:
    """S-54."""
    an, binh, stay = make_world()
    told = key()
    give(once(stay, an), binh, told)
    with pytest.raises(Conflict) as refusal:
        give(once(stay, an, text="Thuốc khác"), binh, told)
    assert refusal.value.code == "key_reused"


def test_another_patients_label_is_refused_and_on_record() -> None:
    an, binh, stay = make_world()
    dose, hoa = once(stay, an), neighbour()
    with pytest.raises(services.WrongPatient):
        services.give_dose(dose=dose, encounter=hoa, told=key(), by=binh)
    assert AuditEvent.objects.filter(action="medication_administration.wrong_patient").count() == 1
    assert not MedicationAdministration.objects.exists()


def test_a_merged_patients_wristband_is_still_theirs() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an)
    survivor = make_patient("Nguyễn Thị Đào Hai")
    registry.merge_patients(survivor=survivor, duplicate=stay.patient, by=an, reason="Một người")
    dose = DueDose.objects.get(pk=dose.pk)
    give(dose, binh)
    assert DueDose.objects.get(pk=dose.pk).outcome == "given"


def test_what_a_device_kept_becomes_a_conflict_that_somebody_settles() -> None:
    """F-20, F-22: never dropped, the same key the same answer."""
    an, binh, stay = make_world()
    cuc, dose = make_cuc(), once(stay, an)
    give(dose, binh)
    told = replayed()
    for _time in range(2):
        with pytest.raises(services.Kept):
            give(dose, cuc, told)
    conflict = GivingConflict.objects.get()
    assert (conflict.performer, conflict.standing.performer, conflict.why) == (cuc, binh, "answered")
    assert conflict.happened_at == told.happened_at
    assert Notice.objects.get(kind=telling.CONFLICT).cause_gone_at is None
    for _time in range(2):
        services.settle_conflict(conflict=conflict, outcome="second", note="Cả hai đều tiêm", by=cuc)
    with pytest.raises(Conflict):
        services.settle_conflict(conflict=conflict, outcome="same", note="Nhầm rồi", by=cuc)
    assert Notice.objects.get(kind=telling.CONFLICT).cause_gone_at is not None
    extra = DueDose.objects.get(kind="extra")
    assert extra.outcome == "given"
    assert MedicationAdministration.objects.count() == 2


def test_stopped_meanwhile_a_live_giving_is_refused_and_an_earlier_one_is_kept_as_given() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an)
    before = replayed(minutes=5)
    orders.stop_order(order=dose.order, reason="Dị ứng", by=an)
    services.plan_order(order_id=dose.order_id)
    with pytest.raises(DomainError, match="Dị ứng"):
        give(dose, binh)
    kept = give(dose, binh, before)
    assert kept.status == "completed"
    dose.refresh_from_db()
    assert (dose.outcome, dose.ended) == ("given", "")


def test_given_offline_after_the_stop_is_a_conflict() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an)
    orders.stop_order(order=dose.order, reason="Dị ứng", by=an)
    with pytest.raises(services.Kept):
        give(dose, binh, Told(key=uuid.uuid4(), happened_at=now(), is_replay=True))
    assert GivingConflict.objects.get().why == "ended"


def test_held_is_refused_and_resumed_is_given() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an)
    orders.hold_order(order=dose.order, reason="Chờ kali", by=an)
    with pytest.raises(DomainError, match="Chờ kali"):
        give(dose, binh)
    orders.resume_order(order=dose.order, by=an)
    assert give(dose, binh).status == "completed"


def test_after_discharge_only_what_happened_before_it() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an, minutes=-20)
    before = replayed(minutes=15)
    discharge(stay, by=an)
    dose = DueDose.objects.get(pk=dose.pk)
    with pytest.raises(DomainError):
        give(dose, binh)
    assert give(dose, binh, before).status == "completed"


@pytest.mark.parametrize("skew", [-90, -3, 4, 240])
def test_a_devices_clock_may_be_wrong(skew: int) -> None:
    an, binh, stay = make_world()
    dose = once(stay, an, minutes=-20)
    device = now() + dt.timedelta(minutes=skew)
    told = Told(
        key=uuid.uuid4(), happened_at=device - dt.timedelta(minutes=10), sent_at=device, is_replay=True
    )
    row = give(dose, binh, told)
    assert abs(row.happened_at - (now() - dt.timedelta(minutes=10))) < dt.timedelta(minutes=1)
    assert row.told_at == told.happened_at


def test_in_part_not_given_and_taken_back() -> None:
    an, binh, stay = make_world()
    half = once(stay, an, dose=Decimal(2))
    give(half, binh, given=Given(amount=Decimal(1)))
    half.refresh_from_db()
    assert half.outcome == "partial"
    with pytest.raises(DomainError):
        services.not_given(dose=once(stay, an, text="B"), reason="no such", told=key(), by=binh)
    skipped = once(stay, an, text="C")
    row = services.not_given(dose=skipped, reason="refused", told=key(), by=binh)
    with pytest.raises(DomainError):
        services.take_back(administration=row, reason=" ", by=binh)
    for _time in range(2):
        services.take_back(administration=row, reason="Nhầm người bệnh", by=binh)
    skipped.refresh_from_db()
    assert skipped.is_open
    assert give(skipped, binh).status == "completed"


def test_too_early_too_much_expired_and_without_a_scan() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an)
    for given, code in (
        (Given(amount=Decimal(3)), "too_much"),
        (Given(how="hand"), "no_scan_reason"),
        (Given(expires_on=dt.date(2020, 1, 1)), "expired"),
    ):
        with pytest.raises(DomainError) as refusal:
            give(dose, binh, given=given)
        assert refusal.value.code == code
    with pytest.raises(DomainError) as refusal:
        give(once(stay, an, minutes=300, text="Tối"), binh)
    assert refusal.value.code == "early"


def test_a_high_alert_medicine_asks_for_a_second_nurse() -> None:
    an, binh, stay = make_world()
    cuc = make_cuc()
    system, _new = CodeSystem.objects.get_or_create(code="medicine", defaults={"title": "m", "url": "urn:m"})
    Concept.objects.create(system=system, code="TH0010", display="Morphin", properties={"high_alert": True})
    dose = once(stay, an, code="TH0010", text="Morphin 10 mg")
    with pytest.raises(services.NeedsWitness):
        give(dose, binh)
    with pytest.raises(DomainError):
        give(dose, binh, witness=binh)
    assert give(dose, binh, witness=cuc).witness == cuc


def test_a_vital_sign_that_is_asked_for_is_fresh_and_within_its_limits() -> None:
    an, binh, stay = make_world()
    GivingRule.objects.create(
        facility=stay.facility, code="d", ingredient="Digoxin", vital_sign="pulse", low=60, source="Mẫu"
    )
    dose = once(stay, an, text="Digoxin 0,25 mg")
    with pytest.raises(DomainError) as refusal:
        give(dose, binh)
    assert refusal.value.code == "not_measured"
    record_vital_signs(encounter=stay, values={"pulse": Decimal(52)}, by=binh, effective_at=ago(minutes=9))
    with pytest.raises(DomainError) as refusal:
        give(dose, binh)
    assert refusal.value.code == "outside_limits"
    record_vital_signs(encounter=stay, values={"pulse": Decimal(72)}, by=binh, effective_at=ago(minutes=2))
    assert give(dose, binh).status == "completed"


def test_when_needed_keeps_its_distance_and_its_days_limit() -> None:
    an, binh, stay = make_world()
    asked = order(
        stay,
        an,
        times_per_day=None,
        as_needed=True,
        as_needed_for="sốt",
        least_hours_between=4,
        most_per_day=2,
    )
    told = Told(key=uuid.uuid4(), happened_at=now() - dt.timedelta(hours=5))
    for _time in range(2):
        services.give_needed(order=asked, encounter=stay, told=told, by=binh)
    assert DueDose.objects.filter(order=asked).count() == 1
    with pytest.raises(DomainError) as refusal:
        services.give_needed(
            order=asked,
            encounter=stay,
            told=Told(key=uuid.uuid4(), happened_at=now() - dt.timedelta(hours=3)),
            by=binh,
        )
    assert refusal.value.code == "too_soon"
    last = services.give_needed(order=asked, encounter=stay, told=key(), by=binh)
    with pytest.raises(DomainError):
        services.give_needed(order=asked, encounter=stay, told=key(), by=binh)
    assert DueDose.objects.filter(order=asked).count() == 2
    with pytest.raises(services.Kept):
        services.give_needed(order=asked, encounter=stay, told=replayed(), by=binh)
    services.take_back(administration=last, reason="Nhầm", by=binh)
    # What was made with its giving is due to nobody afterwards.
    assert not DueDose.objects.filter(order=asked, outcome="", ended="").exists()


def test_an_infusion_runs_changes_its_rate_and_ends_with_its_volume() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an, route="IVI", rate="30 giọt/phút", dose_unit="chai")
    row = give(dose, binh)
    assert row.status == "in-progress"
    told = key()
    for _time in range(2):
        services.note_step(administration=row, kind="rate", told=told, by=binh, rate="40 giọt/phút")
    with pytest.raises(DomainError):
        services.note_step(administration=row, kind="resume", told=key(), by=binh)
    with pytest.raises(DomainError) as refusal:
        services.note_step(administration=row, kind="end", told=key(), by=binh)
    assert refusal.value.code == "volume_missing"
    services.note_step(administration=row, kind="end", told=key(), by=binh, volume_ml=Decimal(500))
    row.refresh_from_db()
    dose.refresh_from_db()
    assert (row.status, row.volume_ml, dose.outcome) == ("completed", Decimal(500), "given")
    assert [step.kind for step in row.steps.all()] == ["start", "rate", "end"]
    with pytest.raises(Conflict):
        services.note_step(administration=row, kind="rate", told=key(), by=binh, rate="50")


def test_states_and_counts_tell_late_missed_and_skipped_apart() -> None:
    an, binh, stay = make_world()
    late = once(stay, an, minutes=-100, text="Muộn")
    once(stay, an, minutes=-400, text="Bỏ lỡ")
    once(stay, an, minutes=20, text="Sắp tới")
    once(stay, an, minutes=200, text="Sau")
    skipped = once(stay, an, minutes=-5, text="Không dùng")
    done = once(stay, an, minutes=-90, text="Muộn, đã dùng")
    services.not_given(dose=skipped, reason="refused", told=key(), by=binh)
    give(done, binh)
    lines = doses_of_stay(stay, ago(hours=8), now() + dt.timedelta(hours=8))
    assert {line.dose.order.text: line.state for line in lines} == {
        "Muộn": "overdue",
        "Bỏ lỡ": "missed",
        "Sắp tới": "due",
        "Sau": "later",
        "Không dùng": "not-given",
        "Muộn, đã dùng": "given-late",
    }
    counts = doses_by_stay([stay.pk], ago(hours=3), now() + dt.timedelta(hours=8), stay.facility_id)[stay.pk]
    assert (counts.due, counts.overdue, counts.given, counts.not_given) == (3, 2, 1, 1)
    assert counts.next_at is not None
    assert counts.next_at < late.due_at


def test_a_medicine_that_is_tested_first_waits_until_its_test_was_read_after_its_time() -> None:
    an, binh, stay = make_world()
    cuc = make_cuc()
    GivingRule.objects.create(
        facility=stay.facility, code="p", ingredient="Penicilin", test_minutes=20, source="Mẫu"
    )
    dose = once(stay, an, text="Penicilin G 1 triệu IU")

    def refused() -> str:
        with pytest.raises(DomainError) as refusal:
            give(dose, binh)
        return refusal.value.code

    with pytest.raises(DomainError):
        begin_test(order=once(stay, an, text="Thuốc khác").order, method="prick", told=key(), by=binh)
    assert refused() == "not_tested"
    told = Told(key=uuid.uuid4(), happened_at=now() - dt.timedelta(minutes=10))
    for _time in range(2):
        test = begin_test(order=dose.order, method="prick", told=told, by=binh)
    assert refused() == "not_read"
    with pytest.raises(Conflict):
        begin_test(order=dose.order, method="prick", told=key(), by=cuc)
    with pytest.raises(DomainError) as early:
        read_test(test=test, result="negative", by=cuc)
    assert early.value.code == "early"
    with pytest.raises(IntegrityError, match="read_after_its_time"), transaction.atomic():
        ReactionTest.objects.filter(pk=test.pk).update(result="negative", read_at=now(), reader=cuc)
    read_test(test=test, result="positive", by=cuc)
    assert refused() == "reaction"
    ago_told = Told(key=uuid.uuid4(), happened_at=now() - dt.timedelta(minutes=25))
    again = begin_test(order=dose.order, method="intradermal", told=ago_told, by=binh)
    for _time in range(2):
        read_test(test=again, result="negative", by=cuc)
    # The newest test counts: the positive one began later than this one.
    assert refused() == "reaction"


def test_missed_doses_are_told_until_somebody_says_why() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an, minutes=-400)
    for _time in range(2):
        telling.look()
    assert Notice.objects.get(kind=telling.MISSED).parameters["count"] == "1"
    services.not_given(dose=dose, reason="away", told=key(), by=binh)
    telling.look()
    assert not Notice.objects.filter(kind=telling.MISSED, cause_gone_at=None).exists()


def test_an_urgent_dose_that_was_given_first_stands_among_the_given() -> None:
    an, binh, stay = make_world()
    given = order(stay, an, plan=False, occurrence_at=now(), times_per_day=None)
    SpokenOrder.objects.create(
        facility=stay.facility,
        patient=stay.patient,
        encounter=stay,
        entry=given.entry,
        kind="urgent-dose",
        prescriber=an,
        recorded_by=binh,
        reason="Co giật",
        given_at=ago(minutes=5),
        due_at=now(),
    )
    orders.complete_order(order=given, by=binh)
    chart.deliver_all()
    services.note_urgent_dose(order_id=given.pk)
    row = MedicationAdministration.objects.get()
    assert (row.performer, row.hand_reason, row.dose.outcome) == (binh, "Co giật", "given")
