"""Ward list, bed board, home panels, labels; and who sees none of them."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from emr.audit.models import AuditEvent
from tests.emr.people import make_an, make_chi
from tests.encounters.visits.ward import (
    SURGERY,
    admit,
    ago,
    department,
    make_bed,
    page,
    signed_in,
    visit,
)
from tests.patients.people import make_clerk, make_patient

pytestmark = pytest.mark.django_db


def test_the_ward_list_filters_searches_and_remembers() -> None:
    an = make_an()
    admit(make_patient("Nguyễn Thị Đào"), bed=make_bed("01"), attending=an)
    admit(make_patient("Lê Văn Hùng"), at=ago(days=20), late_reason="Cũ")
    admit(make_patient("Phạm Văn Sáu"), department=department(SURGERY))
    client = signed_in(an)
    html = client.get(page("ward")).content.decode()
    assert "NGUYỄN THỊ ĐÀO" in html
    assert "LÊ VĂN HÙNG" in html
    assert "PHẠM VĂN SÁU" not in html
    htmx = {"HX-Request": "true"}
    mine = client.post(page("ward"), {"chip": "mine"}, headers=htmx).content.decode()
    assert "NGUYỄN THỊ ĐÀO" in mine
    assert "LÊ VĂN HÙNG" not in mine
    assert "<html" not in mine
    found = client.post(page("ward"), {"chip": "all", "q": "hung le"}, headers=htmx).content.decode()
    assert "LÊ VĂN HÙNG" in found
    assert "NGUYỄN THỊ ĐÀO" not in found
    again = client.get(page("ward")).content.decode()
    assert "LÊ VĂN HÙNG" in again
    assert "NGUYỄN THỊ ĐÀO" not in again
    assert client.post(page("ward"), {"chip": "no-such"}, headers=htmx).status_code == 200


def test_ward_list_and_board_cost_the_same_whatever_their_size(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    an = make_an()
    for number in range(12):
        admit(make_patient(f"Người Bệnh {number}"), bed=make_bed(f"{number:02d}"))
    client = signed_in(an)
    with django_assert_max_num_queries(12):
        client.get(page("ward"))
    with django_assert_max_num_queries(11):
        client.get(page("beds"))
    with django_assert_max_num_queries(11):
        client.get(page("department_beds", department().uuid), headers={"HX-Request": "true"})


def test_the_board_shows_who_lies_where_and_what_is_free() -> None:
    from patients.history.models import AllergyIntolerance  # noqa: PLC0415

    an, patient = make_an(), make_patient()
    make_bed("02")
    make_bed("03", status="suspended")
    admit(patient, bed=make_bed("01"), at=ago(days=2), late_reason="Mất điện")
    admit(make_patient("Lê Văn Hùng"))
    AllergyIntolerance.objects.create(
        facility=patient.facility, patient=patient, substance="Penicillin", recorded_by=an
    )
    client = signed_in(an)
    html = client.get(page("beds")).content.decode()
    assert "NGUYỄN THỊ ĐÀO" in html
    assert "LÊ VĂN HÙNG" in html
    assert "allergy" in html
    assert html.count("bed free") == 1
    assert html.count("bed suspended") == 1
    assert client.get(page("department_beds", department(SURGERY).uuid)).status_code == 404


def test_home_panels_answer_fragments() -> None:
    an = make_an()
    admit(make_patient(), at=ago(minutes=1))
    client = signed_in(an)
    for name in ("today", "ward_panel"):
        html = client.get(page(name)).content.decode()
        assert "NGUYỄN THỊ ĐÀO" in html
        assert "<html" not in html


def test_places_the_his_named_are_listed_and_mapped() -> None:
    clerk = make_clerk()
    stay = admit(department=None, department_as_sent="NOI-2", location_as_sent="P9.G3")
    client = signed_in(clerk)
    assert "NOI-2" in client.get(page("today")).content.decode()
    assert "P9.G3" in client.get(page("detail", stay.uuid)).content.decode()
    bed = make_bed("01")
    mapping = page("map_place", stay.uuid, stay.locations.get().uuid)
    assert client.get(mapping).status_code == 200
    assert client.post(mapping, {"department": department().pk, "bed": bed.pk}).status_code == 302
    stay.refresh_from_db()
    assert stay.department == department()
    assert stay.locations.get().location == bed
    assert "NOI-2" not in client.get(page("today")).content.decode()
    assert signed_in(make_an()).get(page("detail", stay.uuid)).status_code == 200


def test_labels_carry_the_patients_number_and_the_stays_code() -> None:
    import io  # noqa: PLC0415

    import pypdfium2  # noqa: PLC0415
    import zxingcpp  # noqa: PLC0415

    an, stay = make_an(), admit()
    number = stay.patient.identifiers.get().value
    client = signed_in(an)
    for kind in ("wristband", "record", "newborn"):
        answer = client.get(page("label_pdf", stay.uuid, kind))
        assert answer.headers["Content-Type"] == "application/pdf"
        with pypdfium2.PdfDocument(io.BytesIO(answer.content)) as document:
            assert len(document) == 1
            image = document[0].render(scale=6).to_pil()
        assert {code.text for code in zxingcpp.read_barcodes(image)} == {number, stay.identifier}
        zpl = client.get(page("label_zpl", stay.uuid, kind)).content.decode("ascii")
        assert zpl.startswith("^XA")
        assert f"^FD{number}^FS" in zpl
        assert f"^FDMA,{stay.identifier}^FS" in zpl
    assert AuditEvent.objects.filter(action="label.print", agent_name="an").count() == 6
    assert client.get(page("label_pdf", stay.uuid, "poster")).status_code == 404


def test_the_chart_and_the_banner_tell_of_the_stay() -> None:
    an = make_an()
    stay = admit(bed=make_bed("01"))
    html = signed_in(an).get(reverse("patients:registry:chart", args=[stay.patient.uuid])).content.decode()
    assert page("detail", stay.uuid) in html
    assert "Giường 01" in html
    assert stay.admission_number in html


def test_strangers_see_nothing_and_are_on_record() -> None:
    stay, chi = admit(bed=make_bed("01")), make_chi()
    client = signed_in(chi)
    pages = [
        "detail",
        "transfer",
        "discharge",
        "cancel_transfer",
        "cancel_discharge",
        "transfer_place",
        "add_procedure",
    ]
    for name in pages:
        assert client.get(page(name, stay.uuid)).status_code == 404, name
    for name in ("admit", "start", "of_patient", "admit_place"):
        assert client.get(page(name, stay.patient.uuid)).status_code == 404, name
    for name in ("label_pdf", "label_zpl"):
        assert client.get(page(name, stay.uuid, "wristband")).status_code == 404
    assert (
        client.post(page("add_diagnosis", stay.uuid), {"role": "working", "code_text": "x"}).status_code
        == 404
    )
    assert "NGUYỄN" not in client.get(page("ward")).content.decode()
    assert "NGUYỄN" not in client.get(page("today")).content.decode()
    denied = AuditEvent.objects.filter(outcome="denied", agent_name="chi")
    assert denied.count() >= len(pages) + 7
    assert denied.filter(entity_id=stay.pk).exists()


def test_nobody_enters_without_signing_in() -> None:
    stay = visit()
    for name in ("detail", "transfer", "discharge"):
        assert Client().get(page(name, stay.uuid)).status_code == 302
