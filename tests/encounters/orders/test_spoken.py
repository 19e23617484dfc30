"""Spoken orders: a nurse writes what a doctor said, it holds at once, a doctor answers for it in time."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import Error
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.accounts.services import keep_setting
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.notices.models import Notice, NoticeRecipient
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.orders import services, telling
from encounters.orders.models import CheckAnswer, MedicationRequest, ServiceRequest, SpokenOrder
from encounters.orders.selectors.spoken import spoken_for
from encounters.visits import codes
from encounters.visits.models import Encounter
from encounters.visits.services import record_diagnosis
from patients.history.services import record_allergy
from tests.emr.people import make_binh, make_chi, make_user
from tests.encounters.orders.tables import confirm, make_entry, make_world
from tests.encounters.visits.ward import ago, department, signed_in

pytestmark = pytest.mark.django_db
LIST = reverse("encounters:orders:spoken")


@pytest.fixture
def ward() -> tuple[User, User, Encounter]:
    """An the doctor, Bình the nurse, a stay with a diagnosis."""
    an, stay = make_world()
    record_diagnosis(
        encounter=stay, role=codes.DiagnosisRole.ADMISSION, code="J18.9", text="Viêm phổi", by=an
    )
    return an, make_binh(department()), stay


def spoken(ward: tuple[User, User, Encounter], *typed: str, **told: Any) -> SpokenOrder:
    an, binh, stay = ward
    return services.record_spoken_order(
        **{
            "encounter": stay,
            "kind": "telephone",
            "prescriber": an,
            "said": [("", line) for line in typed or ("para 500 1v",)],
            "token": uuid.uuid4(),
            "by": binh,
            "read_back": True,
            **told,
        }
    )


def told(kind: str) -> set[str]:
    rows = NoticeRecipient.objects.filter(notice__kind=kind, notice__cause_gone_at=None)
    return set(rows.values_list("user__username", flat=True))


def test_it_is_in_effect_at_once_and_the_doctor_confirms(ward: tuple[User, User, Encounter]) -> None:
    an, binh, _stay = ward
    found = spoken(ward, "para 500 1v", "amox 500 1x3 2n", "công thức máu")
    once, daily = MedicationRequest.objects.order_by("position")
    test = ServiceRequest.objects.get()
    for order in (once, daily, test):
        assert (order.status, order.requester, order.confirmed_by) == ("active", an, binh)
        assert order.placer_number
    assert once.occurrence_at == found.spoken_at
    assert (daily.occurrence_at, daily.times_per_day, daily.days) == (None, 3, 2)
    assert told(telling.SPOKEN) == {"an"}
    assert services.decide_spoken_order(spoken=found, confirms=True, by=an)
    found.refresh_from_db()
    assert (found.outcome, found.decided_by) == ("confirmed", an)
    entry = Document.objects.select_related("current_version__response").get()
    assert (entry.status, entry.author) == ("final", an)
    assert entry.happened_at == found.spoken_at
    assert entry.current_version is not None
    (first, *_others) = entry.current_version.composition["sections"]["orders"]["lines"]
    assert "BS. Nguyễn Văn An" in first["spoken"]
    assert "ĐD Trần Thị Bình" in first["spoken"]
    assert "Trần Thị Bình" in str(entry.current_version.response.resource)
    assert told(telling.SPOKEN) == set()
    # Again is once; the opposite comes too late.
    assert services.decide_spoken_order(spoken=found, confirms=True, by=an)
    with pytest.raises(Conflict):
        services.decide_spoken_order(spoken=found, confirms=False, note="Không phải", by=an)


def test_what_is_not_confirmed_stops_and_stays_readable(ward: tuple[User, User, Encounter]) -> None:
    an, _binh, _stay = ward
    found = spoken(ward, "para 500 1v", "amox 500 1x3")
    given = MedicationRequest.objects.get(code="TH0001")
    services.complete_order(order=given, by=an)
    with pytest.raises(DomainError) as refusal:
        services.decide_spoken_order(spoken=found, confirms=False, note=" ", by=an)
    assert refusal.value.field == "note"
    services.decide_spoken_order(spoken=found, confirms=False, note="Tôi nói liều khác", by=an)
    states = dict(MedicationRequest.objects.values_list("code", "status"))
    assert states == {"TH0001": "completed", "TH0017": "revoked"}  # what was given was given
    assert "Tôi nói liều khác" in MedicationRequest.objects.get(code="TH0017").status_reason
    version = Document.objects.get().current_version
    assert version is not None
    assert "Tôi nói liều khác" in str(version.composition["sections"]["orders"])
    assert told(telling.SPOKEN_REJECTED) == {"binh"}


def test_sent_twice_is_recorded_once(ward: tuple[User, User, Encounter]) -> None:
    token = uuid.uuid4()
    assert spoken(ward, token=token) == spoken(ward, token=token)
    assert MedicationRequest.objects.count() == 1
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"read_back": False}, "read_back"),
        ({"kind": "urgent-dose"}, "reason"),
        ({"kind": "whisper"}, "kind"),
        ({"said": []}, "line"),
        ({"said": [("", "khong co thuoc nay 1v")]}, "line"),
        ({"said": [("set:VK5", "")]}, "line"),
        ({"kind": "urgent-dose", "reason": "Ngừng tim", "said": [("", "công thức máu")]}, "line"),
        ({"spoken_at": now() + dt.timedelta(hours=2)}, "happened_at"),
        ({"spoken_at": now() - dt.timedelta(hours=30)}, "late_reason"),
    ],
)
def test_what_is_not_sound_is_refused_and_nothing_is_left(
    ward: tuple[User, User, Encounter], asked: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        spoken(ward, **asked)
    assert refusal.value.field == field
    assert not SpokenOrder.objects.exists()
    assert not MedicationRequest.objects.exists()
    assert not Document.objects.exists()


def test_only_who_may_order_here_can_have_said_it(ward: tuple[User, User, Encounter]) -> None:
    _an, binh, _stay = ward
    for stranger in (make_chi(), binh):
        with pytest.raises(DomainError) as refusal:
            spoken(ward, prescriber=stranger)
        assert refusal.value.code == "may_not_order"


def test_a_warning_is_told_to_the_doctor_and_the_answer_kept(ward: tuple[User, User, Encounter]) -> None:
    an, binh, stay = ward
    record_allergy(patient=stay.patient, substance="Penicillin", by=an)
    with pytest.raises(DomainError) as refusal:
        spoken(ward, "para 500 1v", "amox 500 1x3")
    assert refusal.value.code == "unanswered"
    lines = services.understand(stay, [("", "para 500 1v"), ("", "amox 500 1x3")], now())
    (alert,) = lines[1].alerts
    answers = {services.answer_name(lines[1], alert): "BS An: đã dùng, không phản ứng"}
    spoken(ward, "para 500 1v", "amox 500 1x3", answers=answers)
    kept = CheckAnswer.objects.get()
    assert (kept.answered_by, kept.order_uuid) == (binh, MedicationRequest.objects.get(code="TH0017").uuid)


def test_an_urgent_dose_is_given_first_and_answered_for_afterwards(
    ward: tuple[User, User, Encounter],
) -> None:
    an, binh, _stay = ward
    found = spoken(ward, kind="urgent-dose", reason="Sốt 41 độ, co giật", is_given=True, read_back=False)
    order = MedicationRequest.objects.get()
    assert (order.status, order.requester, order.status_changed_by) == ("completed", binh, binh)
    assert found.given_at == found.spoken_at
    services.decide_spoken_order(spoken=found, confirms=True, note="Đúng", by=an)
    order.refresh_from_db()
    assert order.status == "completed"


def test_an_entry_that_holds_a_spoken_order_is_not_thrown_away(ward: tuple[User, User, Encounter]) -> None:
    an, _binh, _stay = ward
    spoken(ward)
    entry = Document.objects.get()
    with pytest.raises(DomainError) as refusal:
        documents.discard_draft(document=entry, by=an)
    assert refusal.value.code == "spoken_order"
    assert MedicationRequest.objects.get().status == "active"


def test_finishing_the_entry_confirms_what_was_spoken(ward: tuple[User, User, Encounter]) -> None:
    an, _binh, _stay = ward
    spoken(ward)
    entry = Document.objects.get()
    own = services.add_medication(
        entry=entry, by=an, text="Vitamin C", route="PO", dose=1, dose_unit="vien", times_per_day=1
    )
    confirm(entry, an)
    assert SpokenOrder.objects.get().outcome == "confirmed"
    version = Document.objects.get().current_version
    assert version is not None
    said, added = version.composition["sections"]["orders"]["lines"]
    assert (bool(said["spoken"]), added["spoken"]) == (True, "")
    own.refresh_from_db()
    assert own.status == "active"


def test_the_morning_carries_on_the_day_and_the_night(ward: tuple[User, User, Encounter]) -> None:
    an, _binh, stay = ward
    day = make_entry(stay, an, days=1)
    services.add_quick(entry=day, choice="", typed="atorva 20 1x1 9n", by=an)
    confirm(day, an)
    found = spoken(ward, "amox 500 1x3 5n", "para 500 1v", spoken_at=ago(hours=8))
    services.decide_spoken_order(spoken=found, confirms=True, by=an)
    today = documents.begin_document(encounter=stay, code="36/BV2", by=an)
    documents.copy_earlier(document=today, by=an)
    carried = MedicationRequest.objects.filter(entry=today).order_by("position")
    assert [order.code for order in carried] == ["TH0081", "TH0017"]  # the single dose of the night isn't
    draft = today.draft  # type: ignore[attr-defined]
    draft.refresh_from_db()
    assert draft.copied_from == Document.objects.get(pk=day.pk).current_version


def test_what_is_overdue_climbs(ward: tuple[User, User, Encounter]) -> None:
    an, _binh, _stay = ward
    make_user("truong", "Vũ Thị Trưởng", "head_of_department", department())
    found = spoken(ward)
    telling.look()
    assert not Notice.objects.filter(kind=telling.SPOKEN_OVERDUE).exists()
    SpokenOrder.objects.filter(pk=found.pk).update(due_at=ago(hours=1))
    telling.look()
    telling.look()
    assert Notice.objects.filter(kind=telling.SPOKEN_OVERDUE).count() == 1
    assert told(telling.SPOKEN_OVERDUE) == {"an"}
    Notice.objects.update(authored_at=ago(hours=2), next_step_at=ago(hours=1))
    from emr.notices.services import climb_due  # noqa: PLC0415

    climb_due()
    assert told(telling.SPOKEN_OVERDUE) == {"an", "truong"}
    services.decide_spoken_order(spoken=found, confirms=True, by=an)
    assert told(telling.SPOKEN_OVERDUE) == set()


@pytest.mark.parametrize("kind", ["telephone", "urgent-dose"])
def test_it_is_on_the_prescribers_list_at_once_until_the_facilitys_deadline(
    ward: tuple[User, User, Encounter], kind: str
) -> None:
    an, _binh, stay = ward
    keep_setting(facility=stay.facility, name="spoken_order_hours", value=2, by=None)
    told_of = (
        {"read_back": False, "reason": "Sốt 41 độ, co giật", "is_given": True}
        if kind == "urgent-dose"
        else {}
    )
    found = spoken(ward, kind=kind, **told_of)
    assert dt.timedelta(hours=1, minutes=59) < found.due_at - now() <= dt.timedelta(hours=2)
    client = signed_in(an)
    for page in (LIST, f"{LIST}?whose=mine", reverse("encounters:orders:spoken_panel")):
        assert "Trần Thị Bình" in client.get(page).content.decode(), page
    SpokenOrder.objects.filter(pk=found.pk).update(due_at=ago(hours=1))
    assert "Quá hạn" in client.get(LIST).content.decode()
    services.decide_spoken_order(spoken=found, confirms=True, by=an)
    assert list(spoken_for(an)) == []


def test_the_database_keeps_what_was_said_and_decided(ward: tuple[User, User, Encounter]) -> None:
    an, binh, _stay = ward
    found = spoken(ward)
    rows = SpokenOrder.objects.filter(pk=found.pk)
    for change in ({"prescriber": binh}, {"spoken_at": now()}, {"read_back": False}):
        with pytest.raises(Error), transaction.atomic():
            rows.update(**change)
    services.decide_spoken_order(spoken=found, confirms=True, by=an)
    with pytest.raises(Error), transaction.atomic():
        rows.update(note="khác")
    with pytest.raises(Error), transaction.atomic():
        rows.delete()


# -- pages ---------------------------------------------------------------------------------------------------------------


def form(ward: tuple[User, User, Encounter], *typed: str, **more: Any) -> dict[str, Any]:
    an, _binh, _stay = ward
    return {
        "kind": "telephone",
        "prescriber": str(an.uuid),
        "token": str(uuid.uuid4()),
        "line": ["" for _line in typed],
        "line_text": list(typed),
        **more,
    }


def test_the_nurse_checks_reads_back_and_puts_in_effect(ward: tuple[User, User, Encounter]) -> None:
    an, binh, stay = ward
    record_allergy(patient=stay.patient, substance="Penicillin", by=an)
    client = signed_in(binh)
    address = reverse("encounters:orders:spoken_new", args=[stay.uuid])
    assert "BS. Nguyễn Văn An" in client.get(address).content.decode()
    posted = form(ward, "amox 500 1x3", "para 500 1v", action="check", reason="Đau họng")
    html = client.post(address, posted).content.decode()
    assert "Penicillin" in html
    assert 'value="Đau họng"' in html
    assert not SpokenOrder.objects.exists()
    posted |= {"action": "record"}
    assert client.post(address, posted).status_code == 422  # neither read back nor answered
    posted |= {"read_back": "on"}
    assert client.post(address, posted).status_code == 422
    (name,) = {part.split('"')[0] for part in html.split('name="')[1:] if part.startswith("answer-")}
    answer = client.post(address, posted | {name: "Vẫn dùng"}, follow=True)
    assert "Y lệnh qua điện thoại" in answer.content.decode() or "điện thoại" in answer.content.decode()
    assert MedicationRequest.objects.filter(status="active").count() == 2
    client.post(address, posted | {name: "Vẫn dùng"})
    assert MedicationRequest.objects.count() == 2


def test_the_doctor_finds_it_at_home_and_decides(ward: tuple[User, User, Encounter]) -> None:
    an, binh, _stay = ward
    found = spoken(ward)
    client = signed_in(an)
    assert reverse("encounters:orders:spoken_panel") in client.get("/").content.decode()
    assert "Trần Thị Bình" in client.get(reverse("encounters:orders:spoken_panel")).content.decode()
    html = client.get(LIST).content.decode()
    decide = reverse("encounters:orders:spoken_decide", args=[found.uuid])
    assert decide in html
    assert client.post(decide, {"action": "reject", "note": ""}).status_code == 422
    assert client.post(decide, {"action": "x"}).status_code == 400
    assert client.post(decide, {"action": "confirm"}).status_code == 302
    assert decide not in client.get(LIST, {"show": "decided"}).content.decode()
    assert "Trần Thị Bình" in client.get(LIST, {"show": "decided", "q": "đào"}).content.decode()
    assert (
        "Trần Thị Bình"
        not in client.get(LIST, {"show": "all", "q": "không ai"}).content.decode().split("<table")[-1]
    )
    nurse = signed_in(binh)
    assert "Nguyễn Văn An" in nurse.get(LIST, {"show": "all"}).content.decode()
    assert nurse.post(decide, {"action": "confirm"}).status_code == 403


def test_a_stranger_finds_nothing(ward: tuple[User, User, Encounter]) -> None:
    _an, _binh, stay = ward
    found = spoken(ward)
    client = signed_in(make_chi())
    assert (
        client.post(
            reverse("encounters:orders:spoken_decide", args=[found.uuid]), {"action": "confirm"}
        ).status_code
        == 404
    )
    assert stay.patient.full_name.upper() not in client.get(LIST, {"show": "all"}).content.decode()
    found.refresh_from_db()
    assert found.outcome == ""


def test_the_list_asks_as_much_for_many_as_for_one(ward: tuple[User, User, Encounter]) -> None:
    an, _binh, _stay = ward
    client = signed_in(an)
    counts = []
    for more in (1, 9):
        for _index in range(more):
            spoken(ward, "para 500 1v", "atorva 20 1x1")
        client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        counts.append(len(captured))
    assert counts[0] == counts[1]
