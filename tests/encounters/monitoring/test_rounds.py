"""Rounds and their scores: kept once, answered by a person, called for until then, and taken back by a correction."""

import datetime as dt
import random
import uuid
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.notices.models import Notice
from encounters.monitoring import services, telling
from encounters.monitoring.models import EarlyWarning
from encounters.monitoring.selectors import covering, warnings_by_stay, warnings_of
from encounters.monitoring.selectors.warning import unanswered
from encounters.results.models import Observation
from encounters.results.services import Unusual, correct_observation, record_vital_signs
from encounters.visits import services as visits
from encounters.visits.models import Encounter
from tests.emr.people import make_an, make_binh, make_user
from tests.encounters.chart import deliver_all
from tests.encounters.monitoring.rounds import ILL, UNWELL, WELL, take
from tests.encounters.visits.ward import SURGERY, admit, ago, department, discharge
from tests.patients.people import make_patient


@pytest.fixture
def binh() -> User:
    return make_binh(department())


@pytest.fixture
def an() -> User:
    return make_an(department())


@pytest.fixture
def stay(an: User) -> Encounter:
    return admit(at=ago(hours=6), attending=an)


pytestmark = pytest.mark.django_db


def test_a_round_is_scored_with_all_it_was_computed_from(binh: User, stay: Encounter) -> None:
    warning = take(stay, binh, UNWELL).warning
    assert warning is not None
    assert (warning.scale, warning.score, warning.level) == ("NEWS2", 5, "medium")
    assert {part["sign"]: part["points"] for part in warning.parts}["pulse"] == 1
    assert warning.due_at == warning.measured_at + dt.timedelta(minutes=60)
    [found] = warnings_by_stay([stay.pk]).values()
    assert (found.score, found.level, found.due_at) == (5, "medium", warning.due_at)


def test_the_same_key_gives_the_same_answer_and_another_patients_is_refused(
    binh: User, stay: Encounter
) -> None:
    key = uuid.uuid4()
    first = take(stay, binh, ILL, key=key)
    again = take(stay, binh, ILL, key=key)
    assert again.warning == first.warning
    assert {row.pk for row in again.observations} == {row.pk for row in first.observations}
    other = admit(make_patient("Lê Văn Hùng"), at=ago(hours=5))
    with pytest.raises(Conflict):
        take(other, binh, ILL, key=key)
    with pytest.raises(Conflict):
        take(stay, binh, ILL | {"pulse": Decimal(60)}, key=key)
    assert (Observation.objects.count(), EarlyWarning.objects.count()) == (len(ILL), 1)


def test_a_part_of_a_round_has_no_score_and_hides_none(binh: User, stay: Encounter) -> None:
    take(stay, binh, UNWELL, effective_at=ago(hours=2))
    assert take(stay, binh, {"temperature": Decimal("38.9")}).warning is None
    assert warnings_by_stay([stay.pk])[stay.pk].score == 5


def test_a_jump_is_asked_about_and_not_refused(binh: User, stay: Encounter) -> None:
    take(stay, binh, WELL, effective_at=ago(hours=1))
    with pytest.raises(Unusual):
        take(stay, binh, WELL | {"pulse": Decimal(145)}, confirmed=False)
    assert Observation.objects.count() == len(WELL)
    assert take(stay, binh, WELL | {"pulse": Decimal(145)}).warning is not None


def test_children_and_choices_have_their_own_scale(an: User, binh: User, stay: Encounter) -> None:
    child = admit(make_patient("Bé An", birth_date=now().date() - dt.timedelta(days=400)), at=ago(hours=3))
    assert take(child, binh, WELL).warning is None  # refill and breathing are missing
    extra = {"refill": Decimal(2), "effort": Decimal(1)}
    warning = take(child, binh, WELL | {"pulse": Decimal(130)} | extra).warning
    assert warning is not None and warning.scale == "PEWS"

    for scale, oxygen, reason in (("NEWS2", 2, ""), ("MEOWS", 2, "COPD"), ("APACHE", 1, "x")):
        with pytest.raises(DomainError):
            services.choose_scale(
                encounter=stay, scale=scale, oxygen_scale=oxygen, reason=reason, by=an, key=uuid.uuid4()
            )
    before = take(stay, binh, WELL | {"oxygen": Decimal(89)}, effective_at=ago(hours=1)).warning
    key = uuid.uuid4()
    for _again in range(2):
        services.choose_scale(
            encounter=stay, scale="NEWS2", oxygen_scale=2, reason="COPD, PaCO2 60", by=an, key=key
        )
    after = take(stay, binh, WELL | {"oxygen": Decimal(89)}).warning
    assert before is not None and after is not None
    assert (before.score, after.score, after.oxygen_scale) == (3, 0, 2)
    # What was scored stays as the ward saw it.
    assert services.assess(encounter=stay, batch=before.batch) == before


def test_a_correction_scores_again_and_taking_back_says_nothing_any_more(binh: User, stay: Encounter) -> None:
    recorded = take(stay, binh, ILL)
    pulse = next(row for row in recorded.observations if row.code == "8867-4")
    fixed = correct_observation(observation=pulse, by=binh, reason="Gõ nhầm", value=Decimal(80))
    deliver_all()
    held = warnings_of(stay).get()
    assert (held.score, held.replaces) == (11, recorded.warning)
    correct_observation(observation=fixed, by=binh, reason="Nhầm người bệnh")
    deliver_all()
    assert not warnings_of(stay).exists()
    assert EarlyWarning.objects.count() == 3
    assert not Notice.objects.filter(kind__startswith="monitoring.", cause_gone_at=None).exists()


def test_rounds_of_another_door_are_scored_too(binh: User, stay: Encounter) -> None:
    record_vital_signs(encounter=stay, values=ILL, by=binh, confirmed=True)
    assert not warnings_of(stay).exists()
    deliver_all()
    deliver_all()
    assert warnings_of(stay).get().level == "high"


def test_a_high_score_calls_the_doctors_until_one_answers(an: User, binh: User, stay: Encounter) -> None:
    warning = take(stay, binh, ILL, effective_at=ago(minutes=20)).warning
    assert warning is not None
    notice = Notice.objects.get(kind=telling.HIGH)
    assert notice.recipients.filter(user=an, is_open=True).exists()
    assert not notice.recipients.filter(user=binh).exists()
    assert "13" not in str(notice.parameters)
    answer = {"text": "Thở oxy, mời hồi sức", "cover_minutes": 60, "by": an, "key": uuid.uuid4()}
    response = services.respond(warning=warning, **answer)
    assert services.respond(warning=warning, **answer) == response
    notice.refresh_from_db()
    assert notice.cause_gone_at is not None
    # As high within the hour calls nobody again, higher does.
    take(stay, binh, ILL, effective_at=ago(minutes=4))
    assert not Notice.objects.filter(kind=telling.HIGH, cause_gone_at=None).exists()
    worse = take(stay, binh, ILL | {"consciousness": Decimal(3)}, effective_at=ago(minutes=2)).warning
    assert worse is not None and covering(worse) is None
    assert Notice.objects.filter(kind=telling.HIGH, cause_gone_at=None).count() == 1
    assert services.respond(warning=warning, **answer) == response  # sent again after a newer score came
    for other, code in (
        ({"warning": worse}, "key_reused"),
        ({"text": "Khác"}, "key_reused"),
        ({"text": "Muộn", "key": uuid.uuid4()}, "newer"),
    ):
        with pytest.raises(Conflict) as refused:
            services.respond(**{"warning": warning} | answer | other)
        assert refused.value.code == code


def test_what_is_better_or_gone_calls_nobody(binh: User, stay: Encounter) -> None:
    take(stay, binh, ILL, effective_at=ago(minutes=40))
    take(stay, binh, UNWELL, effective_at=ago(minutes=20))
    assert list(Notice.objects.filter(cause_gone_at=None).values_list("kind", flat=True)) == [telling.MEDIUM]
    # A high score that arrives late is history.
    take(stay, binh, ILL, effective_at=ago(minutes=30))
    assert list(Notice.objects.filter(cause_gone_at=None).values_list("kind", flat=True)) == [telling.MEDIUM]
    discharge(stay)
    deliver_all()
    assert not Notice.objects.filter(kind=telling.MEDIUM, cause_gone_at=None).exists()


def test_the_ward_to_which_the_patient_moves_is_called(an: User, binh: User, stay: Encounter) -> None:
    chi = make_user("chi", "Lê Thị Chi", "doctor", department(SURGERY))
    take(stay, binh, ILL)
    visits.transfer(encounter=stay, department=department(SURGERY), by=an)
    telling.look()
    open_one = Notice.objects.get(kind=telling.HIGH, cause_gone_at=None)
    assert open_one.department == department(SURGERY)
    assert open_one.recipients.filter(user=chi, is_open=True).exists()


def test_taken_on_without_an_answer_rings_again(an: User, binh: User, stay: Encounter) -> None:
    take(stay, binh, ILL)
    [warning] = unanswered(stay.facility_id)
    Notice.objects.filter(kind=telling.HIGH).update(
        status="completed", closed_at=ago(minutes=16), closed_by=an, next_step_at=None
    )
    telling.look()
    assert Notice.objects.filter(kind=telling.HIGH, status="active").count() == 1
    services.respond(warning=warning, text="Đã xem", cover_minutes=30, by=an, key=uuid.uuid4())
    telling.look()
    assert not Notice.objects.filter(kind=telling.HIGH, status="active").exists()


def test_the_database_keeps_scores_and_answers_as_they_were(an: User, binh: User, stay: Encounter) -> None:
    warning = take(stay, binh, ILL).warning
    assert warning is not None
    services.respond(warning=warning, text="Đã xem", cover_minutes=30, by=an, key=uuid.uuid4())
    for statement in (
        "UPDATE monitoring_earlywarning SET score = 0",
        "DELETE FROM monitoring_earlywarning",
        "UPDATE monitoring_warningresponse SET text = 'x'",
        "DELETE FROM monitoring_warningresponse",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


class Retries(TestCase):
    """What devices send again, twice and out of order, is stored once each; the newest score is the newest measured."""

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.tuples(st.integers(1, 300), st.sampled_from(["well", "unwell", "ill"])),
            min_size=1,
            max_size=4,
            unique_by=lambda sent: sent[0],
        ),
        st.randoms(use_true_random=False),
        st.booleans(),
    )
    def test_none_is_lost_and_none_is_doubled(
        self, rounds: list[tuple[int, str]], chance: random.Random, leaves: bool
    ) -> None:
        values = {"well": WELL, "unwell": UNWELL, "ill": ILL}
        binh = make_user(f"b{uuid.uuid4().hex[:8]}", "Trần Thị Bình", "nurse", department())
        stay = admit(make_patient(f"Người {uuid.uuid4().hex[:8]}"), at=ago(hours=6))
        sent = [(uuid.uuid4(), ago(minutes=minutes), values[name]) for minutes, name in rounds]
        arriving = sent * 2 + [chance.choice(sent)]
        chance.shuffle(arriving)
        for number, (key, at, numbers) in enumerate(arriving):
            if leaves and number == len(arriving) // 2:
                stay = discharge(stay)
            take(stay, binh, numbers, key=key, effective_at=at)
        stored = Observation.objects.filter(encounter=stay)
        assert stored.count() == len(sent) * len(WELL)
        assert {(row.batch, row.effective_at) for row in stored} == {(key, at) for key, at, _numbers in sent}
        assert EarlyWarning.objects.filter(encounter=stay).count() == len(sent)
        newest = max(sent, key=lambda one: one[1])
        assert warnings_by_stay([stay.pk])[stay.pk].measured_at == newest[1]
        assert all(row.created_at >= row.effective_at for row in stored)
