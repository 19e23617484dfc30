"""A document written on the wrong patient: marked there, begun anew where it belongs, each side tells of the other."""

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from encounters.documents import services
from encounters.documents.access import moved_sides
from encounters.documents.models import Document
from encounters.forms.services import answers_of
from encounters.orders.models import MedicationRequest
from encounters.orders.services import add_medication
from encounters.visits.models import Encounter
from tests.emr.people import make_user
from tests.encounters import chart
from tests.encounters.visits.ward import INTERNAL, admit, ago, department, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
SURGERY = ("K07", "Khoa Ngoại")
WRONG = "Ghi nhầm người bệnh giường bên"


def confirmed(stay: Encounter, an: User, text: str = "Sốt 39 độ.") -> Document:
    document = chart.begin(stay, an)
    draft = services.save_draft(document=document, fields=chart.written(document, text), revision=1, by=an)
    services.finalize_document(document=document, revision=draft.revision, by=an)
    document.refresh_from_db()
    return document


def neighbour(name: str = "Trần Văn Bình", ward: tuple[str, str] = INTERNAL) -> Encounter:
    return admit(make_patient(name), department=department(ward), at=ago(hours=2))


def text_of(document: Document) -> str:
    [answer] = answers_of(chart.draft_of(document).content, "course.text")
    return str(answer.value)


def test_it_is_entered_in_error_here_and_begun_anew_there() -> None:
    an, stay = chart.make_stay()
    wrong, right = confirmed(stay, an), neighbour()
    em = make_user("em", "Vũ Văn Em", "doctor", department(), title="BS.")
    anew = services.move_document(document=wrong, to=right, reason=WRONG, by=em)
    wrong.refresh_from_db()
    assert (wrong.status, wrong.error_reason, wrong.error_by) == ("entered-in-error", WRONG, em)
    assert wrong.versions.count() == 1
    assert (anew.encounter, anew.patient, anew.author, anew.status) == (right, right.patient, an, "draft")
    assert (anew.moved_from, wrong.moved_to) == (wrong, anew)
    assert text_of(anew) == "Sốt 39 độ."
    told = AuditEvent.objects.filter(action__in=["document.take_out", "document.bring_in"])
    assert {line.patient_id for line in told} == {stay.patient_id, right.patient_id}
    assert services.move_document(document=wrong, to=right, reason=WRONG, by=em) == anew


def test_a_draft_moves_too() -> None:
    an, stay = chart.make_stay()
    wrong, right = chart.begin(stay, an), neighbour()
    services.save_draft(document=wrong, fields=chart.written(wrong, "Chưa xong"), revision=1, by=an)
    anew = services.move_document(document=wrong, to=right, reason=WRONG, by=an)
    assert text_of(anew) == "Chưa xong"
    wrong.refresh_from_db()
    assert wrong.is_closed


def test_its_orders_end_and_none_follows_it() -> None:
    an, stay = chart.make_stay()
    document = chart.begin(stay, an)
    add_medication(
        entry=document,
        by=an,
        text="Ceftriaxon 1 g",
        route="IV",
        dose="1",
        dose_unit="lo",
        times_per_day=2,
        day_number=1,
    )
    draft = services.save_draft(document=document, fields=chart.written(document), revision=1, by=an)
    services.finalize_document(document=document, revision=draft.revision, by=an)
    anew = services.move_document(document=document, to=neighbour(), reason=WRONG, by=an)
    assert {order.status for order in MedicationRequest.objects.filter(encounter=stay)} == {
        "entered-in-error"
    }
    assert not MedicationRequest.objects.filter(encounter=anew.encounter).exists()


@pytest.mark.parametrize("code", ["reason_missing", "same_stay", "closed", "has_one"])
def test_what_makes_no_sense_is_refused_and_changes_nothing(code: str) -> None:
    an, stay = chart.make_stay()
    right, reason, wrong = neighbour(), WRONG, confirmed(stay, an)
    if code == "reason_missing":
        reason = " "
    elif code == "same_stay":
        right = stay
    elif code == "closed":
        services.enter_in_error(document=wrong, reason="Nhầm", by=an)
    else:
        wrong = chart.begin(stay, an, code="01/BV1")
        chart.begin(right, an, code="01/BV1")
    before = Document.objects.count()
    with pytest.raises(DomainError) as refused:
        services.move_document(document=wrong, to=right, reason=reason, by=an)
    assert refused.value.code == code
    assert Document.objects.count() == before


def test_each_chart_names_the_other_to_those_alone_who_reach_it() -> None:
    an, stay = chart.make_stay()
    wrong = confirmed(stay, an)
    far = neighbour(ward=SURGERY)
    surgeon = make_user("phong", "Lý Phong", "doctor", far.department, title="BS.")
    anew = services.move_document(document=wrong, to=far, reason=WRONG, by=an)
    here, there = signed_in(an).get(_page(wrong)), signed_in(surgeon).get(_page(anew))
    for page, other in ((here, far.patient), (there, stay.patient)):
        assert "nhầm người bệnh" in page.content.decode()
        assert other.full_name.upper() not in page.content.decode()
    assert [side.document for side in moved_sides(an, wrong)] == [None]
    make_both = make_user("hai", "Bùi Hai", "director", department())
    assert [side.document for side in moved_sides(make_both, wrong)] == [anew]


def _page(document: Document, name: str = "document") -> str:
    return reverse(f"encounters:documents:{name}", args=[document.uuid])


def _moved(client: Client, document: Document, **told: str) -> int:
    return client.post(_page(document, "move"), told).status_code


def test_found_by_search_and_moved_in_one_step() -> None:
    an, stay = chart.make_stay()
    wrong, right, client = confirmed(stay, an), neighbour(), signed_in(an)
    assert _page(wrong, "move") in client.get(_page(wrong)).content.decode()
    found = client.post(_page(wrong, "move"), {"q": "binh tran", "reason": WRONG}).content.decode()
    assert str(right.uuid) in found and WRONG in found
    assert _moved(client, wrong, q="binh tran", stay=str(right.uuid)) == 200  # no reason yet: nothing happens
    assert not Document.objects.filter(moved_from=wrong).exists()
    assert _moved(client, wrong, stay=str(right.uuid), reason=WRONG) == 302
    anew = Document.objects.get(moved_from=wrong)
    page = client.get(_page(anew)).content.decode()
    assert stay.patient.full_name.upper() in page


def test_nobody_moves_to_where_they_dont_write() -> None:
    an, stay = chart.make_stay()
    wrong, far, client = confirmed(stay, an), neighbour(ward=SURGERY), signed_in(an)
    assert str(far.uuid) not in client.post(_page(wrong, "move"), {"q": "binh"}).content.decode()
    assert _moved(client, wrong, stay=str(far.uuid), reason=WRONG) in {403, 404}
    reader = signed_in(make_user("lan2", "Vũ Lan", "nurse", department()))
    assert _moved(reader, wrong, stay=str(stay.uuid), reason=WRONG) == 403
