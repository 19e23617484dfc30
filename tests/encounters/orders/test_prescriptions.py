"""Prescriptions taken home: composed from the ward's orders, checked, written as the circular asks."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.signin.models import StaffSession
from emr.signin.services import RECENT_MINUTES
from emr.terminology.models import CodeSystem, Concept
from emr.terminology.text import search_text
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.documents.services import NotComplete
from encounters.orders import services
from encounters.orders.models import MedicationRequest, PrescriptionLine
from encounters.orders.selectors.checking import alerts_of, unanswered
from encounters.orders.selectors.prescription_limits import Limit, limit_of
from encounters.orders.words import in_words, quantity_in_digits, quantity_in_words
from encounters.visits import codes
from encounters.visits.models import Encounter
from encounters.visits.services import record_diagnosis
from patients.history.services import record_allergy
from tests.emr.people import make_binh, make_chi
from tests.encounters import chart
from tests.encounters.orders.tables import confirm, make_entry, make_world
from tests.encounters.visits.ward import department, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def stay() -> tuple[User, Encounter]:
    """An and a stay with a diagnosis; morphine and diazepam are in the catalogue."""
    an, encounter = make_world()
    record_diagnosis(
        encounter=encounter, role=codes.DiagnosisRole.ADMISSION, code="J18.9", text="Viêm phổi", by=an
    )
    system = CodeSystem.objects.get(code="medicine")
    for code, display, ingredient in (
        ("TH0010", "Morphin 30 mg (viên nén)", "Morphin sulfat"),
        ("TH0133", "Diazepam 5 mg (viên nén)", "Diazepam"),
    ):
        Concept.objects.create(
            system=system,
            code=code,
            display=display,
            search_text=search_text(code, display, ""),
            properties={"ingredient": ingredient, "unit_code": "vien", "route": "PO"},
        )
    return an, encounter


def ordered(stay: Encounter, an: User, *typed: str) -> list[MedicationRequest]:
    entry = make_entry(stay, an)
    for line in typed:
        services.add_quick(entry=entry, choice="", typed=line, by=an)
    for alert in unanswered(entry):
        services.answer_check(
            entry=entry, order_uuid=alert.order_uuid, key=alert.key, reason="Đã cân nhắc", by=an
        )
    confirm(entry, an)
    return list(MedicationRequest.objects.filter(entry=entry).order_by("position"))


def finish(document: Document, by: User, **fields: str) -> Document:
    from encounters.forms.services import with_fields  # noqa: PLC0415

    draft = chart.draft_of(document)
    draft.content = with_fields(draft.questionnaire, draft.content, {f"a/{k}": v for k, v in fields.items()})
    draft.save(update_fields=["content"])
    documents.finalize_document(document=document, revision=draft.revision, by=by)
    document.refresh_from_db()
    return document


def written(stay: Encounter, an: User, *typed: str) -> Document:
    (document,) = services.begin_prescriptions(encounter=stay, orders=[], days=7, by=an)
    for line in typed:
        services.add_prescription_line(document=document, choice="", typed=line, by=an)
    return document


def test_what_is_ticked_goes_home_each_kind_on_its_form(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    orders = ordered(encounter, an, "amox 500 1x3 5n", "morphin 30 1x2 3n", "diazepam 5 1/2x1 3n")
    for _again in range(2):  # sent twice, once there
        made = services.begin_prescriptions(encounter=encounter, orders=orders, days=5, by=an)
    assert [document.code for document in made] == ["DON-THUOC", "DON-THUOC-H", "DON-THUOC-N"]
    lines = {line.code: line for line in PrescriptionLine.objects.all()}
    assert len(lines) == 3 == PrescriptionLine.objects.count()
    assert (lines["TH0017"].quantity, lines["TH0017"].days, lines["TH0017"].based_on) == (15, 5, orders[0])
    assert (lines["TH0010"].control, lines["TH0010"].quantity) == ("N", 10)
    assert (lines["TH0133"].control, lines["TH0133"].quantity) == ("H", 3)  # whole pieces
    assert {order.status for order in MedicationRequest.objects.all()} == {"active"}


def test_the_print_says_quantities_as_the_circular_asks(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    ordinary = finish(written(encounter, an, "amox 500 1x1 5n", "para 500 1v x3 PRN sốt"), an)
    assert ordinary.current_version is not None
    first, second = ordinary.current_version.composition["sections"]["prescription"]["lines"]
    assert first["quantity"].startswith("05 ")
    assert "sốt" in second["how"]
    assert ordinary.current_version.composition["signers"][0]["role"] == "BÁC SĨ KHÁM BỆNH"
    (narcotic,) = services.begin_prescriptions(
        encounter=encounter, orders=ordered(encounter, an, "morphin 30 1x3 2n"), days=7, by=an
    )
    finish(narcotic, an)
    assert narcotic.current_version is not None
    (line,) = narcotic.current_version.composition["sections"]["prescription"]["lines"]
    assert line["quantity"].startswith("Hai mươi mốt ")
    pdf = documents.render_version(narcotic.current_version)
    assert pdf.startswith(b"%PDF")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"),
        (5, "năm"),
        (10, "mười"),
        (15, "mười lăm"),
        (21, "hai mươi mốt"),
        (24, "hai mươi bốn"),
        (30, "ba mươi"),
        (105, "một trăm lẻ năm"),
        (110, "một trăm mười"),
        (1005, "một nghìn không trăm lẻ năm"),
        (2315, "hai nghìn ba trăm mười lăm"),
        (1_000_000, "một triệu"),
    ],
)
def test_numbers_in_words(number: int, words: str) -> None:
    assert in_words(number) == words
    assert quantity_in_words(Decimal(number)) == words[0].upper() + words[1:]


def test_quantities_in_digits_and_halves() -> None:
    assert [quantity_in_digits(Decimal(n)) for n in ("5", "14", "1.50", "100")] == ["05", "14", "1,5", "100"]
    assert quantity_in_words(Decimal("1.5")) == "Một phẩy năm"


@pytest.mark.parametrize(
    ("typed", "fields", "said"),
    [
        ([], {}, "ít nhất một thuốc"),
        (["amox 500 1x3 31n"], {}, "30"),
        (["amox 500 1x3 31n"], {"long_term/0": "true"}, ""),
        (["amox 500 1x3 30n"], {}, ""),
        (["morphin 30 1x2 3n"], {}, "đúng"),
    ],
)
def test_what_the_circular_forbids_stops_it(
    stay: tuple[User, Encounter], typed: list[str], fields: dict[str, str], said: str
) -> None:
    an, encounter = stay
    document = written(encounter, an, *typed)
    if not said:
        assert finish(document, an, **fields).status == "final"
        return
    with pytest.raises(NotComplete) as missing:
        finish(document, an, **fields)
    assert said in " ".join(missing.value.reasons)
    document.refresh_from_db()
    assert document.status == "draft"


def test_a_controlled_medicine_for_longer_says_why(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    orders = ordered(encounter, an, "morphin 30 1x2 3n")
    (document,) = services.begin_prescriptions(encounter=encounter, orders=orders, days=8, by=an)
    with pytest.raises(NotComplete):
        finish(document, an)
    assert finish(document, an, **{"control.reason/0": "Giảm đau ung thư"}).status == "final"


def test_the_days_are_the_facilitys_dated_table_and_name_their_rule(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    today = now().date()
    assert limit_of(encounter.facility_id, "N", today) == Limit(7, "TT 52/2017/TT-BYT, Điều 7")
    services.load_shipped(facility=encounter.facility)
    assert limit_of(encounter.facility_id, "H", today).days == 10
    table = "code,days,source,note,valid_from,valid_to\nN,3,Hội đồng thuốc,,{day},\n"
    for day in (today - dt.timedelta(days=30), today + dt.timedelta(days=30)):
        row = table.format(day=day).replace(",3,", ",3," if day < today else ",5,")
        services.import_table(
            facility=encounter.facility, name="prescription_limits", content=row.encode(), by=an
        )
    assert [
        limit_of(encounter.facility_id, "N", today + dt.timedelta(days=n)).days for n in (-60, 0, 60)
    ] == [7, 3, 5]
    orders = ordered(encounter, an, "morphin 30 1x2 3n")
    (document,) = services.begin_prescriptions(encounter=encounter, orders=orders, days=4, by=an)
    with pytest.raises(NotComplete) as missing:
        finish(document, an)
    assert "Hội đồng thuốc" in " ".join(missing.value.reasons)


def test_of_a_small_child_weight_and_who_came_are_written(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    patient = encounter.patient
    patient.birth_date = now().date() - dt.timedelta(days=4 * 365)
    patient.save(update_fields=["birth_date"])
    document = written(encounter, an, "amox 500 1x3 5n")
    with pytest.raises(NotComplete):
        finish(document, an, **{"person.weight/0": "15"})
    finish(document, an, **{"person.weight/0": "15", "person.caregiver/0": "Mẹ: Trần Thị Lan"})


def test_an_allergy_is_answered_and_the_ward_does_not_count(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    ordered(encounter, an, "amox 500 1x3 5n")
    record_allergy(patient=encounter.patient, substance="Penicillin", by=an)
    document = written(encounter, an, "amox 500 1x3 5n")
    (alert,) = alerts_of(document)
    assert alert.key.startswith("allergy:")
    with pytest.raises(NotComplete):
        finish(document, an)
    services.answer_check(
        entry=document, order_uuid=alert.order_uuid, key=alert.key, reason="Đã dùng, không phản ứng", by=an
    )
    finish(document, an)


def test_a_finished_prescription_keeps_its_medicines(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    document = finish(written(encounter, an, "amox 500 1x3 5n"), an)
    line = PrescriptionLine.objects.get()
    with pytest.raises(Conflict):
        services.change_prescription_line(line=line, by=an, days=3)
    documents.amend_document(document=document, reason="Thêm lời dặn", by=an)
    with pytest.raises(Conflict):
        services.remove_prescription_line(line=line, by=an)
    with pytest.raises(Conflict):
        services.add_prescription_line(document=document, choice="", typed="para 500 1x3 2n", by=an)
    assert finish(document, an, **{"advice/0": "Uống nhiều nước"}).status == "amended"
    assert PrescriptionLine.objects.get().days == 5


def test_a_line_is_changed_and_its_quantity_counted_anew(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    document = written(encounter, an, "amox 500 1x3 5n", "para 500 1x2 3n")
    first, second = PrescriptionLine.objects.order_by("position")
    changed = services.change_prescription_line(line=first, by=an, days=7)
    assert changed.quantity == 21
    assert services.change_prescription_line(line=first, by=an, quantity=Decimal(20)).quantity == 20
    services.remove_prescription_line(line=second, by=an)
    with pytest.raises(DomainError):
        services.change_prescription_line(line=first, by=an, times_per_day=None)
    assert [line.days for line in document.prescription_lines.all()] == [7]


# -- pages ---------------------------------------------------------------------------------------------------------------


def test_the_doctor_ticks_changes_and_confirms(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    (order,) = ordered(encounter, an, "amox 500 1x3 5n")
    client = signed_in(an)
    page = reverse("encounters:orders:prescriptions", args=[encounter.uuid])
    assert str(order.uuid) in client.get(page).content.decode()
    begin = reverse("encounters:orders:prescription_begin", args=[encounter.uuid])
    refused = client.post(begin, {"order": [str(order.uuid)], "days": "0"})
    assert refused.status_code == 422
    answer = client.post(begin, {"order": [str(order.uuid)], "days": "7"})
    document = Document.objects.get(code="DON-THUOC")
    assert answer.headers["Location"].endswith(f"/documents/{document.uuid}/")
    line = PrescriptionLine.objects.get()
    editor = reverse("encounters:orders:prescription_editor", args=[document.uuid])
    assert "21 " in client.get(editor).content.decode()
    assert client.post(editor, {"line_text": "không có thuốc này"}).status_code == 422
    assert client.post(editor, {"line_text": "para 500 1x3 2n"}).status_code == 201
    choices = reverse("encounters:orders:prescription_choices", args=[document.uuid])
    assert client.get(choices, {"q": "atorva 20 1x1 9n"}).json()["results"][0]["code"].startswith("TH0081:")
    change = reverse("encounters:orders:prescription_line", args=[line.uuid])
    told: dict[str, Any] = {
        "dose": "1",
        "dose_unit": "vien",
        "times_per_day": "2",
        "days": "5",
        "route": "PO",
        "quantity": "",
        "quantity_unit": "vien",
    }
    assert client.post(change, told | {"days": "500"}).status_code == 422
    assert 'value="500"' in client.post(change, told | {"days": "500"}).content.decode()
    assert client.post(change, told).status_code == 200
    line.refresh_from_db()
    assert (line.quantity, line.days) == (10, 5)
    for stranger, status in ((make_chi(), 404), (make_binh(department()), 403)):
        assert signed_in(stranger).post(change, told).status_code == status
        assert signed_in(stranger).post(begin, {"days": "7"}).status_code == status
    assert "DON-THUOC" in client.get(page).content.decode()


def test_a_controlled_medicine_asks_anew_who_prescribes(stay: tuple[User, Encounter]) -> None:
    """S-22: the form waits with what was typed; medicines that aren't controlled ask nothing."""
    an, encounter = stay
    orders = ordered(encounter, an, "amox 500 1x3 5n", "morphin 30 1x2 3n")
    usual, narcotic = services.begin_prescriptions(encounter=encounter, orders=orders, days=5, by=an)
    client = signed_in(an)
    StaffSession.objects.filter(user=an).update(proved_at=now() - dt.timedelta(minutes=RECENT_MINUTES + 1))

    def confirmed(document: Document) -> tuple[int, str]:
        sent = {"version": str(chart.draft_of(document).revision), "a/advice": "Uống sau ăn"}
        answer = client.post(reverse("encounters:documents:finalize", args=[document.uuid]), sent)
        document.refresh_from_db()
        return answer.status_code, answer.content.decode()

    assert confirmed(usual)[0] != 401
    status, page = confirmed(narcotic)
    assert (status, narcotic.status) == (401, "draft")
    assert "Uống sau ăn" in page
    StaffSession.objects.filter(user=an).update(proved_at=now())
    assert confirmed(narcotic)[0] != 401


def test_the_list_asks_as_much_for_many_as_for_one(stay: tuple[User, Encounter]) -> None:
    an, encounter = stay
    client = signed_in(an)
    page = reverse("encounters:orders:prescriptions", args=[encounter.uuid])
    counts = []
    for more in (1, 6):
        for _index in range(more):
            finish(written(encounter, an, "amox 500 1x3 5n", "para 500 1x3 2n"), an)
        client.get(page)
        with CaptureQueriesContext(connection) as captured:
            client.get(page)
        counts.append(len(captured))
    assert counts[0] == counts[1]
