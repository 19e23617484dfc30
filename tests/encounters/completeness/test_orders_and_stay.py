"""What rules ask of orders, doses, results and of the stay itself; whose each gap is; which version of a rule holds."""

import datetime as dt
from decimal import Decimal
from itertools import permutations

import pytest
from django.utils import timezone
from django.utils.translation import override as language

from emr.common.clock import local_today
from emr.common.errors import DomainError
from encounters.completeness import services
from encounters.completeness.models import Override, RuleVersion
from encounters.completeness.rules import delivered, rule_book
from encounters.completeness.selectors import (
    blocking_gaps_of,
    counts_by_stay,
    gaps_of,
    median_age,
)
from encounters.orders.services import stop_order
from encounters.results.services import acknowledge, record_vital_signs
from encounters.visits.models import Condition, Encounter, EncounterParticipant
from tests.emr.people import make_facility
from tests.encounters.completeness.world import (
    entry,
    gaps,
    make_head,
    make_planner,
    make_record,
    operate,
    sign,
    words,
)
from tests.encounters.medicines.doses import give, make_world, once
from tests.encounters.results.reports import facts, file, order, value
from tests.encounters.visits.ward import ago, discharge

pytestmark = pytest.mark.django_db


def test_an_order_wants_a_released_result_or_an_end() -> None:
    an, stay = make_record()
    first, second = order(stay, an), order(stay, an, "XN0001", text="Công thức máu")
    assert len(gaps(stay, "orders-answered")) == 2
    assert {gap.owner_id for gap in gaps(stay, "orders-answered")} == {an.pk}
    file(stay, facts(value(), status="preliminary"), request=first)
    assert len(gaps(stay, "orders-answered")) == 2, "a preliminary result is none yet"
    file(stay, facts(value(), version="2"), request=first)
    (gap,) = gaps(stay, "orders-answered")
    assert "Công thức máu" in gap.words
    stop_order(order=second, reason="Không cần nữa", by=an)
    assert not gaps(stay, "orders-answered")


def test_a_critical_result_wants_somebody_to_take_it_on() -> None:
    an, stay = make_record()
    request = order(stay, an)
    filed = file(stay, facts(value("7.2", flag="HH")), request=request)
    (gap,) = gaps(stay, "critical-results")
    assert (gap.owner_id, gap.blocks, gap.overridable) == (an.pk, True, False)
    assert str(filed.report.uuid) in gap.url
    acknowledge(report=filed.report, by=an)
    assert not gaps(stay, "critical-results")


def test_each_dose_that_was_due_wants_an_answer() -> None:
    an, binh, stay = make_world()
    assert not gaps(stay, "medicines-answered")
    dose = once(stay, an)
    dose.due_at = ago(minutes=1)
    dose.save()
    (gap,) = gaps(stay, "medicines-answered")
    assert "1 liều" in gap.words
    assert (gap.owner_id, gap.owner_role) == (None, "head_nurse")
    EncounterParticipant.objects.create(
        facility=stay.facility, encounter=stay, practitioner=binh, role="NURSE", starts_at=stay.begins_at
    )
    (gap,) = gaps(stay, "medicines-answered")
    assert gap.owner_id == binh.pk, "who is responsible owes it"
    give(dose, binh)
    assert not gaps(stay, "medicines-answered")


def test_days_on_which_medicines_were_given_want_a_disclosure() -> None:
    an, binh, stay = make_world(at=ago(days=2), late_reason="Nhập lại")
    given = give(once(stay, an), binh)
    assert not gaps(stay, "drug-disclosure"), "today isn't over"
    del given
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("encounters.completeness.facts.now", lambda: ago(days=-1))
        (gap,) = gaps(stay, "drug-disclosure")
    assert gap.key == f"drug-disclosure:{local_today()}"
    assert not gap.blocks


def test_each_day_wants_pulse_and_temperature() -> None:
    an, stay = make_record(days=1)
    (gap,) = gaps(stay, "daily-vitals")
    assert gap.words.endswith("chưa đo Mạch, Nhiệt độ")
    late = {"effective_at": ago(hours=23), "late_reason": "Mất mạng"}
    if timezone.localdate(ago(hours=23)) != timezone.localdate(ago(days=1)):
        late["effective_at"] = ago(hours=23, minutes=59)
    record_vital_signs(encounter=stay, values={"pulse": Decimal(80)}, by=an, **late)
    assert words(stay, "daily-vitals")[0].endswith("chưa đo Nhiệt độ")
    record_vital_signs(encounter=stay, values={"temperature": Decimal(37)}, by=an, **late)
    assert not gaps(stay, "daily-vitals")


def test_discharge_wants_outcome_and_a_coded_main_diagnosis() -> None:
    an, stay = make_record()
    assert not gaps(stay, "discharge-fields"), "nobody has left"
    discharge(stay, by=an)
    (gap,) = gaps(stay, "discharge-fields")
    assert gap.words == "Thông tin ra viện còn thiếu: chẩn đoán chính khi ra viện"
    assert not gap.overridable
    told = {
        "facility": stay.facility, "encounter": stay, "patient": stay.patient, "role": "discharge-main",
        "recorder": an, "text": "Viêm phổi",
    }  # fmt: skip
    loose = Condition.objects.create(**told)
    (gap,) = gaps(stay, "discharge-fields")
    assert gap.words == "Thông tin ra viện còn thiếu: mã ICD-10 của chẩn đoán chính"
    loose.status = Condition.Status.ENTERED_IN_ERROR
    loose.save()
    Condition.objects.create(**told, code="J18.9")
    assert not gaps(stay, "discharge-fields")


def test_who_died_owes_no_discharge_paper_but_a_death_review() -> None:
    an, stay = make_record()
    discharge(stay, by=an)
    assert gaps(stay, "discharge-paper")
    assert not gaps(stay, "death-review")
    Encounter.objects.filter(pk=stay.pk).update(outcome="5")
    assert not gaps(stay, "discharge-paper")
    assert gaps(stay, "death-review")
    assert len(gaps(stay, "death-fields")) == 2


def test_a_stay_that_never_was_lacks_nothing() -> None:
    _an, stay = make_record()
    assert gaps_of(stay)
    stay.status = Encounter.Status.ENTERED_IN_ERROR
    stay.save()
    assert gaps_of(stay) == []


# -- answering for a gap ---------------------------------------------------------------------------------------------------


def test_a_gap_is_set_aside_by_name_and_with_a_reason_for_ever() -> None:
    _an, stay = make_record(days=1)
    hung = make_head()
    (gap,) = gaps(stay, "daily-entry")
    with pytest.raises(DomainError):
        services.override_gap(encounter=stay, key=gap.key, reason=" ", by=hung)
    before = counts_by_stay([stay.pk])[stay.pk]
    made = services.override_gap(encounter=stay, key=gap.key, reason="Bệnh nhân đi chụp", by=hung)
    again = services.override_gap(encounter=stay, key=gap.key, reason="Bấm hai lần", by=hung)
    assert again == made
    assert made.reason == "Bệnh nhân đi chụp"
    (gap,) = gaps(stay, "daily-entry")
    assert gap.overridden
    assert gap.key not in {one.key for one in blocking_gaps_of(stay)}
    assert counts_by_stay([stay.pk])[stay.pk] == (before[0] - 1, before[1])
    with pytest.raises(Exception, match="permission denied"):
        Override.objects.filter(pk=made.pk).delete()


def test_what_nobody_may_set_aside_or_is_not_missing_or_stops_nothing_is_refused() -> None:
    an, stay = make_record()
    discharge(stay, by=an)
    hung = make_head()
    keys = [gaps(stay, rule)[0].key for rule in ("discharge-fields", "daily-vitals")]
    for key_of_gap in [*keys, "daily-entry:2020-01-01"]:
        with pytest.raises(DomainError):
            services.override_gap(encounter=stay, key=key_of_gap, reason="Không cần", by=hung)
    assert not Override.objects.exists()


# -- rules are data -------------------------------------------------------------------------------------------------------


def test_the_version_of_the_day_on_which_the_patient_left_holds() -> None:
    an, stay = make_record(days=2)
    lan = make_planner()
    rule = next(rule for rule in delivered() if rule.code == "daily-entry")
    tomorrow = local_today() + dt.timedelta(days=1)
    services.set_rule(
        facility=stay.facility,
        code=rule.code,
        content=rule.content() | {"blocks": False},
        begins_on=tomorrow,
        reason="Thử một tháng",
        by=lan,
    )
    assert all(gap.blocks for gap in gaps(stay, "daily-entry")), "it hasn't begun"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("encounters.completeness.selectors.local_today", lambda: tomorrow)
        assert not any(gap.blocks for gap in gaps(stay, "daily-entry")), "a running stay: today's rule"
        discharge(stay, by=an)
        assert all(gap.blocks for gap in gaps(stay, "daily-entry")), "who left before is judged by what held"


def test_a_rule_is_switched_off_added_and_never_changed_backwards() -> None:
    _an, stay = make_record(days=2)
    lan, facility = make_planner(), make_facility()
    rule = next(rule for rule in delivered() if rule.code == "daily-entry")
    told = {"facility": facility, "code": rule.code, "by": lan, "reason": "Không áp dụng"}
    with pytest.raises(DomainError):
        yesterday = local_today() - dt.timedelta(days=1)
        services.set_rule(**told, content=rule.content() | {"is_on": False}, begins_on=yesterday)
    off = rule.content() | {"is_on": False}
    services.set_rule(**told, content=off, begins_on=local_today(), after=0)
    assert not gaps(stay, "daily-entry")
    with pytest.raises(DomainError, match="Có người"), language("vi"):
        services.set_rule(**told, content=off, begins_on=local_today(), after=0)
    own = rule.content() | {
        "parameters": {"codes": ["44/BV2"], "days": "stay"},
        "words": {"vi": "Ngày $day thiếu $form", "en": ""},
        "record_types": ["01/BV1"],
    }
    services.set_rule(**told | {"code": "daily-handover"}, content=own, begins_on=local_today())
    assert len(gaps(stay, "daily-handover")) == 2
    Encounter.objects.filter(pk=stay.pk).update(record_type="10/BV1")
    assert not gaps(stay, "daily-handover"), "of other records it isn't asked"
    for wrong in ({"kind": "none"}, {"parameters": {}}, {"owner": "anybody"}, {"when": ["monday"]}):
        with pytest.raises(DomainError):
            services.set_rule(**told, content=rule.content() | wrong, begins_on=local_today())
    assert RuleVersion.objects.count() == 2


def test_a_binding_rule_stays_binding() -> None:
    rule = next(rule for rule in delivered() if rule.code == "invalid-signatures")
    with pytest.raises(DomainError):
        services.set_rule(
            facility=make_facility(), code=rule.code, content=rule.content() | {"overridable": True},
            begins_on=local_today(), reason="Nới lỏng", by=make_planner(),
        )  # fmt: skip


def test_the_delivered_rules_can_be_run_and_are_said_in_both_languages() -> None:
    from encounters.completeness.kinds import KINDS, problem_of  # noqa: PLC0415

    assert len(delivered()) >= 25
    assert {rule.kind for rule in delivered()} == set(KINDS)
    for rule in delivered():
        assert problem_of(rule) == ""
        assert rule.words["vi"]
        assert rule.words["en"]
    book = rule_book(make_facility().pk)
    assert len(book.in_force(local_today())) == len(delivered())


def test_the_sentence_is_in_the_readers_language() -> None:
    _an, stay = make_record(days=1)
    with language("en"):
        assert words(stay, "daily-entry")[0].endswith("no 36/BV2 Tờ điều trị")


def test_the_middle_age() -> None:
    an, stay = make_record(days=2)
    sign(entry(stay, an))
    found = gaps(stay, "daily-entry")
    assert len(found) == 2
    middle = median_age(found)
    assert middle is not None
    assert dt.timedelta(0) < middle < dt.timedelta(days=2)
    assert median_age([]) is None


# -- properties -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", range(5))
def test_the_order_in_which_things_happen_makes_no_difference(turn: int) -> None:
    an, stay = make_record(days=3)
    acts = [
        lambda: sign(entry(stay, an, days_ago=1)),
        lambda: entry(stay, an, days_ago=2),
        lambda: operate(stay, ago(days=1, hours=1), "Một"),
        lambda: operate(stay, ago(days=2), "Hai"),
        lambda: order(stay, an),
        lambda: record_vital_signs(
            encounter=stay,
            values={"pulse": Decimal(80)},
            by=an,
            effective_at=ago(days=1),
            late_reason="x" * 9,
        ),
    ]
    for number in list(permutations(range(len(acts))))[turn * 179]:
        acts[number]()
    counted: dict[str, int] = {}
    for gap in gaps_of(stay):
        counted[gap.rule] = counted.get(gap.rule, 0) + 1
    expected = {
        "daily-entry": 1,
        "surgery-report": 2,
        "surgery-consent": 2,
        "orders-answered": 1,
        "daily-vitals": 3,
    }
    assert expected.items() <= counted.items()
    assert counted["unsigned"] == 2, "yesterday's is signed, that of two days ago and the order's aren't"
