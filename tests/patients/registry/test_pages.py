"""Pages of the registry: what they show, what they refuse, how many queries they ask."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from emr.audit.models import AuditEvent
from patients.registry import systems
from patients.registry.models import Patient
from patients.registry.services import add_identifier, merge_patients, set_related_person, update_patient
from tests.emr.people import make_an, make_binh, make_department, make_facility
from tests.patients.people import in_care_of, make_clerk, make_patient

pytestmark = pytest.mark.django_db

CARD = (
    "038157012345|171234567|NGUYỄN THỊ ĐÀO|14031957|Nữ|Thôn 3, Xã Ba Cụm Bắc, Khánh Sơn, Khánh Hòa|21122021"
)


@pytest.fixture
def desk(client: Client) -> Client:
    """Dung at the desk, signed in."""
    client.force_login(make_clerk())
    return client


def test_a_scanned_card_fills_the_form_and_one_key_registers(desk: Client) -> None:
    page = desk.post(reverse("patients:registry:scan"), {"card": CARD})
    assert page.status_code == 200
    form = page.context["form"]
    assert form.initial["full_name"] == "Nguyễn Thị Đào"
    assert {m.field for m in page.context["missing"]} >= {"occupation", "ethnic_group", "commune"}
    filled = {name: form[name].value() or "" for name in form.fields}
    done = desk.post(reverse("patients:registry:register"), filled)
    patient = Patient.objects.get()
    assert done.status_code == 302
    assert done.url == reverse("patients:registry:chart", args=[patient.uuid])
    assert patient.birth_date == dt.date(1957, 3, 14)
    kept = set(patient.identifiers.values_list("system", "value"))
    assert kept >= {(systems.CITIZEN, "038157012345"), (systems.OLD_CITIZEN, "171234567")}
    assert patient.address_text.startswith("Thôn 3")
    # Sent once more (a double press): the same patient.
    assert desk.post(reverse("patients:registry:register"), filled).url == done.url
    assert Patient.objects.count() == 1


def test_a_card_of_a_patient_opens_the_chart_at_once(desk: Client) -> None:
    dao = make_patient()
    add_identifier(patient=dao, system=systems.CITIZEN, value="038157012345", by=None)
    for address in ("patients:registry:scan", "patients:registry:search"):
        answer = desk.post(reverse(address), {"card": CARD, "q": CARD})
        assert answer.url == reverse("patients:registry:chart", args=[dao.uuid])


def test_somebody_alike_is_shown_beside_and_the_clerk_decides(desk: Client) -> None:
    dao = make_patient()
    page = desk.post(reverse("patients:registry:scan"), {"card": CARD})
    assert [match.patient for match, _row in page.context["matches"]] == [dao]
    assert "same name" in page.context["matches"][0][0].reasons or page.context["matches"][0][0].score >= 90
    form = page.context["form"]
    filled = {name: form[name].value() or "" for name in form.fields}
    refused = desk.post(reverse("patients:registry:register"), filled)
    assert refused.status_code == 409
    assert Patient.objects.count() == 1
    desk.post(reverse("patients:registry:register"), filled | {"another_person": "on"})
    assert Patient.objects.count() == 2


def test_a_broken_scan_says_what_to_do_and_registers_nobody(desk: Client) -> None:
    page = desk.post(reverse("patients:registry:scan"), {"card": "038157012345|Nguyeexn"})
    assert page.status_code == 422
    assert page.context["scan_error"]
    assert not Patient.objects.exists()


def test_a_refused_form_keeps_what_was_typed(desk: Client) -> None:
    typed = {"full_name": "Lê Văn Tám", "birth": "31/02/1980", "sex": "male", "key": "k1", "phone": "0912"}
    page = desk.post(reverse("patients:registry:register"), typed)
    assert page.status_code == 422
    assert page.context["form"]["phone"].value() == "0912"
    assert "birth" in page.context["form"].errors
    assert not Patient.objects.exists()


def test_the_search_is_a_fragment_for_htmx_and_says_nothing_in_address_or_log(desk: Client) -> None:
    dao = make_patient("Nguyễn Thị Đào")
    answer = desk.post(reverse("patients:registry:search"), {"q": "dao ngu"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert b"<html" not in answer.content
    assert answer.context["found"].patients == [dao]
    line = AuditEvent.objects.get(action="patient.search")
    assert line.detail["count"] == 1
    assert "dao" not in str(line.detail)


def test_a_nurse_may_search_but_not_register(client: Client) -> None:
    binh = make_binh()
    client.force_login(binh)
    in_care_of(make_patient(), make_department(make_facility()))
    assert client.get(reverse("patients:registry:search")).status_code == 200
    assert client.get(reverse("patients:registry:register")).status_code == 403
    assert AuditEvent.objects.filter(outcome="denied", action="registry.register").exists()


def test_the_chart_of_a_merged_row_is_its_survivors(desk: Client) -> None:
    dao, twice = make_patient(), make_patient("Nguyễn Thị Đao")
    merge_patients(survivor=dao, duplicate=twice, by=None, reason="Cùng người")
    page = desk.get(reverse("patients:registry:chart", args=[twice.uuid]))
    assert page.context["patient"] == dao
    assert {n.patient_id for n in page.context["numbers"]} == {dao.pk, twice.pk}
    assert AuditEvent.objects.filter(action="patient.read", patient_id=dao.pk).count() == 1


def test_the_second_of_two_clerks_sees_what_differs_and_can_keep_hers(desk: Client) -> None:
    dao = make_patient(phone="0900000001")
    address = reverse("patients:registry:edit", args=[dao.uuid])
    form = desk.get(address).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields} | {"phone": "0900000003"}
    update_patient(patient=dao, by=None, version=1, phone="0900000002")
    answer = desk.post(address, typed)
    assert answer.status_code == 409
    difference = answer.context["differences"][0]
    assert (difference.theirs, difference.yours) == ("0900000002", "0900000003")
    again = {name: answer.context["form"][name].value() or "" for name in form.fields}
    assert desk.post(address, again).status_code == 302
    dao.refresh_from_db()
    assert dao.phone == "0900000003"
    history = desk.get(address).context["changes"]
    assert [(r.before, r.after) for change in history for r in change.rows] == [
        ("0900000002", "0900000003"),
        ("0900000001", "0900000002"),
    ]
    assert history[0].by == "dung"


@pytest.mark.parametrize(
    "page", ["edit", "add_number", "add_person", "merge_choose", "register_newborn", "chart", "banner"]
)
def test_every_page_of_a_patient_opens(desk: Client, page: str) -> None:
    dao = make_patient()
    assert desk.get(reverse(f"patients:registry:{page}", args=[dao.uuid])).status_code == 200


def test_merge_and_undo_on_the_pages(desk: Client) -> None:
    dao, twice = make_patient(), make_patient("Nguyễn Thị Đao")
    address = reverse("patients:registry:merge", args=[dao.uuid, twice.uuid])
    assert desk.get(address).status_code == 200
    assert desk.post(address, {"reason": ""}).status_code == 422
    assert desk.post(address, {"reason": "Cùng người"}).status_code == 302
    twice.refresh_from_db()
    assert twice.merged_into == dao
    link = twice.merge_links.get()
    undo = reverse("patients:registry:unmerge", args=[dao.uuid, link.uuid])
    assert desk.get(undo).status_code == 200
    assert desk.post(undo, {"reason": "Hai người"}).status_code == 302
    twice.refresh_from_db()
    assert twice.merged_into is None


def test_an_unknown_person_and_a_newborn_are_taken_in(desk: Client) -> None:
    assert desk.get(reverse("patients:registry:register_unknown")).status_code == 200
    done = desk.post(
        reverse("patients:registry:register_unknown"),
        {"description": "Nam, khoảng 50 tuổi", "sex": "male", "key": "u1"},
    )
    assert done.status_code == 302
    somebody = Patient.objects.get(is_temporary=True)
    assert somebody.identifiers.filter(value__startswith="TAM").exists()
    mother = make_patient("Lê Thị Mẹ", birth_date=dt.date(2000, 1, 1))
    address = reverse("patients:registry:register_newborn", args=[mother.uuid])
    typed = {"birth_date": "22/11/2026", "sex": "male", "key": "n1"}
    assert desk.post(address, typed | {"birth_order": "1"}).status_code == 302
    assert desk.post(address, typed | {"birth_order": "2", "key": "n2"}).status_code == 302
    assert mother.newborns.count() == 2


def test_the_chart_asks_a_fixed_number_of_queries(client: Client, django_assert_num_queries: object) -> None:
    an, dao = make_an(), make_patient()
    in_care_of(dao, make_department(make_facility()))
    client.force_login(an)
    address = reverse("patients:registry:chart", args=[dao.uuid])
    client.get(address)
    for name in ("Con", "Chồng", "Mẹ"):
        set_related_person(patient=dao, full_name=name, relationship="CHILD", by=None)
    # Twelve, and the savepoint (two statements) that stands here for the request's own transaction.
    with django_assert_num_queries(12 + 2):  # type: ignore[operator]
        client.get(address)
