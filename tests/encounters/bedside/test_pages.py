"""The pages: the ward bed by bed within its queries and bytes, the patient's page, one line an action."""

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from encounters.bedside import identity, services
from encounters.bedside.models import Assignment, Execution, Look, Precaution
from encounters.orders.models import ServiceRequest
from encounters.orders.services import load_shipped
from encounters.visits.models import Encounter
from patients.history.services import record_allergy
from patients.registry.models import Identifier
from tests.emr.people import make_chi
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
from tests.encounters.medicines.doses import give, once
from tests.encounters.monitoring.rounds import ILL, UNWELL, WELL, take
from tests.encounters.visits.ward import department, signed_in

pytestmark = pytest.mark.django_db
MOST_QUERIES, FIRST_BYTES, ACTION_BYTES, BEDS = 12, 200_000, 5_000, 60
TASKS = (
    ("Chăm sóc cấp II", ""),
    ("Theo dõi mạch", "mỗi 2 giờ"),
    ("Đo nước tiểu", ""),
    ("Xoay trở", "mỗi 4 giờ"),
)


@pytest.fixture(autouse=True)
def morning() -> Any:
    with clock() as frozen:
        yield frozen


def page(name: str, *args: object) -> str:
    return reverse(f"encounters:bedside:{name}", args=args)


def main(html: str) -> str:
    return html.split("<main")[1]


def number_of(stay: Encounter) -> str:
    return Identifier.objects.get(patient=stay.patient, is_own=True).value


def fragment(client: Client, request: ServiceRequest, stay: Encounter, by: Any, **told: str) -> Any:
    usual = {
        "slot_at": at("06:00").isoformat(),
        "outcome": "done",
        "key": str(uuid.uuid4()),
        "happened_at": now().isoformat(),
        "identity": identity.prove(user=by, encounter=stay, how="scan"),
    }
    return client.post(page("tick", request.uuid), usual | told, headers={"X-Fragment": "1"})


def _fill(request: ServiceRequest, binh: User) -> None:
    """The ward's other beds; their orders as rows, since what a page costs doesn't depend on how they came."""
    orders, precautions = [], []
    for number in range(2, BEDS + 1):
        other = neighbour(f"Người Bệnh Thứ {number}", f"{number:02}")
        whose = {"facility_id": other.facility_id, "encounter": other, "patient_id": other.patient_id}
        for position, (text, frequency) in enumerate(TASKS):
            orders.append(
                ServiceRequest(
                    **whose,
                    entry=request.entry,
                    position=position,
                    category="care-level" if "cấp" in text else "monitoring",
                    text=text,
                    frequency=frequency,
                    status="active",
                    requester=request.requester,
                    confirmed_by=request.requester,
                    confirmed_at=now(),
                    placer_number=f"T{number}-{position}",
                )
            )
        precautions.append(Precaution(**whose, kind="fall", set_by=binh))
    ServiceRequest.objects.bulk_create(orders)
    Precaution.objects.bulk_create(precautions)


def test_a_ward_of_sixty_costs_no_more_queries_than_of_one_and_stays_small() -> None:
    an, binh, stay = make_world()
    request = care(stay, an)
    once(stay, an, minutes=20)
    client = signed_in(binh)
    client.get(page("ward"))
    with CaptureQueriesContext(connection) as one:
        client.get(page("ward"))
    _fill(request, binh)
    with CaptureQueriesContext(connection) as sixty:
        answer = client.get(page("ward"))
    assert answer.content.decode().count('<li class="bed-row') == BEDS
    assert len(sixty) == len(one)
    # The savepoint (two statements) stands here for the request's own transaction.
    told = [q["sql"][:200] for q in sixty.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(told) <= MOST_QUERIES, "\n".join(told)
    assert len(answer.content) <= FIRST_BYTES


def test_beds_in_order_with_what_must_be_known() -> None:
    an, binh, stay = make_world()
    hoa = neighbour(bed="02")
    record_allergy(patient=hoa.patient, substance="Penicillin", by=an)
    services.set_precaution(encounter=hoa, kind="airborne", by=binh)
    request = care(hoa, an)
    tick(request, at("06:00"), binh)
    services.assign_patients(
        stays=[hoa], nurse=binh, department=department(), shift=this_shift(), by=make_thu()
    )
    client = signed_in(binh)
    html = main(client.get(page("ward")).content.decode())
    assert html.index(stay.patient.full_name.upper()) < html.index("TRẦN THỊ HOA")
    for words in ("Penicillin", "Cách ly đường không khí", "1 y lệnh mới", "Ca: Sáng", "Trần Thị Bình"):
        assert words in html
    for chip, shown in (("mine", {"HOA"}), ("overdue", set()), ("news", {"HOA"}), ("all", {"HOA", "ĐÀO"})):
        client.post(page("ward"), {"chip": chip, "q": ""})
        html = main(client.get(page("ward")).content.decode())
        assert {name for name in ("HOA", "ĐÀO") if f" {name}<" in html} == shown, chip
    client.post(page("ward"), {"chip": "all", "q": "hoa 02"})
    html = main(client.get(page("ward")).content.decode())
    assert "TRẦN THỊ HOA" in html
    assert stay.patient.full_name.upper() not in html
    client.post(page("ward"), {"chip": "all", "q": "khong ai"})
    assert "bed-row" not in main(client.get(page("ward")).content.decode())


def _bed(client: Client, stay: Encounter) -> list[str]:
    """[the colour's class, what comes next, the score] of a patient on the ward's page."""
    html = main(client.get(page("ward")).content.decode())
    [row] = [part for part in html.split("<li ")[1:] if str(stay.uuid) in part]
    asked = (r'class="bed-row ?([^"]*)"', r'bed-next">(.*?)</span>', r'bed-warn">(.*?)</span>')
    found = [re.search(pattern, row) for pattern in asked]
    return [re.sub("<[^>]+>", "", match[1]) if match else "?" for match in found]


def test_a_dose_comes_next_where_it_is_due_first_and_the_score_has_its_colour() -> None:
    an, binh, stay = make_world()
    load_shipped(facility=stay.facility)
    client = signed_in(binh)
    assert _bed(client, stay) == ["", "", ""]
    care(stay, an)  # for the whole shift, which began at six
    once(stay, an, minutes=24 * 60)  # of tomorrow
    assert _bed(client, stay)[1] == "06:00 Chăm sóc cấp II"
    later = once(stay, an, minutes=60)
    assert _bed(client, stay)[1] == "06:00 Chăm sóc cấp II"
    due = once(stay, an)
    assert _bed(client, stay)[1] == "10:30 Thuốc"
    give(due, binh)
    give(later, binh)
    assert _bed(client, stay)[1] == "06:00 Chăm sóc cấp II"
    with clock("07:00"):
        once(stay, an, minutes=60)
    care(stay, an, "Theo dõi mạch", category="monitoring", frequency="mỗi 2 giờ")  # 12:00 on
    assert _bed(client, stay)[1] == "08:00 Thuốc"
    for at_hour, values, level, score in (
        ("08:00", WELL, "warn-none", "0"), ("09:00", UNWELL, "warn-medium", "5"), ("10:00", ILL, "warn-high", "13"),
    ):  # fmt: skip
        take(stay, binh, values, effective_at=at(at_hour))
        assert _bed(client, stay) == [level, "08:00 Thuốc", score]


def test_a_scan_opens_and_identifies_a_tap_opens_alone() -> None:
    an, binh, stay = make_world()
    care(stay, an)
    hoa = neighbour()
    client = signed_in(binh)
    html = client.get(page("patient", stay.uuid)).content.decode()
    assert "data-entry" not in html
    assert "Chưa thể đánh dấu" in html
    answer = client.post(page("scan"), {"code": number_of(stay)}, follow=True)
    assert "data-entry" in answer.content.decode()
    wrong = client.post(page("identify", stay.uuid), {"code": hoa.identifier})
    assert wrong.status_code == 409
    assert "SAI NGƯỜI BỆNH" in wrong.content.decode()
    assert "data-entry" not in client.get(page("patient", stay.uuid)).content.decode()
    assert AuditEvent.objects.filter(action="bedside.wrong_patient").count() == 1
    assert client.post(page("identify", stay.uuid), {"code": "khongco"}).status_code == 422
    asked = client.post(page("identify", stay.uuid), {"asked": "1"}, follow=True)
    assert "data-entry" in asked.content.decode()
    assert "data-entry" not in client.get(page("patient", hoa.uuid)).content.decode()


def test_a_tick_answers_one_small_line_and_the_same_key_the_same() -> None:
    an, binh, stay = make_world()
    request, key = care(stay, an), str(uuid.uuid4())
    client = signed_in(binh)
    first = fragment(client, request, stay, binh, key=key)
    assert first.status_code == 200
    assert len(first.content) <= ACTION_BYTES
    assert "Trần Thị Bình" in first.content.decode()
    again = fragment(client, request, stay, binh, key=key)
    assert again.status_code == 200
    assert Execution.objects.count() == 1
    second = fragment(signed_in(make_thu()), request, stay, Execution.objects.get().performer)
    assert second.status_code == 409


def test_the_form_of_one_patient_never_writes_on_another() -> None:
    an, binh, stay = make_world()
    hoa = neighbour()
    request = care(hoa, an)
    client = signed_in(binh)
    answer = fragment(client, request, stay, binh)  # the proof is of the other bed
    assert answer.status_code == 409
    assert "SAI NGƯỜI BỆNH" in answer.content.decode()
    assert fragment(client, request, hoa, binh, identity="").status_code == 409
    assert not Execution.objects.exists()


def test_what_isnt_right_yet_comes_back_as_it_was_typed() -> None:
    an, binh, stay = make_world()
    request = care(stay, an)
    client = signed_in(binh)
    answer = fragment(client, request, stay, binh, outcome="not-done", reason="other", note="")
    assert answer.status_code == 422
    assert 'value="other" selected' in answer.content.decode()
    assert fragment(client, request, stay, binh, key="x").status_code == 422
    assert fragment(client, request, stay, binh, slot_at="gestern").status_code == 422
    plain = client.post(page("tick", request.uuid), {"outcome": "done"}, follow=True)  # without our script
    assert plain.redirect_chain
    assert not Execution.objects.exists()


def test_precautions_news_and_taking_back_on_the_patients_page() -> None:
    an, binh, stay = make_world()
    request = dressing(stay, an)
    client = signed_in(binh)
    client.post(page("identify", stay.uuid), {"asked": "1"})
    assert client.post(page("add_precaution", stay.uuid), {"kind": "contact"}).status_code == 302
    assert client.post(page("add_precaution", stay.uuid), {"kind": "x", "note": "ghi"}).status_code == 422
    html = client.get(page("patient", stay.uuid)).content.decode()
    assert "Cách ly tiếp xúc" in html
    assert "Y lệnh mới" in html
    client.post(page("stop_precaution", Precaution.objects.get().uuid))
    assert client.post(page("seen", stay.uuid), {"made_at": "x"}).status_code == 400
    client.post(page("seen", stay.uuid), {"made_at": now().isoformat()})
    assert Look.objects.get().seen_at == now()
    assert "Thay băng" in main(client.get(page("patient", stay.uuid)).content.decode())
    done = tick(request, at("10:30"), binh)
    told = {"key": str(uuid.uuid4()), "note": ""}
    sent = {"headers": {"X-Fragment": "1"}}
    assert client.post(page("take_back", done.uuid), told, **sent).status_code == 422
    assert client.post(page("take_back", done.uuid), told | {"note": "Nhầm"}, **sent).status_code == 200
    assert client.post(page("take_back", done.uuid), told | {"note": "Nhầm"}, **sent).status_code == 200
    late = {"key": str(uuid.uuid4()), "note": "Nữa"}
    assert client.post(page("take_back", done.uuid), late, **sent).status_code == 409


def test_the_head_nurses_page() -> None:
    _an, binh, stay = make_world()
    thu = signed_in(make_thu())
    address = page("assign", department().uuid)
    assert "chưa có điều dưỡng" in thu.get(address).content.decode()
    told = {"stay": [str(stay.uuid)], "nurse": str(binh.uuid), "action": "give"}
    assert thu.post(address, told | {"nurse": ""}).status_code == 422
    assert thu.post(address, told | {"stay": []}).status_code == 422
    assert thu.post(address, told).status_code == 302
    assert thu.post(address, told | {"shift": "next"}).status_code == 302
    starts = list(Assignment.objects.order_by("starts_at").values_list("starts_at", flat=True))
    assert starts == [this_shift().start, this_shift().end]
    assert thu.post(address, told | {"action": "release"}).status_code == 302
    assert Assignment.objects.filter(ended_at=None).count() == 1
    assert signed_in(binh).get(address).status_code == 403


def test_a_stranger_finds_nothing_and_a_doctor_ticks_nothing() -> None:
    an, binh, stay = make_world()
    request = care(stay, an)
    done = tick(request, at("06:00"), binh)
    held = services.set_precaution(encounter=stay, kind="fall", by=binh)
    chi = make_chi()
    assert stay.patient.full_name.upper() not in signed_in(chi).get(page("ward")).content.decode()
    assert signed_in(chi).get(page("patient", stay.uuid)).status_code == 404
    doctor = signed_in(an)
    assert doctor.get(page("patient", stay.uuid)).status_code == 200
    assert fragment(doctor, request, stay, an).status_code == 403
    from tests.emr.people import make_user  # noqa: PLC0415

    surgeon = make_user("mai", "Hồ Thị Mai", "nurse", chi.current_roles[0].department)
    other = signed_in(surgeon)
    assert fragment(other, request, stay, surgeon).status_code == 404
    assert (
        other.post(page("take_back", done.uuid), {"key": str(uuid.uuid4()), "note": "x"}).status_code == 404
    )
    assert other.post(page("stop_precaution", held.uuid)).status_code == 404
    assert other.post(page("scan"), {"code": number_of(stay)}, follow=True).status_code == 200
    assert other.get(page("patient", stay.uuid)).status_code == 404


def test_the_wards_minute_is_polled_and_leaves_no_line_in_the_log() -> None:
    _an, binh, _stay = make_world()
    client = signed_in(binh)
    client.get(page("ward"))
    lines = AuditEvent.objects.filter(action="bedside.list").count()
    assert client.get(page("ward"), headers={"HX-Request": "true"}).status_code == 200
    assert AuditEvent.objects.filter(action="bedside.list").count() == lines
