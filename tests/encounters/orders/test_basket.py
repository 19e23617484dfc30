"""The basket of a draft entry: one box, panels, questions that must be answered before it is confirmed."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.db.utils import Error
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.documents.models import Document
from encounters.documents.services import NotComplete
from encounters.orders import providers, services
from encounters.orders.models import CheckAnswer, MedicationRequest, RepeatDecision, ServiceRequest
from encounters.orders.providers import EarlierResult, Wanted
from encounters.orders.selectors.checking import alerts_of
from encounters.orders.selectors.earlier import repeats_of
from encounters.results.services import record_vital_signs
from encounters.visits.models import Encounter
from patients.history.services import record_allergy
from tests.encounters.orders.tables import confirm, make_entry, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def stay() -> tuple[User, Encounter]:
    return make_world()


@pytest.fixture
def entry(stay: tuple[User, Encounter]) -> Document:
    an, encounter = stay
    return make_entry(encounter, an)


def test_one_line_becomes_one_order(entry: Document, stay: tuple[User, Encounter]) -> None:
    an, _ = stay
    (choice,) = services.choices(entry, "amox 500 2x3 5n")
    assert "2 vien × 3 lần mỗi ngày" in choice.text or "2 vien × 3" in choice.text
    assert choice.note == ""
    services.add_quick(entry=entry, choice=choice.code, typed="", by=an)
    order = MedicationRequest.objects.get()
    assert (order.code, order.dose, order.dose_unit, order.route) == ("TH0017", 2, "vien", "PO")
    assert (order.times_per_day, order.days, order.day_number) == (3, 5, 1)
    # Typed and Enter, where only one thing fits.
    services.add_quick(entry=entry, choice="", typed="para 500 1v x3 PRN sốt", by=an)
    needed = MedicationRequest.objects.get(code="TH0001")
    assert (needed.as_needed, needed.as_needed_for, needed.times_per_day) == (True, "sốt", 3)
    for typed in ("amox 500 2x3 0n", "khongco 500 2x3", "vào khoa xyz", ""):
        with pytest.raises(DomainError):
            services.add_quick(entry=entry, choice="", typed=typed, by=an)
    assert MedicationRequest.objects.count() == 2


def test_a_panel_adds_its_tests_once(entry: Document, stay: tuple[User, Encounter]) -> None:
    an, _ = stay
    assert [one.code for one in services.choices(entry, "vao khoa")] == ["set:VK5"]
    assert services.choices(entry, "công thức")[0].code == services.choices(entry, "cong thuc")[0].code
    assert services.add_quick(entry=entry, choice="set:VK5", typed="", by=an) == []
    assert ServiceRequest.objects.filter(category="laboratory", status="draft").count() == 5
    assert ServiceRequest.objects.get(code="XN0001").specimen == "BLD"
    assert len(services.add_quick(entry=entry, choice="set:VK5", typed="", by=an)) == 5
    assert ServiceRequest.objects.count() == 5


def test_a_set_says_what_it_could_not_add(entry: Document, stay: tuple[User, Encounter]) -> None:
    an, _ = stay
    (left,) = services.add_quick(entry=entry, choice="set:VP", typed="", by=an)
    assert "ceftriaxon" in left
    assert MedicationRequest.objects.get().code == "TH0001"
    assert set(ServiceRequest.objects.values_list("code", flat=True)) == {
        "XN0001",
        "XN0041",
        "CDHA0001",
        "TEMP",
    }


def test_an_allergy_must_be_answered_before_the_entry_is_confirmed(
    entry: Document, stay: tuple[User, Encounter]
) -> None:
    an, encounter = stay
    record_allergy(patient=encounter.patient, substance="Penicillin", by=an)
    services.add_quick(entry=entry, choice="", typed="amox 500 2x3 5n", by=an)
    with pytest.raises(NotComplete) as missing:
        confirm(entry, an)
    assert "Penicillin" in missing.value.reasons[0]
    (alert,) = alerts_of(entry)
    asked = {"entry": entry, "order_uuid": alert.order_uuid, "key": alert.key, "by": an}
    with pytest.raises(DomainError) as refusal:
        services.answer_check(reason=" ", **asked)
    assert refusal.value.code == "reason_missing"
    kept = services.answer_check(reason="Đã dùng nhiều lần, không phản ứng", **asked)
    assert services.answer_check(reason="Khác", **asked) == kept
    confirm(entry, an)
    assert MedicationRequest.objects.get().status == "active"
    assert (kept.level, kept.answered_by) == ("interrupt", an)
    with pytest.raises(Error):
        CheckAnswer.objects.filter(pk=kept.pk).update(reason="x")


def test_what_is_in_effect_counts_and_what_was_answered_holds_for_its_line_alone(
    stay: tuple[User, Encounter],
) -> None:
    an, encounter = stay
    first = make_entry(encounter, an, days=1)
    services.add_quick(entry=first, choice="", typed="clarithromycin 500 1x2 5n", by=an)
    confirm(first, an)
    today = make_entry(encounter, an)
    services.add_quick(entry=today, choice="", typed="atorva 20 1x1", by=an)
    (alert,) = alerts_of(today)
    assert alert.key.startswith("interaction:")
    services.stop_order(order=MedicationRequest.objects.get(code="TH0035"), reason="Đổi thuốc", by=an)
    assert alerts_of(today) == []
    confirm(today, an)


def test_a_childs_dose_goes_by_the_weight_taken_on_the_ward(
    entry: Document, stay: tuple[User, Encounter]
) -> None:
    an, encounter = stay
    patient = encounter.patient
    patient.birth_date = now().date() - dt.timedelta(days=4 * 366)
    patient.save(update_fields=["birth_date"])
    services.add_quick(entry=entry, choice="", typed="para 500 1x3", by=an)
    (alert,) = alerts_of(Document.objects.get(pk=entry.pk))
    assert alert.key.startswith("weight:")
    record_vital_signs(encounter=encounter, values={"weight": Decimal(15)}, by=an)
    (alert,) = alerts_of(Document.objects.get(pk=entry.pk))
    assert alert.key == "dose:dose:paracetamol:child:500"
    assert "300" in alert.message


def test_a_test_done_a_short_time_ago_is_used_again_or_repeated_with_a_reason(
    stay: tuple[User, Encounter],
) -> None:
    an, encounter = stay
    first = make_entry(encounter, an, days=2)
    services.add_quick(entry=first, choice="service:XN0013", typed="", by=an)
    services.add_quick(entry=first, choice="service:XN0041", typed="", by=an)
    confirm(first, an)
    today = make_entry(encounter, an)
    for code in ("XN0013", "XN0041", "XN0016"):
        services.add_quick(entry=today, choice=f"service:{code}", typed="", by=an)
    found = {one.code: one for one in repeats_of(today)}
    # HbA1c is good for 60 days; CRP has no window, so it is a remark; uric acid is new.
    assert {code: one.is_inside for code, one in found.items()} == {"XN0013": True, "XN0041": False}
    assert found["XN0013"].price == 102000
    with pytest.raises(NotComplete) as missing:
        confirm(today, an)
    assert len(missing.value.reasons) == 1
    asked = {"entry": today, "order_uuid": found["XN0013"].order_uuid, "by": an}
    with pytest.raises(DomainError):
        services.decide_repeat(decision="repeat", reason="", **asked)
    services.decide_repeat(decision="reuse", reason="", **asked)
    services.decide_repeat(decision="repeat", reason="Nghi sai", **asked)  # decided already
    decision = RepeatDecision.objects.get()
    assert (decision.decision, decision.price, decision.window_hours) == ("reuse", 102000, 1440)
    assert not ServiceRequest.objects.filter(entry=today, code="XN0013").exists()
    confirm(today, an)


def test_results_of_a_room_above_are_asked_for(
    entry: Document, stay: tuple[User, Encounter], monkeypatch: pytest.MonkeyPatch
) -> None:
    an, encounter = stay
    asked: list[tuple[list[int], list[Wanted]]] = []

    def provider(patients: object, wanted: object) -> list[EarlierResult]:
        asked.append((list(patients), list(wanted)))  # type: ignore[call-overload]
        at = now() - dt.timedelta(days=2)
        return [
            EarlierResult(encounter.patient_id, "XN0013", "HbA1c", at, at, "final", "7,1 %", "/results/1")
        ]

    monkeypatch.setattr(providers, "_earlier", {})
    providers.register_earlier_results(provider)
    services.add_quick(entry=entry, choice="service:XN0013", typed="", by=an)
    (repeat,) = repeats_of(entry)
    assert asked == [([encounter.patient_id], [Wanted("XN0013", "4548-4")])]
    assert (repeat.days, repeat.earlier.value, repeat.earlier.url) == (2, "7,1 %", "/results/1")
    client = Client()
    client.force_login(an)
    html = client.get(reverse("encounters:orders:editor", args=[entry.uuid])).content.decode()
    assert "7,1 %" in html
    assert "/results/1" in html


def test_the_editor_answers_asks_and_keeps_what_was_typed(
    entry: Document, stay: tuple[User, Encounter]
) -> None:
    an, encounter = stay
    record_allergy(patient=encounter.patient, substance="Penicillin", by=an)
    client = Client()
    client.force_login(an)
    quick = reverse("encounters:orders:quick", args=[entry.uuid])
    results = client.get(quick, {"q": "amox 500 2x3 5n"}).json()["results"]
    assert [one["code"] for one in results] == ["line:TH0017:amox 500 2x3 5n"]
    refused = client.post(quick, {"quick_text": "amox 500 2x3 0n"})
    assert refused.status_code == 422
    assert "amox 500 2x3 0n" in refused.content.decode()
    shown = client.post(quick, {"quick": results[0]["code"], "quick_text": ""})
    assert shown.status_code == 201
    assert "alert-interrupt" in shown.content.decode()
    (alert,) = alerts_of(entry)
    answer = reverse("encounters:orders:answer", args=[entry.uuid])
    told = {"order": alert.order_uuid, "key": alert.key}
    assert client.post(answer, told | {"reason": ""}).status_code == 422
    answered = client.post(answer, told | {"reason": "Đã dùng trước đây"})
    assert answered.status_code == 200
    assert "alert-interrupt" not in answered.content.decode()
    assert "Đã dùng trước đây" in answered.content.decode()
    assert client.post(answer, {"order": "x"}).status_code == 400


def test_the_editor_asks_as_much_for_ten_lines_as_for_two(
    entry: Document, stay: tuple[User, Encounter]
) -> None:
    an, _ = stay
    client = Client()
    client.force_login(an)
    address = reverse("encounters:orders:editor", args=[entry.uuid])
    services.add_quick(entry=entry, choice="service:XN0016", typed="", by=an)
    services.add_quick(entry=entry, choice="", typed="amox 500 2x3", by=an)
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(address)
    services.add_quick(entry=entry, choice="set:VK5", typed="", by=an)
    for typed in ("para 500 1x3", "clarithromycin 500 1x2", "amox 500 1x2"):
        services.add_quick(entry=entry, choice="", typed=typed, by=an)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)
