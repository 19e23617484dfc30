"""A monitor's values are kept for who is on it, thinned and unconfirmed; everything else is counted and dropped."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from emr.accounts.models import Organization, User
from emr.accounts.services import keep_setting
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.monitoring.models import EarlyWarning
from encounters.results.models import Observation
from encounters.results.services import Unusual
from encounters.visits import services as visits
from encounters.visits.models import Encounter, EncounterLocation
from integrations.hl7v2.timestamps import write_timestamp
from integrations.monitors import selectors, services
from integrations.monitors.models import (
    ConfirmedReading,
    DiscardedReadings,
    Monitor,
    MonitorReading,
)
from integrations.monitors.services import apply_readings
from integrations.reconciling.neighbours import neighbours_of
from integrations.transport.mapping import map_code
from integrations.transport.models import DeadLetter, Message, MessageState, NeighbourCode
from patients.registry import systems
from tests.emr.people import make_binh
from tests.encounters.chart import deliver_all
from tests.encounters.monitoring.rounds import WELL, take
from tests.encounters.visits.ward import SURGERY, admit, ago, department, discharge, make_bed
from tests.integrations.conftest import Send, reasons, state
from tests.integrations.monitors.shown import (
    BREATHING,
    HEART,
    LOWER,
    OXYGEN,
    UPPER,
    make_monitor,
    pcd,
    put_on,
    values_of,
)
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def binh(facility: Organization) -> User:
    return make_binh(department())


@pytest.fixture
def stay(facility: Organization) -> Encounter:
    return admit(at=ago(hours=6), bed=make_bed("01"))


@pytest.fixture
def monitor(binh: User) -> Monitor:
    return make_monitor(department(), binh)


def offer(stay: Encounter) -> selectors.Offer | None:
    return selectors.offers_of(stay.facility_id, [stay.pk]).get(stay.pk)


def confirm(stay: Encounter, by: User, **told: Any) -> Any:
    shown = offer(stay)
    assert shown is not None
    told = {"key": shown.key, "said": shown.said} | told
    return services.confirm(encounter=stay, readings=[one.reading.uuid for one in shown.shown], by=by, **told)


def discarded() -> dict[str, int]:
    return dict(DiscardedReadings.objects.values_list("reason", "count"))


def test_what_a_monitor_shows_is_kept_unconfirmed_and_becomes_a_round_by_one_key(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    take(stay, binh, WELL, effective_at=ago(hours=1))
    put_on(monitor, binh, stay=stay)
    before = (Observation.objects.count(), EarlyWarning.objects.count())
    assert state(send(pcd())) == "applied"
    assert (Observation.objects.count(), EarlyWarning.objects.count()) == before, "nobody has confirmed it"
    shown = offer(stay)
    assert shown is not None and shown.monitors == ["Máy MON1"]
    assert [one.words for one in shown.shown] == [
        "82 /ph",
        "36,8 °C",
        "124 mmHg",
        "76 mmHg",
        "18 /ph",
        "97 %",
    ]
    assert set(shown.said) == {"consciousness", "oxygen_flow"}
    recorded = confirm(stay, binh)
    assert recorded.warning is not None and recorded.warning.score == 0
    rows = {row.code: row for row in recorded.observations}
    assert values_of(rows.values()) == {
        "8867-4": "82",
        "8310-5": "36.8",
        "8480-6": "124",
        "8462-4": "76",
        "9279-1": "18",
        "59408-5": "97",
        "67775-7": "0",
        "3151-8": "0",
    }
    assert rows["8867-4"].note == "Từ máy theo dõi Máy MON1"
    assert rows["8867-4"].performer == binh
    source = ConfirmedReading.objects.get(observation=rows["8867-4"])
    assert (source.reading.monitor, source.reading.sent_code) == (monitor, "147842")
    assert ConfirmedReading.objects.count() == 6
    assert offer(stay) is None


def test_confirmed_twice_is_once_and_by_two_is_told(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    put_on(monitor, binh, stay=stay)
    send(pcd(HEART, OXYGEN))
    shown = offer(stay)
    assert shown is not None
    told = {"encounter": stay, "readings": [one.reading.uuid for one in shown.shown], "by": binh}
    first = services.confirm(key=shown.key, **told)
    assert services.confirm(key=shown.key, **told).observations == first.observations
    with pytest.raises(Conflict, match="đã xác nhận"):
        services.confirm(key=uuid.uuid4(), **told)
    assert Observation.objects.count() == 2


def test_an_odd_value_is_asked_about_and_nothing_is_stored_before_the_answer(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    put_on(monitor, binh, stay=stay)
    send(pcd((HEART[0], "190", HEART[2])))
    with pytest.raises(Unusual):
        confirm(stay, binh)
    assert not Observation.objects.exists() and not ConfirmedReading.objects.exists()
    assert confirm(stay, binh, confirmed=True).observations[0].value == 190


def test_one_value_a_minute_is_kept_and_what_is_sent_twice_once(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    put_on(monitor, binh, stay=stay)
    keep_setting(facility=stay.facility, name="monitor_clock_seconds", value=600, by=None)
    at = now().replace(second=0, microsecond=0)
    moments = [at - dt.timedelta(seconds=60), at - dt.timedelta(seconds=30), at]
    for moment, number in zip(moments, ("80", "99", "81"), strict=True):
        send(pcd((HEART[0], number, HEART[2]), at=moment))
    repeated = send(pcd((HEART[0], "81", HEART[2]), at=at))
    assert state(repeated) == "superseded"
    assert [int(row.value) for row in MonitorReading.objects.order_by("pk")] == [80, 81]
    raw = pcd((OXYGEN[0], "96", OXYGEN[2]), control="SAME")
    send(raw)
    assert MonitorReading.objects.filter(code="59408-5").count() == 1
    keep_setting(facility=stay.facility, name="monitor_keep_seconds", value=3600, by=None)
    for moment in moments:
        send(pcd(BREATHING, at=moment))
    hours = {moment.replace(minute=0, second=0) for moment in moments}
    assert MonitorReading.objects.filter(code="9279-1").count() == len(hours)


def test_an_unknown_or_free_monitor_and_a_wrong_clock_are_counted_and_used_for_nobody(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    for _again in range(2):
        sent = send(pcd(monitor="MON9"))
        assert (state(sent), reasons(sent)) == ("superseded", ["monitor_unknown"])
    send(pcd())
    put_on(monitor, binh, stay=stay)
    send(pcd(at=ago(minutes=10)))
    send(pcd(at=now() + dt.timedelta(minutes=10)))
    assert discarded() == {"unknown": 2, "free": 1, "clock": 2}
    assert not MonitorReading.objects.exists() and not DeadLetter.objects.exists()
    monitor.is_active = False
    monitor.save()
    send(pcd())
    assert DiscardedReadings.objects.filter(identifier="MON1", reason="unknown", count=1).exists()
    assert not MonitorReading.objects.exists()


def test_a_monitor_that_names_another_patient_is_not_believed(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    put_on(monitor, binh, stay=stay)
    own = stay.patient.identifiers.get(system=systems.mrn(stay.facility)).value
    assert state(send(pcd(HEART, pid=f"{own}^^^BV99999^MR"))) == "applied"
    other = make_patient("Lê Văn Hùng", sex="male")
    theirs = other.identifiers.get(system=systems.mrn(stay.facility)).value
    for number in (theirs, "KHONGCO1"):
        assert reasons(send(pcd(OXYGEN, pid=f"{number}^^^BV99999^MR"))) == ["monitor_another"]
    assert values_of(MonitorReading.objects.all()) == {"8867-4": "82"}


def test_at_a_bed_it_measures_whoever_lies_there_and_an_empty_bed_nobody(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    put_on(monitor, binh, bed=make_bed("02"))
    assert reasons(send(pcd(HEART))) == ["monitor_nobody"]
    put_on(monitor, binh, bed=make_bed("01"))
    assert state(send(pcd(HEART))) == "applied"
    assert MonitorReading.objects.get().encounter == stay


def test_a_cuff_s_last_value_of_before_is_not_the_next_patient_s(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    put_on(monitor, binh, stay=stay, minutes=5)
    old, new = write_timestamp(ago(minutes=9)), write_timestamp(ago(minutes=2))
    send(pcd(HEART, (*UPPER, old), (*LOWER, old)))
    assert values_of(MonitorReading.objects.all()) == {"8867-4": "82"}
    send(pcd((*UPPER, new), (*LOWER, new)))
    assert values_of(MonitorReading.objects.exclude(code="8867-4")) == {"8480-6": "124", "8462-4": "76"}


@pytest.mark.parametrize(
    "shown",
    [
        (*HEART, "", "INV"),
        (*HEART, "", "~DEMO"),
        (*HEART, "", "", "X"),
        (HEART[0], "0082,5", HEART[2]),
        (HEART[0], "900", HEART[2]),
        (HEART[0], "82", "266016^MDC_DIM_MMHG^MDC"),
        (HEART[0], "82", ""),
        UPPER,
        ("147842^HR^LOCAL", "82", HEART[2]),
    ],
)
def test_what_is_no_measurement_or_cannot_be_read_is_not_kept(
    send: Send, stay: Encounter, binh: User, monitor: Monitor, shown: tuple[str, ...]
) -> None:
    put_on(monitor, binh, stay=stay)
    send(pcd(shown))
    assert not MonitorReading.objects.exists()
    assert discarded() == {"nothing": 1}


def test_units_are_converted_and_the_cuff_goes_before_the_line(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    put_on(monitor, binh, stay=stay)
    line = (("150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC", "150"), ("150038^MDC_PRESS_BLD_ART_ABP_DIA^MDC", "90"))
    send(
        pcd(
            ("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "90", "bpm"),
            (HEART[0], "84", "{beat}/min^beats^UCUM"),
            ("150344^MDC_TEMP^MDC", "100.4", "266560^MDC_DIM_FAHR^MDC"),
            *((code, number, UPPER[2]) for code, number in line),
            (UPPER[0], "16", "265987^MDC_DIM_KILO_PASCAL^MDC"),
            (LOWER[0], "10", "265987^MDC_DIM_KILO_PASCAL^MDC"),
        )
    )
    assert values_of(MonitorReading.objects.all()) == {
        "8867-4": "84",
        "8310-5": "38",
        "8480-6": "120",
        "8462-4": "75",
    }


def test_a_code_nobody_has_mapped_is_listed_once_and_used_when_it_is(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    put_on(monitor, binh, stay=stay)
    own = ("HR-X^Nhịp tim^99MAY", "77", "nhip/phut")
    for _again in range(3):
        send(pcd(own))
    row = NeighbourCode.objects.get()
    assert (row.kind, row.code, row.words, row.seen_count) == ("service", "HR-X", "Nhịp tim", 1)
    map_code(row, mapped_to="8867-4", by=binh)
    send(pcd(own))
    unit = NeighbourCode.objects.get(kind="unit")
    map_code(unit, mapped_to="/min", by=binh)
    send(pcd(own))
    assert values_of(MonitorReading.objects.all()) == {"8867-4": "77"}


def test_two_patients_in_one_message_go_to_the_desk(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    put_on(monitor, binh, stay=stay)
    sent = send(pcd(HEART, more="PID|||BN2"))
    assert (state(sent), DeadLetter.objects.get().reason) == ("dead", "several_patients")
    assert not MonitorReading.objects.exists()


def test_a_monitor_without_a_number_is_known_by_the_place_it_names(
    send: Send, stay: Encounter, binh: User
) -> None:
    monitor = make_monitor(department(), binh, "^^ICU&01")
    put_on(monitor, binh, stay=stay)
    assert state(send(pcd(HEART, monitor="", pv1="^^ICU&01&&"))) == "applied"
    assert reasons(send(pcd(HEART, monitor="", pv1="^^ICU&02"))) == ["monitor_unknown"]


def test_what_monitors_tell_is_nothing_to_reconcile(facility: Organization, monitor: Monitor) -> None:
    names = {neighbour.name for neighbour in neighbours_of(facility.pk)}
    assert "LIS" in names and "MONITOR" not in names


def test_laboratory_results_still_go_to_the_laboratory_s_room(send: Send, facility: Organization) -> None:
    sent = send(pcd(sender="LIS"))
    assert state(sent) != "applied" and not DiscardedReadings.objects.exists()


def test_who_moves_or_leaves_is_taken_off_by_the_fact_itself(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    use = put_on(monitor, binh, stay=stay)
    assert state(send(pcd(HEART))) == "applied"
    visits.move_bed(encounter=stay, bed=make_bed("02"), by=binh)
    # Before anything is delivered: it is free already.
    assert reasons(send(pcd(OXYGEN))) == ["monitor_free"]
    assert selectors.uses_by_stay([stay]) == {}
    deliver_all()
    use.refresh_from_db()
    place = EncounterLocation.objects.get(pk=use.place_id)
    assert (use.end, use.ends_at) == ("moved", place.ends_at)
    second = put_on(monitor, binh, stay=stay, minutes=0)
    discharge(stay)
    deliver_all()
    second.refresh_from_db()
    assert second.end == "left"
    with pytest.raises(DomainError):
        services.attach(monitor=monitor, by=binh, key=uuid.uuid4(), stay=stay)


def test_a_move_that_is_entered_later_takes_what_was_measured_since_from_the_patient(
    send: Send, stay: Encounter, binh: User, monitor: Monitor
) -> None:
    put_on(monitor, binh, bed=make_bed("01"))
    send(pcd(HEART, at=now()))
    shown = offer(stay)
    assert shown is not None
    visits.transfer(encounter=stay, department=department(SURGERY), by=binh, at=ago(minutes=10))
    assert offer(stay) is None
    with pytest.raises(DomainError, match="không còn"):
        services.confirm(
            encounter=stay, readings=[one.reading.uuid for one in shown.shown], by=binh, key=shown.key
        )
    assert not Observation.objects.exists()


class _Undo(Exception):
    """Each example begins anew."""


PATIENTS, BEDS = ("a", "b"), ("01", "02")
ACTS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(PATIENTS)),
    st.tuples(st.just("bed"), st.sampled_from(BEDS)),
    st.tuples(st.just("off"), st.just("")),
    st.tuples(st.just("measure"), st.sampled_from(("0", "40", "-20"))),
    st.tuples(st.just("measure"), st.just("0")),
    st.tuples(
        st.just("move"),
        st.sampled_from([f"{p} {to} {late}" for p in PATIENTS for to in (*BEDS, "-") for late in (0, 3)]),
    ),
    st.tuples(st.just("tell"), st.just("")),
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)
@example(acts=[("bed", "01"), ("measure", "0"), ("move", "a 02 3"), ("move", "a - 3"), ("tell", "")])
@example(
    acts=[
        ("put", "a"),
        ("measure", "0"),
        ("move", "a - 3"),
        ("measure", "0"),
        ("put", "b"),
        ("measure", "40"),
    ]
)
@given(acts=st.lists(ACTS, min_size=6, max_size=14))
def test_whatever_moves_no_value_is_ever_offered_for_another_patient(
    facility: Organization, binh: User, monitor: Monitor, acts: list[tuple[str, str]]
) -> None:
    """The scans are kept beside it: a value is its patient's only where, at the time of measuring and of coming, the last
    scan said so, and where the patient's own path says that they lay there all the while.
    """
    real = timezone.now
    try:
        with transaction.atomic():
            _play(binh, monitor, acts)
            raise _Undo
    except _Undo:
        pass
    finally:
        timezone.now = real


def _play(binh: User, monitor: Monitor, acts: list[tuple[str, str]]) -> None:
    moment = now().replace(microsecond=0) - dt.timedelta(minutes=80)
    start = moment - dt.timedelta(hours=2)
    stays = {
        "a": admit(at=start, bed=make_bed("01")),
        "b": admit(make_patient("Lê Văn Hùng", sex="male"), at=start, bed=make_bed("02")),
    }
    scans: list[tuple[dt.datetime, str]] = []
    came: dict[int, dt.datetime] = {}
    for kind, what in acts:
        moment += dt.timedelta(minutes=2)
        timezone.now = lambda at=moment: at  # type: ignore[misc]
        try:
            if kind == "put":
                services.attach(monitor=monitor, by=binh, key=uuid.uuid4(), stay=stays[what])
                scans.append((moment, what))
            elif kind == "bed":
                services.attach(monitor=monitor, by=binh, key=uuid.uuid4(), bed=make_bed(what))
                scans.append((moment, what))
            elif kind == "off":
                services.detach(monitor=monitor, by=binh)
                scans.append((moment, ""))
            elif kind == "move":
                who, to, late = what.split()
                at = moment - dt.timedelta(minutes=int(late))
                bed = None if to == "-" else make_bed(to)
                visits.transfer(
                    encounter=stays[who],
                    department=department(SURGERY) if to == "-" else department(),
                    bed=bed,
                    by=binh,
                    at=at,
                )
            elif kind == "tell":
                for stay in stays.values():
                    services.end_uses_of(encounter_id=stay.pk)
            else:
                raw = pcd(HEART, at=moment - dt.timedelta(seconds=int(what)))
                message = _message(monitor, raw, moment)
                apply_readings(message)
                came[message.pk] = moment
        except DomainError:
            continue
        for stay in stays.values():
            _judge(stay, scans, came)


def _message(monitor: Monitor, raw: bytes, at: dt.datetime) -> Message:
    message = Message.objects.create(
        facility=monitor.facility, channel=monitor.channel, received_at=at, peer_address="127.0.0.1", raw=raw,
        sha256=str(uuid.uuid4()), size=len(raw), control_id="1", message_type="ORU^R01", duplicate_key=str(uuid.uuid4()),
        reply=b"",
    )  # fmt: skip
    MessageState.objects.create(message=message, changed_at=at)
    return message


def _judge(stay: Encounter, scans: list[tuple[dt.datetime, str]], came: dict[int, dt.datetime]) -> None:
    shown = offer(stay)
    path = list(EncounterLocation.objects.filter(encounter=stay, cancelled_at=None))
    name = "a" if stay.patient.full_name != "Lê Văn Hùng" else "b"
    for one in shown.shown if shown else []:
        taken, arrived = one.reading.observed_at, came[one.reading.message_id]
        first, last = min(taken, arrived), max(taken, arrived)
        target = max(scan for scan in scans if scan[0] <= last)[1]
        scanned_at, before = max(scan for scan in scans if scan[0] <= first)
        assert before == target, "another scan came between"
        [there] = [p for p in path if p.starts_at <= taken and (p.ends_at is None or p.ends_at > taken)]
        if target in BEDS:
            assert there.location is not None and there.location.code == target
        else:
            assert target == name
            # Nobody moved the patient between the scan and the value: as it stands now.
            assert there.starts_at <= scanned_at
