"""The pages of the round: who may, what is asked, what is kept of what was typed, and how many queries a ward costs."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from emr.accounts.models import User
from emr.common.clock import now
from encounters.monitoring import services
from encounters.monitoring.models import EarlyWarning, FluidEntry, WarningResponse
from encounters.monitoring.selectors import sheet_of
from encounters.results.models import Observation
from encounters.results.services import Unusual
from encounters.visits import services as visits
from encounters.visits.models import Encounter
from tests.emr.people import make_an, make_binh, make_chi
from tests.encounters.monitoring.rounds import ILL, UNWELL, WELL, take
from tests.encounters.visits.ward import SURGERY, admit, ago, department, make_bed, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
TYPED = {
    "pulse": "122",
    "temperature": "38,6",
    "systolic": "98/60",
    "respiration": "26",
    "oxygen": "90",
    "consciousness": "0",
    "oxygen_flow": "3",
}


def page(name: str, *args: Any) -> str:
    return reverse(f"encounters:monitoring:{name}", args=args)


@pytest.fixture
def binh() -> User:
    return make_binh(department())


@pytest.fixture
def stay() -> Encounter:
    return admit(at=ago(hours=6), bed=make_bed("01"))


def typed(**more: str) -> dict[str, str]:
    return TYPED | {"batch": str(uuid.uuid4())} | more


def test_the_score_is_shown_before_anything_is_saved(binh: User, stay: Encounter) -> None:
    client = signed_in(binh)
    answer = client.post(page("preview", stay.uuid), typed())
    assert "NEWS2 13" in answer.content.decode()
    part = client.post(page("preview", stay.uuid), {"pulse": "80", "temperature": "nóng"})
    words = part.content.decode()
    assert "NEWS2" not in words and "SpO2" in words
    assert not Observation.objects.exists()


def test_a_line_is_saved_by_itself_and_asks_with_all_that_was_typed(binh: User, stay: Encounter) -> None:
    client, key = signed_in(binh), str(uuid.uuid4())
    odd = typed(batch=key, pulse="190")
    asked = client.post(page("line", stay.uuid), odd, headers={"HX-Request": "true"})
    assert asked.status_code == 422
    words = asked.content.decode()
    assert 'value="190"' in words and 'value="38,6"' in words and key in words and 'name="confirmed"' in words
    assert not Observation.objects.exists()
    for _again in range(2):
        saved = client.post(page("line", stay.uuid), odd | {"confirmed": "1"}, headers={"HX-Request": "true"})
        assert saved.status_code == 200
    assert EarlyWarning.objects.get().score == 14
    assert key not in saved.content.decode()
    broken = client.post(page("line", stay.uuid), typed(pulse="tám"), headers={"HX-Request": "true"})
    assert broken.status_code == 422 and "tám" in broken.content.decode()


def test_what_waited_for_the_network_was_taken_when_it_was_sent_first(binh: User, stay: Encounter) -> None:
    client, key = signed_in(binh), str(uuid.uuid4())
    few = {"batch": key, "temperature": "38,9", "consciousness": "0", "was_consciousness": "0"}
    few |= {"oxygen_flow": "0", "was_oxygen_flow": "0", "waited": "1200"}
    assert client.post(page("line", stay.uuid), few, headers={"HX-Request": "true"}).status_code == 200
    [row] = Observation.objects.all()
    assert dt.timedelta(minutes=19) < now() - row.effective_at < dt.timedelta(minutes=21)
    # The answer was lost, and somebody found the patient confused meanwhile: the repetition is still the same.
    take(stay, binh, WELL | {"consciousness": Decimal(1), "temperature": Decimal("38.8")})
    again = client.post(page("line", stay.uuid), few | {"waited": "1300"}, headers={"HX-Request": "true"})
    assert again.status_code == 200
    assert Observation.objects.count() == 1 + len(WELL)
    visits.transfer(encounter=stay, department=department(SURGERY), by=None)
    moved = client.post(page("line", stay.uuid), few | {"waited": "1400"}, headers={"HX-Request": "true"})
    assert moved.status_code == 200 and Observation.objects.count() == 1 + len(WELL)


def test_what_was_measured_before_the_patient_moved_is_taken_from_the_old_ward(
    binh: User, stay: Encounter
) -> None:
    client = signed_in(binh)
    visits.transfer(encounter=stay, department=department(SURGERY), by=None)
    early = timezone.localtime(ago(hours=2)).strftime("%d/%m/%Y %H:%M")
    gone = client.post(page("line", stay.uuid), typed(effective_at=early), headers={"HX-Request": "true"})
    assert gone.status_code in {200, 422}
    assert EarlyWarning.objects.count() == 1
    later = client.post(page("line", stay.uuid), typed(), headers={"HX-Request": "true"})
    assert later.status_code == 403
    assert EarlyWarning.objects.count() == 1


def test_only_the_own_ward_is_shown_and_only_a_doctor_answers(binh: User, stay: Encounter) -> None:
    warning = take(stay, binh, ILL).warning
    assert warning is not None
    nurse, chi = signed_in(binh), signed_in(make_chi())
    assert nurse.get(page("index")).url == page("grid", department().uuid)  # type: ignore[attr-defined]
    assert nurse.get(page("grid", department(SURGERY).uuid)).status_code == 404
    assert chi.get(page("patient", stay.uuid)).status_code == 404
    answer = {"key": str(uuid.uuid4()), "text": "Thở oxy", "cover_minutes": "60"}
    assert nurse.post(page("respond", warning.uuid), answer).status_code == 403
    assert chi.post(page("respond", warning.uuid), answer).status_code == 404
    doctor = signed_in(make_an(department()))
    assert doctor.post(page("respond", warning.uuid), answer | {"text": " "}).status_code == 422
    assert doctor.post(page("respond", warning.uuid), answer | {"key": ""}).status_code == 422
    assert 'name="key"' in doctor.get(page("patient", stay.uuid)).content.decode()
    for _again in range(2):
        assert doctor.post(page("respond", warning.uuid), answer).status_code == 302
    assert WarningResponse.objects.count() == 1
    assert "Thở oxy" in doctor.get(page("patient", stay.uuid)).content.decode()
    told = {"key": str(uuid.uuid4()), "scale": "NEWS2", "oxygen_scale": "2"}
    assert nurse.post(page("scale", stay.uuid), told | {"reason": "COPD"}).status_code == 403
    assert doctor.post(page("scale", stay.uuid), told).status_code == 422
    assert doctor.post(page("scale", stay.uuid), told | {"reason": "COPD"}).status_code == 302


def test_a_full_ward_costs_as_many_queries_as_one_bed(
    binh: User, stay: Encounter, django_assert_num_queries: Any
) -> None:
    client = signed_in(binh)
    take(stay, binh, UNWELL)
    client.get(page("grid", department().uuid))

    def queries() -> int:
        with django_assert_num_queries(QUERIES) as found:
            assert client.get(page("grid", department().uuid)).status_code == 200
        return len(found)

    queries()
    for number in range(12):
        other = admit(make_patient(f"Người {number}"), at=ago(hours=5), bed=make_bed(f"{number + 2:02}"))
        take(other, binh, (WELL, UNWELL, ILL)[number % 3], effective_at=ago(hours=1))
    queries()
    shown = client.get(page("grid", department().uuid)).content.decode()
    assert shown.count("data-round-line") == 13
    client.post(page("grid", department().uuid), {"q": "nguoi 7"})
    assert client.get(page("grid", department().uuid)).content.decode().count("data-round-line") == 1


QUERIES = 17


def test_a_sheet_reads_its_own_ten_days(binh: User, django_assert_num_queries: Any) -> None:
    stay = admit(at=ago(days=60), late_reason="Nhập lại")
    for day in range(59, 0, -3):
        take(
            stay,
            binh,
            WELL | {"weight": Decimal(50)},
            effective_at=ago(days=day),
            late_reason="Nhập lại",
        )
    take(stay, binh, {"temperature": Decimal("41.6"), "pulse": Decimal(30)}, late_reason="Nhập lại")
    with django_assert_num_queries(1):
        last = sheet_of(stay)
    assert (last.number, last.count) == (7, 7)
    [off] = [dot for dot in last.curves[1].dots if dot.is_off]
    assert (off.words, off.y) == ("41,6", last.scale[-1][0])
    assert last.bold_y == pytest.approx(
        last.scale[0][0] + (last.scale[-1][0] - last.scale[0][0]) * 2 / 6, abs=0.1
    )
    assert [label for _y, *label in last.scale][::6] == [["40", "35"], ["160", "41"]]
    first = sheet_of(stay, 1)
    assert len(first.days) == 10 and len(first.halves) == 20
    assert first.days[0][1] == timezone.localdate(stay.begins_at)
    assert any(words == "120/75" for _x, words in first.rows[0].cells)
    assert any(words == "50,0" for _x, words in first.rows[1].cells)
    client = signed_in(binh)
    assert client.get(page("chart", stay.uuid) + "?sheet=3").status_code == 200
    assert client.get(page("chart", stay.uuid) + "?sheet=x9").status_code == 200


def test_what_is_taken_beside_a_round_is_shown_and_can_be_corrected(binh: User, stay: Encounter) -> None:
    more = {"pain": Decimal(7), "glucose": Decimal("17.2"), "consciousness": Decimal(2)}
    take(stay, binh, more | {"eyes": Decimal(3), "speech": Decimal(4), "movement": Decimal(6)})
    client = signed_in(binh)
    shown = client.get(page("patient", stay.uuid)).content.decode()
    assert "13 /15" in shown and "7 /10" in shown and "17,2" in shown
    table = client.get(reverse("encounters:results:vital_signs", args=[stay.uuid])).content.decode()
    assert "17,2</button>" in table and "Đáp ứng lời</button>" in table


def test_fluids_add_up_by_shift_and_day_and_are_stored_once(binh: User) -> None:
    stay = admit(at=ago(days=3), late_reason="Nhập lại")
    day = timezone.localdate() - dt.timedelta(days=2)

    def at(hour: int, minute: int = 0, later: int = 0) -> dt.datetime:
        return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=later), dt.time(hour, minute)))

    def amount(kind: str, volume: int, when: dt.datetime, **told: Any) -> FluidEntry:
        told = {"key": uuid.uuid4(), "late_reason": "Nhập lại"} | told
        return services.record_fluid(
            encounter=stay, kind=kind, volume=volume, by=binh, happened_at=when, **told
        )

    key = uuid.uuid4()
    for _again in range(2):
        amount("in-infusion", 500, at(6), key=key)
    amount("in-drink", 200, at(13, 59))
    amount("out-urine", 300, at(14))
    night = amount("out-urine", 250, at(5, 59, later=1))
    amount("in-drink", 999, at(6, later=1))  # the next day's
    with pytest.raises(Unusual):
        amount("in-infusion", 5000, at(8))
    client = signed_in(binh)
    address = page("fluids", stay.uuid) + f"?day={day.isoformat()}"
    balance = client.get(address).context["balance"]
    assert (balance.total_in, balance.total_out) == ((700, 0, 0, 700), (0, 300, 250, 550))
    assert balance.net == (700, -300, -250, 150)
    fix = {"key": str(uuid.uuid4()), "volume": "200", "reason": "Đọc nhầm"}
    for _again in range(2):
        assert client.post(page("correct_fluid", night.uuid), fix).status_code == 302
    assert client.get(address).context["balance"].total_out == (0, 300, 200, 500)
    assert FluidEntry.objects.get(pk=night.pk).volume == 250
    refused = client.post(page("correct_fluid", night.uuid), fix | {"key": str(uuid.uuid4())})
    assert refused.status_code == 422
    late = {"key": str(uuid.uuid4()), "kind": "in-drink", "volume": "150", "happened_at": ""}
    assert client.post(page("fluids", stay.uuid), late | {"volume": "9000"}).status_code == 422
    for _again in range(2):
        assert client.post(page("fluids", stay.uuid), late).status_code == 302
    assert FluidEntry.objects.filter(volume=150, happened_at__lte=now()).count() == 1
