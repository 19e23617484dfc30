"""The pharmacist's page: new and changed medicines, all that a review looks at, remarks and holds with an answer."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.utils import Error
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.common.errors import Conflict, DomainError
from emr.notices.models import NoticeRecipient
from encounters.documents import services as documents
from encounters.orders import services, telling
from encounters.orders.kidney import estimated_gfr
from encounters.orders.models import MedicationRequest, PharmacyComment, PharmacyReview
from encounters.orders.selectors.pharmacy import ASKED, pharmacy_stays, review_of_stay
from encounters.visits.models import Encounter
from patients.history.services import record_allergy
from tests.emr.people import make_binh, make_chi, make_department, make_facility, make_user
from tests.encounters import chart
from tests.encounters.orders.tables import confirm, make_entry, make_world
from tests.encounters.results.reports import facts, file, value
from tests.encounters.visits.ward import department, signed_in

pytestmark = pytest.mark.django_db
LIST = reverse("encounters:orders:pharmacy")


@pytest.fixture
def ward() -> tuple[User, User, Encounter]:
    """An the doctor, Hạnh the pharmacist, a stay."""
    an, stay = make_world()
    pharmacy = make_department(make_facility(), "K43", "Khoa Dược")
    return an, make_user("hanh", "Ngô Thị Hạnh", "pharmacist", pharmacy, title="DS."), stay


def ordered(stay: Encounter, an: User, *typed: str, days: float = 0) -> list[MedicationRequest]:
    entry = make_entry(stay, an, days=days)
    for line in typed:
        services.add_quick(entry=entry, choice="", typed=line, by=an)
    confirm(entry, an)
    return list(MedicationRequest.objects.filter(entry=entry).order_by("position"))


def told(kind: str) -> set[str]:
    rows = NoticeRecipient.objects.filter(notice__kind=kind, notice__cause_gone_at=None)
    return set(rows.values_list("user__username", flat=True))


def waiting(user: User) -> list[int]:
    return [stay.waiting for stay in pharmacy_stays(user)]  # type: ignore[attr-defined]  # annotated


def test_new_medicines_wait_until_they_are_accepted_once(ward: tuple[User, User, Encounter]) -> None:
    an, hanh, stay = ward
    orders = ordered(stay, an, "para 500 1x3", "amox 500 1x3 5n")
    assert waiting(hanh) == [2]
    assert services.accept_orders(orders=orders[:1], by=hanh) == 1
    assert services.accept_orders(orders=orders[:1], by=hanh) == 0
    assert waiting(hanh) == [1]
    services.stop_order(order=orders[1], reason="Đổi thuốc", by=an)
    assert services.accept_orders(orders=orders, by=hanh) == 0
    assert waiting(hanh) == []


def test_what_goes_on_unchanged_stays_accepted_and_what_changed_comes_back(
    ward: tuple[User, User, Encounter],
) -> None:
    an, hanh, stay = ward
    services.accept_orders(orders=ordered(stay, an, "para 500 1x3", "amox 500 1x3 5n", days=1), by=hanh)
    today = documents.begin_document(encounter=stay, code="36/BV2", by=an)
    documents.copy_earlier(document=today, by=an)
    changed = MedicationRequest.objects.get(entry=today, code="TH0017")
    services.change_draft(order=changed, by=an, dose=Decimal(2))
    draft = chart.draft_of(today)
    documents.save_draft(document=today, fields=chart.written(today), revision=draft.revision, by=an)
    confirm(today, an)
    assert waiting(hanh) == [1]
    kept = PharmacyReview.objects.get(order__entry=today)
    assert (kept.order.code, kept.status, kept.decided_by) == ("TH0001", "accepted", hanh)
    shown = {one.order.code: one for one in review_of_stay(stay).medicines}
    assert (shown["TH0017"].is_waiting, shown["TH0001"].is_waiting) == (True, False)
    assert shown["TH0017"].changed_from
    assert not shown["TH0001"].changed_from


def test_a_hold_reaches_prescriber_and_nurses_and_the_answer_brings_it_back(
    ward: tuple[User, User, Encounter],
) -> None:
    an, hanh, stay = ward
    make_binh(department())
    (order,) = ordered(stay, an, "amox 500 1x3 5n")
    with pytest.raises(DomainError) as refusal:
        services.hold_by_pharmacist(order=order, reason=" ", refuses=False, by=hanh)
    assert refusal.value.field == "text"
    for _again in range(2):
        services.hold_by_pharmacist(order=order, reason="Suy thận, xem lại liều", refuses=False, by=hanh)
    order.refresh_from_db()
    assert (order.status, order.status_reason) == ("on-hold", "Suy thận, xem lại liều")
    assert told(telling.PHARMACY_HOLDS) == {"an", "binh"}
    assert waiting(hanh) == []
    assert len(pharmacy_stays(hanh, show=ASKED)) == 1
    comment = PharmacyComment.objects.get()
    answer = services.answer_pharmacist(comment=comment, text="Đã tính theo eGFR", action="resume", by=an)
    order.refresh_from_db()
    assert order.status == "active"
    assert told(telling.PHARMACY_HOLDS) == set()
    assert told(telling.PHARMACY_ANSWERED) == {"hanh"}
    assert waiting(hanh) == [1]  # it is looked at anew
    with pytest.raises(Conflict):
        services.answer_pharmacist(comment=comment, text="Lần nữa", by=an)
    with pytest.raises(DomainError):
        services.answer_pharmacist(comment=answer, text="Trả lời câu trả lời", by=an)
    assert PharmacyComment.objects.count() == 2


def test_a_refused_medicine_is_held_and_its_prescriber_stops_it(ward: tuple[User, User, Encounter]) -> None:
    an, hanh, stay = ward
    (order,) = ordered(stay, an, "amox 500 1x3 5n")
    services.hold_by_pharmacist(order=order, reason="Dị ứng penicilin", refuses=True, by=hanh)
    assert PharmacyReview.objects.get().status == "rejected"
    assert MedicationRequest.objects.get().status == "on-hold"  # a pharmacist stops no doctor's order
    assert services.accept_orders(orders=[order], by=hanh) == 0
    services.answer_pharmacist(
        comment=PharmacyComment.objects.get(), text="Đồng ý, đổi thuốc", action="stop", by=an
    )
    assert MedicationRequest.objects.get().status == "revoked"
    assert waiting(hanh) == []


def test_the_pharmacist_lets_go_of_an_own_hold_alone(ward: tuple[User, User, Encounter]) -> None:
    an, hanh, stay = ward
    (order,) = ordered(stay, an, "amox 500 1x3 5n")
    services.hold_order(order=order, reason="Nôn", by=an)
    with pytest.raises(Conflict):
        services.release_by_pharmacist(order=order, by=hanh)
    assert MedicationRequest.objects.get().status == "on-hold"
    services.resume_order(order=order, by=an)
    services.hold_by_pharmacist(order=order, reason="Hỏi lại liều", refuses=False, by=hanh)
    assert services.release_by_pharmacist(order=order, by=hanh).status == "active"
    assert told(telling.PHARMACY_HOLDS) == set()
    assert waiting(hanh) == [1]


def test_a_remark_leaves_the_order_in_effect(ward: tuple[User, User, Encounter]) -> None:
    an, hanh, stay = ward
    (order,) = ordered(stay, an, "amox 500 1x3 5n")
    comment = services.comment_on_order(order=order, text="Có thể chuyển đường uống?", by=hanh)
    assert MedicationRequest.objects.get().status == "active"
    assert told(telling.PHARMACY_ASKS) == {"an"}
    with pytest.raises(Error):
        PharmacyComment.objects.filter(pk=comment.pk).update(text="khác")


def test_the_review_sees_allergies_kidneys_and_the_other_medicines(
    ward: tuple[User, User, Encounter],
) -> None:
    an, hanh, stay = ward
    record_allergy(patient=stay.patient, substance="Penicillin", by=an)
    entry = make_entry(stay, an)
    services.add_quick(entry=entry, choice="", typed="clarithromycin 500 1x2 5n", by=an)
    services.add_quick(entry=entry, choice="", typed="atorva 20 1x1 5n", by=an)
    from encounters.orders.selectors.checking import unanswered  # noqa: PLC0415

    for alert in unanswered(entry):
        services.answer_check(
            entry=entry, order_uuid=alert.order_uuid, key=alert.key, reason="Đã cân nhắc", by=an
        )
    confirm(entry, an)
    file(
        stay,
        facts(
            value(
                "150", title="Creatinin", loinc="14682-9", unit="µmol/L", ucum="umol/L", low=None, high=None
            )
        ),
    )
    html = (
        signed_in(hanh).get(reverse("encounters:orders:pharmacy_of_stay", args=[stay.uuid])).content.decode()
    )
    assert "Penicillin" in html
    assert "150 µmol/L" in html
    assert "CKD-EPI 2021" in html
    assert "Tương tác" in html
    (found,) = {one.order.code for one in review_of_stay(stay).medicines if one.alerts}
    assert found in {"TH0035", "TH0081"}


@pytest.mark.parametrize(
    ("micromoles", "age", "sex", "gfr"),
    [
        ("80", 40, "male", 110),
        ("80", 40, "female", 82),
        ("150", 70, "male", 43),
        ("300", 80, "female", 13),
        ("60", 12, "male", None),
        ("60", 40, "unknown", None),
    ],
)
def test_kidneys_by_ckd_epi_2021(micromoles: str, age: int, sex: str, gfr: int | None) -> None:
    assert estimated_gfr(Decimal(micromoles), age=age, sex=sex) == gfr


# -- pages ---------------------------------------------------------------------------------------------------------------


def test_the_pharmacist_accepts_what_the_page_showed_and_goes_on(ward: tuple[User, User, Encounter]) -> None:
    an, hanh, stay = ward
    shown, later = ordered(stay, an, "para 500 1x3", "amox 500 1x3 5n")
    client = signed_in(hanh)
    assert reverse("encounters:orders:pharmacy_panel") in client.get("/").content.decode()
    assert (
        stay.patient.full_name.upper()
        in client.get(reverse("encounters:orders:pharmacy_panel")).content.decode()
    )
    html = client.get(LIST).content.decode()
    page = reverse("encounters:orders:pharmacy_of_stay", args=[stay.uuid])
    assert page in html
    assert page not in client.get(LIST, {"q": "không có ai"}).content.decode()
    assert page in client.get(LIST, {"q": "amoxi"}).content.decode()
    assert page in client.get(LIST, {"department": str(stay.department.uuid)}).content.decode()  # type: ignore[union-attr]
    assert str(shown.uuid) in client.get(page).content.decode()
    accept = reverse("encounters:orders:pharmacy_accept", args=[stay.uuid])
    assert client.post(accept, {"order": [str(shown.uuid)], "then": "next"}).status_code == 302
    assert PharmacyReview.objects.get().order == shown
    act = reverse("encounters:orders:pharmacy_act", args=[later.uuid])
    refused = client.post(act, {"action": "hold", "text": "x"})
    assert refused.status_code == 422
    assert client.post(act, {"action": "dance"}).status_code == 400
    assert client.post(act, {"action": "hold", "text": "Xem lại liều"}).status_code == 302
    later.refresh_from_db()
    assert later.status == "on-hold"


def test_the_doctor_sees_the_question_at_home_and_answers_on_the_stays_page(
    ward: tuple[User, User, Encounter],
) -> None:
    an, hanh, stay = ward
    (order,) = ordered(stay, an, "amox 500 1x3 5n")
    services.hold_by_pharmacist(order=order, reason="Xem lại liều nhé", refuses=False, by=hanh)
    comment = PharmacyComment.objects.get()
    client = signed_in(an)
    assert "Xem lại liều nhé" in client.get(reverse("encounters:orders:pharmacy_asks")).content.decode()
    answer = reverse("encounters:orders:pharmacy_answer", args=[comment.uuid])
    assert answer in client.get(reverse("encounters:orders:of_stay", args=[stay.uuid])).content.decode()
    told_: dict[str, Any] = {"text": "Giữ liều, theo dõi", "action": "resume"}
    assert signed_in(make_chi()).post(answer, told_).status_code == 404
    assert signed_in(hanh).post(answer, told_).status_code == 403
    assert client.post(answer, told_).status_code == 302
    order.refresh_from_db()
    assert order.status == "active"
    assert (
        "Giữ liều, theo dõi"
        in signed_in(hanh)
        .get(reverse("encounters:orders:pharmacy_of_stay", args=[stay.uuid]))
        .content.decode()
    )


def test_the_pages_ask_as_much_for_many_as_for_one(ward: tuple[User, User, Encounter]) -> None:
    an, hanh, stay = ward
    client = signed_in(hanh)
    pages = [LIST, reverse("encounters:orders:pharmacy_of_stay", args=[stay.uuid])]
    counts = []
    for number, more in enumerate((1, 8)):
        for index in range(more):
            orders = ordered(stay, an, "para 500 1x3", "atorva 20 1x1")
            services.comment_on_order(order=orders[0], text=f"Hỏi {number}.{index}", by=hanh)
        for address in pages:
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                client.get(address)
            counts.append(len(captured))
    assert counts[:2] == counts[2:]


def test_yesterdays_medicines_wait_no_more(ward: tuple[User, User, Encounter]) -> None:
    an, hanh, stay = ward
    ordered(stay, an, "para 500 1x3", "amox 500 1x3 5n", days=2)
    assert waiting(hanh) == [1]
