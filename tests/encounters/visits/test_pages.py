"""The pages: what they show, what they refuse, what they cost."""

import uuid
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from emr.audit.models import AuditEvent
from encounters.visits import services
from encounters.visits.models import Encounter
from tests.emr.people import make_an, make_binh, make_chi, make_user
from tests.encounters.visits.ward import (
    EMERGENCY,
    SURGERY,
    admit,
    ago,
    department,
    discharge,
    know,
    make_bed,
    page,
    signed_in,
)
from tests.patients.people import in_care_of, make_clerk, make_patient

pytestmark = pytest.mark.django_db


def told(**fields: Any) -> dict[str, Any]:
    """The smallest admission form."""
    return {"department": department().pk, "request_key": uuid.uuid4(), "at": ago(minutes=5), **fields}


def test_the_stay_page_shows_what_the_record_needs() -> None:
    an = make_an()
    stay = admit(
        by=an, attending=an, bed=make_bed("01"), at=ago(days=2), late_reason="Mất điện", reason="Ho, sốt"
    )
    services.record_diagnosis(encounter=stay, role="working", text="Viêm phổi", by=an)
    html = signed_in(an).get(page("detail", stay.uuid)).content.decode()
    for shown in (
        stay.admission_number,
        stay.identifier,
        "Ho, sốt",
        "Giường 01",
        "Viêm phổi",
        "BS. Nguyễn Văn An",
    ):
        assert shown in html
    assert AuditEvent.objects.filter(action="encounter.read", agent_name="an", entity_id=stay.pk).exists()


def test_the_stay_page_costs_the_same_whatever_the_stay_holds(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    an = make_an()
    stay = admit(by=an, attending=an, bed=make_bed("01"), at=ago(hours=20))
    for hours in range(10, 2, -1):
        services.move_bed(encounter=stay, bed=make_bed(str(hours)), by=an, at=ago(hours=hours))
        services.record_diagnosis(encounter=stay, role="working", text=f"Chẩn đoán {hours}", by=an)
        services.record_procedure(
            encounter=stay, kind="procedure", text=f"Thủ thuật {hours}", by=an, started_at=ago(hours=hours),
            performers=[("operator", an)],
        )  # fmt: skip
    client = signed_in(an)
    with django_assert_max_num_queries(22):
        client.get(page("detail", stay.uuid))


def test_admission_from_the_page_with_the_suggested_bed() -> None:
    know("J18.9", "Viêm phổi, không đặc hiệu")
    an, patient = make_an(), make_patient()
    in_care_of(patient, department())
    first, second = make_bed("01", position=1), make_bed("02", position=2)
    admit(make_patient("Lê Văn Hùng"), bed=first)
    client = signed_in(an)
    shown = client.get(page("admit", patient.uuid)).content.decode()
    assert f'<option value="{second.pk}" selected' in shown
    assert "Giường 01" not in shown
    answer = client.post(
        page("admit", patient.uuid),
        told(bed=second.pk, reason="Ho, sốt", diagnosis="j18.9", attending=an.pk, times_admitted=1),
    )
    stay = Encounter.objects.get(patient=patient)
    assert answer.headers["Location"] == page("detail", stay.uuid)
    assert (stay.reason, stay.times_admitted, stay.entered_by) == ("Ho, sốt", 1, an)
    assert stay.locations.get().location == second
    diagnosis = stay.conditions.get()
    assert (diagnosis.role, diagnosis.code, diagnosis.text) == (
        "admission",
        "J18.9",
        "Viêm phổi, không đặc hiệu",
    )


def test_a_refused_admission_keeps_what_was_typed_and_says_why() -> None:
    an, patient, bed = make_an(), make_patient(), make_bed("01")
    in_care_of(patient, department())
    admit(make_patient("Lê Văn Hùng"), bed=bed)
    client = signed_in(an)
    answer = client.post(page("admit", patient.uuid), told(bed=bed.pk, reason="Đau bụng dữ dội"))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Đau bụng dữ dội" in html
    assert f'value="{bed.pk}" selected' in html
    assert 'class="field-error"' in html
    empty = client.post(page("admit", patient.uuid), {"reason": "Đau bụng dữ dội"})
    assert empty.status_code == 422
    assert "Đau bụng dữ dội" in empty.content.decode()
    assert not Encounter.objects.filter(patient=patient).exists()


def test_an_admission_sent_twice_is_one_stay() -> None:
    an, patient = make_an(), make_patient()
    in_care_of(patient, department())
    form = told()
    client = signed_in(an)
    first, second = (
        client.post(page("admit", patient.uuid), form),
        client.post(page("admit", patient.uuid), form),
    )
    assert first.status_code == second.status_code == 302
    assert first.headers["Location"] == second.headers["Location"]
    assert Encounter.objects.count() == 1


def test_the_clerk_completes_what_the_card_did_not_say() -> None:
    from emr.terminology.services import load_shipped  # noqa: PLC0415

    load_shipped(["ethnic-group", "occupation", "relationship"])
    clerk, patient = make_clerk(), make_patient()
    client = signed_in(clerk)
    shown = client.get(page("admit", patient.uuid)).content.decode()
    for field in ("ethnic_group", "occupation", "phone", "person_name"):
        assert f'name="{field}"' in shown
    answer = client.post(
        page("admit", patient.uuid),
        told(ethnic_group="01", phone="0912 345 678", person_name="Nguyễn Văn Tú"),
    )
    assert answer.status_code == 422
    relationship = "SPS"
    answer = client.post(
        page("admit", patient.uuid),
        told(
            ethnic_group="01",
            phone="0912 345 678",
            person_name="Nguyễn Văn Tú",
            person_relationship=relationship,
        ),
    )
    assert answer.status_code == 302, answer.content.decode()
    patient.refresh_from_db()
    assert (patient.ethnic_group, patient.phone) == ("01", "0912 345 678")
    assert patient.related_people.get().full_name == "Nguyễn Văn Tú"


def test_choosing_a_department_answers_its_free_beds() -> None:
    an, patient = make_an(), make_patient()
    in_care_of(patient, department())
    bed = make_bed("N1", SURGERY)
    html = (
        signed_in(an)
        .get(
            page("admit_place", patient.uuid),
            {"department": department(SURGERY).pk},
            headers={"HX-Request": "true"},
        )
        .content.decode()
    )
    assert f'<option value="{bed.pk}" selected' in html
    assert "<html" not in html
    assert '<option value="10/BV1" selected' in html


def test_a_visit_begins_and_is_admitted() -> None:
    doctor = make_user("em", "Đỗ Văn Em", "doctor", department(EMERGENCY))
    patient = make_patient()
    in_care_of(patient, department(EMERGENCY))
    client = signed_in(doctor)
    answer = client.post(
        page("start", patient.uuid),
        told(
            department=department(EMERGENCY).pk, encounter_class="EMER", reason="Tai nạn", accident_type="1"
        ),
    )
    came = Encounter.objects.get()
    assert answer.headers["Location"] == page("detail", came.uuid)
    assert (came.encounter_class, came.accident_type) == ("EMER", "1")
    shown = client.get(page("admit", patient.uuid)).content.decode()
    assert "Tai nạn" in shown
    answer = client.post(
        page("admit", patient.uuid), told(version=came.version, admission_source="1", reason="Tai nạn")
    )
    came.refresh_from_db()
    assert (came.encounter_class, came.admission_source) == ("IMP", "1")
    assert client.get(page("admit", patient.uuid)).headers["Location"] == page("detail", came.uuid)


def test_a_transfer_by_page_and_its_taking_back() -> None:
    binh = make_binh()
    stay, bed = admit(bed=make_bed("01"), at=ago(hours=3)), make_bed("N1", SURGERY)
    client = signed_in(binh)
    shown = client.get(page("transfer", stay.uuid), {"department": department(SURGERY).pk}).content.decode()
    assert f'<option value="{bed.pk}" selected' in shown
    form = {
        "department": department(SURGERY).pk,
        "bed": bed.pk,
        "at": ago(minutes=1),
        "version": stay.version,
    }
    assert client.post(page("transfer", stay.uuid), form).status_code == 302
    stay.refresh_from_db()
    assert stay.department == department(SURGERY)
    # Internal medicine still reads the chart, and no more than that.
    assert client.get(page("detail", stay.uuid)).status_code == 200
    assert client.get(page("transfer", stay.uuid)).status_code == 403
    surgeon = signed_in(make_chi())
    assert surgeon.post(page("cancel_transfer", stay.uuid), {"reason": ""}).status_code == 422
    assert surgeon.post(page("cancel_transfer", stay.uuid), {"reason": "Nhầm"}).status_code == 302
    stay.refresh_from_db()
    assert stay.department == department()


def test_a_transfer_on_an_old_page_answers_409_and_keeps_the_form() -> None:
    binh, stay = make_binh(), admit(at=ago(hours=3))
    services.update_details(encounter=stay, by=None, reason="Sốt")
    form = {
        "department": department(SURGERY).pk,
        "at": ago(minutes=1),
        "version": stay.version,
        "reason": "Mổ",
    }
    answer = signed_in(binh).post(page("transfer", stay.uuid), form)
    assert answer.status_code == 409
    assert 'value="Mổ"' in answer.content.decode()


def test_a_discharge_by_page_writes_the_final_diagnoses() -> None:
    know("J18.9", "Viêm phổi, không đặc hiệu")
    an, stay = make_an(), admit(at=ago(hours=9))
    services.record_diagnosis(encounter=stay, role="discharge-secondary", text="Thiếu máu", by=an)
    client = signed_in(an)
    form = {
        "at": ago(minutes=1),
        "outcome": "1",
        "disposition": "home",
        "main": "J18.9",
        "main_text": "Viêm phổi thùy dưới phải",
        "secondary_1_text": "Tăng huyết áp",
        "version": stay.version,
    }
    assert "Thiếu máu" in client.get(page("discharge", stay.uuid)).content.decode()
    incomplete = client.post(page("discharge", stay.uuid), {**form, "disposition": "transfer"})
    assert incomplete.status_code == 422
    assert "Viêm phổi thùy dưới phải" in incomplete.content.decode()
    assert not stay.conditions.filter(role="discharge-main").exists()
    assert client.post(page("discharge", stay.uuid), form).status_code == 302
    stay.refresh_from_db()
    assert (stay.status, stay.outcome) == ("finished", "1")
    active = stay.conditions.filter(status="confirmed")
    assert {(c.role, c.code, c.text) for c in active} == {
        ("discharge-main", "J18.9", "Viêm phổi thùy dưới phải"),
        ("discharge-secondary", "", "Tăng huyết áp"),
    }
    assert client.post(page("cancel_discharge", stay.uuid), {"reason": "Nhầm"}).status_code == 302
    stay.refresh_from_db()
    assert stay.is_open


def test_a_death_by_page() -> None:
    an, stay = make_an(), admit(at=ago(hours=9))
    form = {
        "at": ago(minutes=1), "outcome": "5", "disposition": "taken-home", "main_text": "Nhồi máu cơ tim",
        "died_at": ago(minutes=30), "cause_kind": "1", "cause_Ia_text": "Sốc tim", "interval_Ia": 2, "unit_Ia": "hour",
    }  # fmt: skip
    client = signed_in(an)
    assert client.post(page("discharge", stay.uuid), form | {"died_at": ""}).status_code == 422
    assert client.post(page("discharge", stay.uuid), form).status_code == 302
    cause = stay.deaths.get().causes.get()
    assert (cause.line, cause.text, cause.interval, cause.interval_unit) == ("Ia", "Sốc tim", 2, "hour")
    assert "Sốc tim" in client.get(page("detail", stay.uuid)).content.decode()


def test_an_admission_is_cancelled_by_who_may() -> None:
    stay = admit()
    form = {"reason": "Nhầm người bệnh", "version": stay.version}
    assert signed_in(make_an()).post(page("cancel", stay.uuid), form).status_code == 403
    head = signed_in(make_user("truong", "Vũ Thị Hạnh", "head_of_department", department()))
    assert head.get(page("cancel", stay.uuid)).status_code == 200
    assert head.post(page("cancel", stay.uuid), form).status_code == 302
    stay.refresh_from_db()
    assert stay.status == "entered-in-error"
    assert head.get(page("detail", stay.uuid)).status_code == 200


def test_diagnoses_are_added_by_htmx_and_entered_in_error() -> None:
    know("N40", "Tăng sản tuyến tiền liệt", "male_only")
    an, stay = make_an(), admit()
    client = signed_in(an)
    htmx = {"HX-Request": "true"}
    add = page("add_diagnosis", stay.uuid)
    refused = client.post(add, {"role": "working", "code": "N40", "code_text": "Phì đại"}, headers=htmx)
    assert refused.status_code == 422
    assert 'value="Phì đại"' in refused.content.decode()
    added = client.post(add, {"role": "working", "code_text": "Viêm bàng quang"}, headers=htmx)
    assert added.status_code == 201
    assert "Viêm bàng quang" in added.content.decode()
    assert "<html" not in added.content.decode()
    row = stay.conditions.get()
    void = page("void_diagnosis", stay.uuid, row.uuid)
    assert client.get(void).status_code == 200
    assert client.post(void, {"reason": ""}).status_code == 422
    assert client.post(void, {"reason": "Nhầm người bệnh"}).status_code == 302
    assert "Viêm bàng quang" not in client.get(page("detail", stay.uuid)).content.decode()
    row.refresh_from_db()
    assert (row.status, row.error_reason, row.text) == (
        "entered-in-error",
        "Nhầm người bệnh",
        "Viêm bàng quang",
    )


def test_a_procedure_by_page() -> None:
    know("47.09", "Cắt ruột thừa", system="icd9cm")
    an, stay = make_an(), admit(at=ago(hours=6))
    form = {
        "kind": "surgery",
        "code": "47.09",
        "code_text": "Cắt ruột thừa",
        "at": ago(hours=2),
        "operator": an.pk,
    }
    client = signed_in(an)
    wrong = client.post(page("add_procedure", stay.uuid), form | {"ended_at": ago(hours=3)})
    assert wrong.status_code == 422
    assert client.post(page("add_procedure", stay.uuid), form | {"anaesthesia": "spinal"}).status_code == 302
    done = stay.procedures.get()
    assert (done.code, done.anaesthesia) == ("47.09", "spinal")
    assert done.performers.get().practitioner == an
    assert "47.09" in client.get(page("detail", stay.uuid)).content.decode()
    assert client.post(page("void_procedure", stay.uuid, done.uuid), {"reason": "Nhầm"}).status_code == 302


def test_a_finished_stay_offers_no_discharge() -> None:
    an, stay = make_an(), admit()
    discharge(stay)
    client = signed_in(an)
    assert client.get(page("discharge", stay.uuid)).headers["Location"] == page("detail", stay.uuid)
    assert page("transfer", stay.uuid) not in client.get(page("detail", stay.uuid)).content.decode()
    assert client.get(page("of_patient", stay.patient.uuid)).status_code == 200
