"""Labels and tubes: as few as needed, each test once, the wrong patient refused, what is of no use asked for again."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.outbox.models import OutboxEvent
from encounters.orders import services as orders
from encounters.specimens import services
from encounters.specimens.models import RequestEvent, Specimen, SpecimenRequest
from encounters.specimens.selectors import needs_of_stay, progress_of
from encounters.specimens.tubes import TUBES, tube_for
from tests.encounters.specimens.tubes import CBC, CREATININE, GLUCOSE, UREA, ask, label, make_world, neighbour
from tests.encounters.visits.ward import ago, discharge

pytestmark = pytest.mark.django_db


def _told() -> int:
    """How often the neighbours are told that a tube was collected."""
    return OutboxEvent.objects.filter(topic="specimen.collected").count()


def _done() -> list[str]:
    found = AuditEvent.objects.filter(action__regex=r"^specimen\.(collect|receive|reject)$")
    return list(found.order_by("pk").values_list("action", flat=True))


@pytest.mark.parametrize(
    ("kind", "group", "loinc", "name", "tube"),
    [
        ("BLD", "Huyết học", "58410-2", "Tổng phân tích tế bào máu", "edta"),
        ("PLAS", "Đông máu", "5902-2", "Thời gian prothrombin", "citrate"),
        ("PLAS", "Hóa sinh", "14749-6", "Định lượng glucose máu", "fluoride"),
        ("SER", "Hóa sinh", "22664-7", "Định lượng urê máu", "serum"),
        ("UR", "Nước tiểu", "", "Tổng phân tích nước tiểu", "urine"),
        ("UR", "Vi sinh", "630-4", "Vi khuẩn nuôi cấy và định danh, nước tiểu", "sterile"),
        ("BLD", "Vi sinh", "", "Cấy máu hai bên", "culture"),
        ("", "", "", "Xét nghiệm lạ", "other"),
    ],
)
def test_a_test_has_its_tube(kind: str, group: str, loinc: str, name: str, tube: str) -> None:
    assert tube_for(kind=kind, group=group, loinc=loinc, name=name) == tube
    assert tube in TUBES


def test_tests_of_one_tube_share_it_and_hours_keep_them_apart() -> None:
    an, binh, stay = make_world()
    for code in (CBC, UREA, CREATININE, GLUCOSE):
        ask(stay, an, code)
    at_noon = ask(stay, an, "XN0017", occurrence_at=now() + dt.timedelta(hours=5))
    made = services.prepare_specimens(encounter=stay, by=binh)
    told = {(s.tube, s.due_at): sorted(s.tests.values_list("request__code", flat=True)) for s in made}
    assert told == {
        ("edta", None): [CBC],
        ("serum", None): [UREA, CREATININE],
        ("fluoride", None): [GLUCOSE],
        ("serum", at_noon.occurrence_at): ["XN0017"],
    }
    assert made[-1].due_at == at_noon.occurrence_at
    assert len({s.accession_number for s in made}) == 4
    again = services.prepare_specimens(encounter=stay, by=binh)
    assert [s.pk for s in again] == [s.pk for s in made]
    assert SpecimenRequest.objects.count() == 5


def test_a_test_that_comes_later_goes_into_the_tube_that_waits_and_not_into_one_that_is_filled() -> None:
    an, binh, stay = make_world()
    ask(stay, an, UREA)
    [tube] = label(stay, binh)
    ask(stay, an, CREATININE)
    assert services.prepare_specimens(encounter=stay, by=binh) == [tube]
    assert tube.tests.count() == 2
    services.collect_by_scan(specimen=tube, encounter=stay, by=binh)
    ask(stay, an, "XN0017")
    [second] = services.prepare_specimens(encounter=stay, by=binh)
    assert second.pk != tube.pk


def test_immediate_ones_come_first() -> None:
    an, _binh, stay = make_world()
    ask(stay, an, UREA)
    ask(stay, an, CBC, priority="stat")
    assert [need.tube.code for need in needs_of_stay(stay)] == ["edta", "serum"]


def test_a_scan_collects_once_with_who_and_when() -> None:
    an, binh, stay = make_world()
    request = ask(stay, an)
    [tube] = label(stay, binh)
    services.collect_by_scan(specimen=tube, encounter=stay, by=binh)
    services.collect_by_scan(specimen=tube, encounter=stay, by=binh)
    tube.refresh_from_db()
    assert (tube.status, tube.collector, tube.collected_how) == ("available", binh, "scan")
    assert tube.collected_at is not None
    assert needs_of_stay(stay) == []
    assert (_told(), _done()) == (1, ["specimen.collect"])
    assert progress_of([request.pk])[request.pk].text == RequestEvent.Kind.COLLECTED.label


def test_a_label_of_another_patient_is_refused_and_on_record() -> None:
    an, binh, stay = make_world()
    other = neighbour()
    ask(other, an)
    ask(stay, an)
    [theirs] = label(other, binh)
    with pytest.raises(services.WrongPatient, match=theirs.accession_number):
        services.collect_by_scan(specimen=theirs, encounter=stay, by=binh)
    theirs.refresh_from_db()
    assert theirs.status == "planned"
    assert _told() == 0
    said = AuditEvent.objects.get(action="specimen.wrong_patient")
    assert said.patient_id == stay.patient_id


def test_a_stopped_test_isnt_drawn_and_the_rest_of_its_tube_is() -> None:
    an, binh, stay = make_world()
    urea, creatinine = ask(stay, an, UREA), ask(stay, an, CREATININE)
    [tube] = label(stay, binh)
    orders.stop_order(order=urea, reason="Đã có kết quả", by=an)
    services.collect_by_scan(specimen=tube, encounter=stay, by=binh)
    assert [t.request for t in tube.tests.filter(is_current=True)] == [creatinine]
    assert not RequestEvent.objects.filter(request=urea).exists()

    last = ask(stay, an, CBC)
    [second] = label(stay, binh)
    orders.stop_order(order=last, reason="Không cần", by=an)
    assert needs_of_stay(stay) == []
    with pytest.raises(DomainError) as refused:
        services.collect_by_scan(specimen=second, encounter=stay, by=binh)
    assert refused.value.code == "stopped"


def test_a_rejected_tube_brings_its_tests_back_with_the_reason() -> None:
    an, binh, stay = make_world()
    request = ask(stay, an)
    [tube] = label(stay, binh)
    services.collect_by_scan(specimen=tube, encounter=stay, by=binh)
    services.reject_specimen(specimen=tube, reason="RH", system="LIS")
    services.reject_specimen(specimen=tube, reason="RH", system="LIS")
    [need] = needs_of_stay(stay)
    assert need.failed == tube
    assert need.failed.why == str(Specimen.Reason.HAEMOLYSED.label)
    with pytest.raises(Conflict):
        services.collect_by_scan(specimen=tube, encounter=stay, by=binh)
    [second] = label(stay, binh)
    assert second.replaces == tube
    services.collect_by_scan(specimen=second, encounter=stay, by=binh)
    assert needs_of_stay(stay) == []
    kinds = list(RequestEvent.objects.filter(request=request).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["collected", "rejected", "collected"]
    assert _done() == ["specimen.collect", "specimen.reject", "specimen.collect"]


def test_taken_again_and_entered_in_error_say_why() -> None:
    an, binh, stay = make_world()
    ask(stay, an)
    [tube] = label(stay, binh)
    for reason, text in (("", ""), ("ZZ", "x"), ("OT", " ")):
        with pytest.raises(DomainError):
            services.ask_again(specimen=tube, reason=reason, text=text, by=binh)
    services.ask_again(specimen=tube, reason="OT", text="Ống rơi vỡ", by=binh)
    [need] = needs_of_stay(stay)
    assert need.failed is not None
    assert need.failed.why == "Ống rơi vỡ"
    [second] = label(stay, binh)
    services.collect_by_scan(specimen=second, encounter=stay, by=binh)
    with pytest.raises(DomainError):
        services.enter_specimen_in_error(specimen=second, reason=" ", by=binh)
    services.enter_specimen_in_error(specimen=second, reason="Nhầm giường", by=binh)
    assert len(needs_of_stay(stay)) == 1


def test_without_a_scan_a_reason_and_a_believable_time() -> None:
    an, binh, stay = make_world()
    ask(stay, an)
    [tube] = label(stay, binh)
    with pytest.raises(DomainError):
        services.collect_by_hand(specimen=tube, by=binh, reason="  ")
    with pytest.raises(DomainError):
        services.collect_by_hand(
            specimen=tube, by=binh, reason="Mất máy quét", at=now() + dt.timedelta(hours=1)
        )
    with pytest.raises(DomainError):
        services.collect_by_hand(specimen=tube, by=binh, reason="Mất máy quét", at=ago(days=30))
    services.collect_by_hand(specimen=tube, by=binh, reason="Mất máy quét", at=stay.started_at)
    tube.refresh_from_db()
    assert (tube.collected_how, tube.hand_reason, tube.collected_at) == (
        "hand",
        "Mất máy quét",
        stay.started_at,
    )


def test_the_laboratory_takes_in_what_was_collected_only() -> None:
    an, binh, stay = make_world()
    ask(stay, an)
    [tube] = label(stay, binh)
    with pytest.raises(DomainError):
        services.receive_specimen(specimen=tube, by=binh)
    services.collect_by_scan(specimen=tube, encounter=stay, by=binh)
    services.receive_specimen(specimen=tube, by=binh)
    services.receive_specimen(specimen=tube, by=binh)
    assert _done() == ["specimen.collect", "specimen.receive"]
    with pytest.raises(DomainError):
        services.enter_specimen_in_error(specimen=tube, reason="Nhầm", by=binh)


def test_what_the_laboratory_has_already_isnt_wanted_from_the_ward() -> None:
    an, binh, stay = make_world()
    urea, creatinine = ask(stay, an, UREA), ask(stay, an, CREATININE)
    [tube] = label(stay, binh)
    assert services.note_collected_elsewhere(request=urea, at=ago(minutes=20), system="LIS")
    assert not services.note_collected_elsewhere(request=urea, at=ago(minutes=20), system="LIS")
    [need] = needs_of_stay(stay)
    assert need.requests == [creatinine]
    assert need.specimen == tube


def test_a_stay_that_has_ended_is_drawn_no_more() -> None:
    an, binh, stay = make_world()
    ask(stay, an)
    [tube] = label(stay, binh)
    discharge(stay)
    assert needs_of_stay(stay) == []
    with pytest.raises(DomainError) as refused:
        services.collect_by_scan(specimen=tube, encounter=stay, by=binh)
    assert refused.value.code == "stay_ended"


def test_the_database_keeps_one_tube_a_test() -> None:
    an, binh, stay = make_world()
    request = ask(stay, an)
    label(stay, binh)
    other = Specimen.objects.create(
        facility=stay.facility, patient=stay.patient, encounter=stay, accession_number="BP1", tube="edta"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        SpecimenRequest.objects.create(facility=stay.facility, specimen=other, request=request)
    for wrong in ({"status": "available"}, {"status": "unsatisfactory"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Specimen.objects.filter(pk=other.pk).update(**wrong)


def test_what_was_drawn_before_the_patient_left_is_told_of_afterwards() -> None:
    an, binh, stay = make_world()
    ask(stay, an, UREA)
    [tube] = label(stay, binh)
    before = now()
    left = discharge(stay)
    assert left.ended_at is not None
    after = left.ended_at + dt.timedelta(minutes=1)
    with pytest.raises(DomainError):
        services.collect_by_hand(specimen=tube, by=binh, reason="Quên quét", at=after)
    drawn = services.collect_by_hand(
        specimen=tube, by=binh, reason="Quên quét", at=min(before, left.ended_at)
    )
    assert services.receive_specimen(specimen=drawn, by=binh).received_at is not None
