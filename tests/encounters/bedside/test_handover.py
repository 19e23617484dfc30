"""Hand-over 44/BV2: made of what happened in the shift, signed by one nurse, taken over by another."""

import io
import uuid
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from emr.common.errors import Conflict, DomainError
from encounters.bedside import services
from encounters.bedside.models import Handover
from encounters.documents.models import Document
from encounters.results.services import record_vital_signs
from patients.history.services import record_allergy
from tests.emr.people import make_user
from tests.encounters.bedside.world import at, care, clock, dressing, make_world, this_shift, tick
from tests.encounters.chart import deliver_all
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
