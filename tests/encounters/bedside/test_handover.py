"""Hand-over 44/BV2: made of what happened in the shift, signed by one nurse, taken over by another."""

import io
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.common.errors import Conflict, DomainError
from encounters.bedside import services
from encounters.bedside.models import Handover
from encounters.bedside.selectors.handovers import facts_of
from encounters.documents.models import Document
from encounters.medicines.services import not_given, note_step
from encounters.monitoring.services import record_fluid
from encounters.orders.services import load_shipped
from encounters.results.services import record_vital_signs
from encounters.visits.models import Encounter
from patients.history.services import record_allergy
from tests.emr.people import make_user
from tests.encounters.bedside.world import at, care, clock, dressing, make_world, this_shift, tick
from tests.encounters.chart import deliver_all
from tests.encounters.medicines.doses import give as give_medicine
from tests.encounters.medicines.doses import key, once
from tests.encounters.monitoring.rounds import ILL, take
from tests.encounters.visits.ward import department, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning() -> Any:
    call_command("load_bedside_forms", stdout=io.StringIO())
    with clock():
        yield


def give(stay: Any, by: Any, **told: Any) -> Handover:
    usual = {"shift": this_shift(), "situation": "Tỉnh, còn ho.", "to_do": "Đo SpO2", "key": uuid.uuid4()}
    return services.hand_over(encounter=stay, by=by, **usual | told)


def test_the_form_says_what_happened_in_the_shift_and_stays_as_it_was() -> None:
    an, binh, stay = make_world()
    record_allergy(patient=stay.patient, substance="Penicillin", by=an)
    services.set_precaution(encounter=stay, kind="fall", by=binh)
    record_vital_signs(encounter=stay, values={"pulse": 88}, by=binh, effective_at=at("08:00"))
    done, left = care(stay, an), dressing(stay, an, occurrence_at=at("10:00"))
    owed = care(stay, an, "Theo dõi nước tiểu", category="monitoring", frequency="4 lần/ngày")
    tick(done, at("06:00"), binh)
    tick(left, at("10:00"), binh, outcome="not-done", reason="refused")
    row = give(stay, binh)
    document = row.document
    document.refresh_from_db()
    said = document.current_version.composition["sections"]["handover"]
    assert (document.code, document.status, document.author) == ("44/BV2", Document.Status.FINAL, binh)
    assert said["allergies"] == ["Penicillin"]
    assert said["precautions"] == ["Nguy cơ ngã"]
    assert "88" in said["signs"][0]
    assert ["Chăm sóc cấp II" in line for line in said["done"]] == [True]
    assert "Người bệnh từ chối" in said["not_done"][0]
    assert owed.text in said["owed"][0]
    assert len(said["orders"]) == 3
    assert (said["situation"], said["shift"]) == ("Tỉnh, còn ho.", "Sáng")
    with clock("11:00"):
        tick(owed, at("12:00"), binh)  # afterwards: the version is what it was
    document.current_version.refresh_from_db()
    assert document.current_version.composition["sections"]["handover"]["owed"] == said["owed"]
    deliver_all()
    assert document.current_version.bytes.count() == 1


def _work(stay: Any, an: Any, binh: Any) -> None:
    """Doses given, left out and owed, an infusion that runs, fluids, a score, pain and glucose, a wound."""
    with clock("06:00"):
        record_fluid(encounter=stay, kind="out-urine", volume=250, by=binh, key=uuid.uuid4())
    with clock("07:00"):
        once(stay, an, text="Furosemid 20 mg", minutes=60)
        run = once(stay, an, text="Glucose 5% 500 mL", route="IVI", rate="30 giọt/phút")
        give_medicine(once(stay, an, text="Omeprazol 40 mg"), binh)
        not_given(
            dose=once(stay, an, text="Bisacodyl 5 mg"), reason="refused", told=key(), by=binh, text="buồn nôn"
        )
        once(stay, an, text="Thuốc của ca sau", minutes=8 * 60)
    with clock("08:00"):
        give_medicine(run, binh)
        take(stay, binh, ILL, effective_at=at("08:00"))
        record_fluid(encounter=stay, kind="in-infusion", volume=500, by=binh, key=uuid.uuid4())
        record_fluid(encounter=stay, kind="in-drink", volume=200, by=binh, key=uuid.uuid4())
    with clock("09:00"):
        take(stay, binh, {"pain": Decimal(4), "glucose": Decimal("12.4")}, effective_at=at("09:00"))
        wound = services.find_wound(
            encounter=stay, kind="surgical", site="abdomen", by=binh, key=uuid.uuid4()
        )
        services.assess_wound(
            wound=wound, by=binh, key=uuid.uuid4(), happened_at=at("09:00"), treatment="thay băng"
        )


def test_the_next_nurse_hears_of_medicines_fluids_score_and_wounds() -> None:
    an, binh, stay = make_world()
    load_shipped(facility=stay.facility)
    _work(stay, an, binh)
    document = give(stay, binh).document
    document.refresh_from_db()
    said = document.current_version.composition["sections"]["handover"]
    assert said["given"] == ["07:00 Omeprazol 40 mg: 1 lo, IV · Trần Thị Bình"]
    [left] = said["left_out"]
    assert "Bisacodyl 5 mg: Người bệnh từ chối; buồn nôn" in left
    [owed] = said["doses_owed"]
    assert owed.startswith(f"08:00 {at('08:00'):%d/%m} Furosemid 20 mg")
    assert said["infusions"] == [f"Glucose 5% 500 mL: đang truyền 30 giọt/phút từ 08:00 {at('08:00'):%d/%m}"]
    assert said["fluids"].startswith("Vào 700 mL (")
    assert said["fluids"].endswith("; ra 250 mL (Nước tiểu 250); bilan +450 mL")
    assert (said["score"], said["score_level"]) == (
        f"NEWS2 13 điểm, ĐỎ, lúc 08:00 {at('08:00'):%d/%m}",
        "high",
    )
    assert [line.split(": ")[1] for line in said["measured"] if "9:00" in line] == [
        "09:00 4/10",
        "09:00 12,4 mmol/L",
    ]
    assert len(said["signs"]) == 1  # pain and glucose alone are no round
    [wound] = said["wounds"]
    assert "thay băng" in wound
    page = signed_in(binh).get(reverse("encounters:bedside:hand_over", args=[stay.uuid])).content.decode()
    for words in (*said["given"], said["fluids"], said["score"], 'class="warn-high"'):
        assert words in page


def test_what_was_begun_before_the_shift_and_ended_in_it_is_said_once() -> None:
    an, binh, stay = make_world()
    with clock("05:30"):
        row = give_medicine(once(stay, an, text="Ringer 500 mL", route="IVI"), binh)
    with clock("07:10"):
        note_step(administration=row, kind="end", told=key(), by=binh, volume_ml=Decimal(480))
    said = facts_of(stay, this_shift())
    assert said["infusions"] == ["Ringer 500 mL: hết lúc 07:10, vào 480 mL"]
    assert said["given"] == []


def test_a_hand_over_costs_the_same_after_a_busy_shift() -> None:
    an, binh, stay = make_world()
    load_shipped(facility=stay.facility)
    _work(stay, an, binh)
    shift, stays = this_shift(), Encounter.objects.select_related("patient")
    fresh = stays.get(pk=stay.pk)
    with CaptureQueriesContext(connection) as once_worked:
        facts_of(fresh, shift)
    _work(stay, an, binh)
    _work(stay, an, binh)
    fresh = stays.get(pk=stay.pk)
    with CaptureQueriesContext(connection) as thrice:
        facts_of(fresh, shift)
    assert len(thrice) == len(once_worked) <= 20


def test_one_key_one_handover_and_nothing_without_words() -> None:
    _an, binh, stay = make_world()
    key = uuid.uuid4()
    first = give(stay, binh, key=key)
    assert give(stay, binh, key=key) == first
    assert Document.objects.filter(code="44/BV2").count() == 1
    lan = make_user("lan", "Vũ Thị Lan", "nurse", department())
    with pytest.raises(Conflict):
        give(stay, lan, key=key)
    with pytest.raises(DomainError) as empty:
        give(stay, binh, situation="  ")
    assert empty.value.code == "situation_missing"


def test_another_nurse_takes_over_and_the_first_has_it() -> None:
    _an, binh, stay = make_world()
    row = give(stay, binh)
    lan, mai = (
        make_user(name, full, "nurse", department())
        for name, full in (("lan", "Vũ Thị Lan"), ("mai", "Hồ Thị Mai"))
    )
    with pytest.raises(DomainError) as same:
        services.take_over(handover=row, by=binh)
    assert same.value.code == "same_person"
    assert services.take_over(handover=row, by=lan).received_by == lan
    assert services.take_over(handover=row, by=lan).received_by == lan
    with pytest.raises(Conflict, match="Vũ Thị Lan"):
        services.take_over(handover=row, by=mai)


def test_the_pages() -> None:
    _an, binh, stay = make_world()
    lan = make_user("lan", "Vũ Thị Lan", "nurse", department())
    client = signed_in(binh)
    address = reverse("encounters:bedside:hand_over", args=[stay.uuid])
    assert client.get(address).status_code == 200
    assert client.get(address + "?of=before").status_code == 200
    lost = client.post(address, {"key": str(uuid.uuid4()), "situation": "", "to_do": "Nhớ đo SpO2"})
    assert lost.status_code == 422
    assert "Nhớ đo SpO2" in lost.content.decode()
    kept = client.post(address, {"key": str(uuid.uuid4()), "situation": "Ổn định"}, follow=True)
    assert "chờ điều dưỡng nhận" in kept.content.decode()
    row = Handover.objects.get()
    other = signed_in(lan)
    assert (
        "Tôi nhận"
        in other.get(reverse("encounters:bedside:handovers", args=[department().uuid])).content.decode()
    )
    other.post(reverse("encounters:bedside:take_over", args=[row.uuid]))
    row.refresh_from_db()
    assert row.received_by == lan
    body = client.get(reverse("encounters:bedside:handover_body", args=[row.document.uuid]))
    assert "Ổn định" in body.content.decode()
