"""The head nurse's check before hand-in: what is missing or unsigned, with its place; remarks; the ward's list."""

import datetime as dt
import io
import uuid
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.common.errors import Conflict, DomainError
from emr.notices.models import NoticeRecipient
from encounters.bedside import services
from encounters.bedside.models import ChartCheck, ChartRemark
from encounters.bedside.selectors.findings import findings_of
from encounters.medicines.models import DueDose, MedicationAdministration, ReactionTest
from encounters.monitoring.services import compose_chart
from encounters.orders.models import MedicationRequest
from encounters.results.services import record_vital_signs
from encounters.visits.models import Encounter
from tests.emr.people import make_binh, make_user
from tests.encounters import chart
from tests.encounters.bedside.world import at, care, clock, make_thu, make_world, neighbour, this_shift
from tests.encounters.visits.ward import department, discharge, make_bed, signed_in

pytestmark = pytest.mark.django_db
DONE = {"intervention": "Xoay trở"}


@pytest.fixture(autouse=True)
def morning() -> Any:
    call_command("load_bedside_forms", stdout=io.StringIO())
    with clock():
        yield


def kinds(stay: Encounter) -> list[str]:
    return [finding.kind for finding in findings_of([stay])[stay.pk]]


def words(stay: Encounter) -> list[str]:
    return [finding.words for finding in findings_of([stay])[stay.pk]]


def write(stay: Encounter, by: Any, at_: dt.datetime, level: str = "2") -> None:
    services.write_column(
        encounter=stay,
        level=level,
        items=DONE,
        by=by,
        key=uuid.uuid4(),
        happened_at=at_,
        late_reason="Mất điện",
    )


def long_stay() -> tuple[Any, Any, Encounter]:
    """Since yesterday at eight: yesterday's morning, afternoon and night, and this morning's shift that runs."""
    since = at("08:00") - dt.timedelta(days=1)
    an, stay = chart.make_stay(bed=make_bed("01"), at=since, late_reason="Mất điện")
    return an, make_binh(department()), stay


def test_columns_are_counted_by_shift_and_level() -> None:
    an, binh, stay = long_stay()
    assert "level" in kinds(stay)
    yesterday = at("09:00") - dt.timedelta(days=1)
    order = care(stay, an, "Chăm sóc cấp I")
    order.entry.happened_at = yesterday
    order.entry.save(update_fields=["happened_at"])
    [missing] = [finding for finding in findings_of([stay])[stay.pk] if finding.kind == "column"]
    # 09:00–14:00 five hours of level 1; eight in the afternoon, eight at night; this morning's shift isn't over.
    assert missing.words.endswith("Sáng 0/5, Chiều 0/8, Đêm 0/8")
    assert f"day={yesterday:%Y-%m-%d}" in missing.address
    for hour in range(9, 14):
        write(stay, binh, yesterday.replace(hour=yesterday.hour) + dt.timedelta(hours=hour - 9), "1")
    assert any(line.endswith(": Chiều 0/8, Đêm 0/8") for line in words(stay))
    # They are written, and on no sheet: that is the nurse's to do.
    [loose] = [finding for finding in findings_of([stay])[stay.pk] if finding.kind == "column_unsigned"]
    assert (loose.nurse, "5" in loose.words) == (binh.uuid, True)


def test_a_sheet_that_is_made_waits_for_its_signature() -> None:
    an, binh, stay = make_world()
    care(stay, an)
    write(stay, binh, at("09:00"))
    assert "column_unsigned" in kinds(stay)
    services.compose_care(encounter=stay, code="38/BV2", shift=this_shift(), by=binh)
    assert "column_unsigned" not in kinds(stay)
    assert any("38/BV2" in line and "chưa ký" in line for line in words(stay))


def test_medicines_tests_signs_and_fluids() -> None:
    an, binh, stay = long_stay()
    order = care(stay, an, "Chăm sóc cấp I")
    order.entry.happened_at = at("08:00") - dt.timedelta(days=1)
    order.entry.save(update_fields=["happened_at"])
    whose = {"facility": stay.facility, "patient": stay.patient, "encounter": stay}
    medicine = MedicationRequest.objects.create(
        **whose, entry=order.entry, position=8, text="Cefotaxim 1 g", route="IV", status="active", requester=an,
        confirmed_by=an, confirmed_at=at("08:00"), placer_number="TH01", dose=1, dose_unit="lo",
        times_per_day=2,
    )  # fmt: skip
    when = {"order": medicine, "amount": 1, "unit": "lo"}
    DueDose.objects.create(**whose, **when, slot="1", planned_at=at("08:00"), due_at=at("08:00"))
    given = DueDose.objects.create(**whose, **when, slot="2", planned_at=at("09:00"), due_at=at("09:00"))
    MedicationAdministration.objects.create(
        **whose, dose=given, status="in-progress", key=uuid.uuid4(), happened_at=at("09:00"), performer=binh,
        amount=1, how="scan",
    )  # fmt: skip
    given.outcome = "running"
    given.save(update_fields=["outcome"])
    ReactionTest.objects.create(
        **whose, order=medicine, key=uuid.uuid4(), method="prick", started_at=at("08:30"), performer=binh,
        read_due_at=at("08:50"),
    )  # fmt: skip
    found = kinds(stay)
    assert {"dose", "infusion", "dose_unsigned", "test", "vitals", "fluids"} <= set(found)
    yesterday = at("09:00") - dt.timedelta(days=1)
    record_vital_signs(
        encounter=stay, values={"pulse": 80}, by=binh, effective_at=yesterday, late_reason="Mất điện"
    )
    assert "vitals" not in kinds(stay)
    assert "chart" not in kinds(stay)  # while the patient is here the sheet isn't full
    discharge(stay, at=at("10:00"))
    stay.refresh_from_db()
    assert "chart" in kinds(stay)
    compose_chart(encounter=stay, number=1, by=binh)
    assert "chart" not in kinds(stay)
    assert any("TD-CNS" in line for line in words(stay))


def test_a_chart_is_checked_by_what_was_seen_and_why() -> None:
    _an, binh, stay = long_stay()
    thu = make_thu()
    seen = words(stay)
    told = {"encounter": stay, "by": thu, "key": uuid.uuid4()}
    with pytest.raises(Conflict):
        services.check_chart(**told, seen=seen[1:], note="Người bệnh xin về")
    with pytest.raises(DomainError) as silent:
        services.check_chart(**told, seen=seen)
    assert silent.value.code == "note_missing"
    remark = services.make_remark(encounter=stay, nurse=binh, text="Ghi cột đêm", by=thu, key=uuid.uuid4())
    with pytest.raises(DomainError) as waiting:
        services.check_chart(**told, seen=seen, note="Vẫn nộp")
    assert waiting.value.code == "remarks"
    services.settle_remark(remark=remark, answer="Đã ghi", by=binh)
    made = services.check_chart(**told, seen=seen, note="Người bệnh xin về")
    assert made.findings == seen
    assert services.check_chart(**told, seen=[], note="") == made
    assert ChartCheck.objects.count() == 1


def test_the_nurse_is_told_until_it_is_put_right() -> None:
    _an, binh, stay = make_world()
    thu, lan = make_thu(), make_user("lan", "Vũ Thị Lan", "nurse", department())
    key = uuid.uuid4()
    told = {"encounter": stay, "nurse": binh, "by": thu, "key": key}
    with pytest.raises(DomainError):
        services.make_remark(**told, text=" ")
    remark = services.make_remark(**told, text="Thiếu lượng giá")
    assert services.make_remark(**told, text="Thiếu lượng giá") == remark
    copy = NoticeRecipient.objects.get(user=binh)
    assert copy.is_open
    assert "lượng giá" not in str(copy.notice.parameters)  # no clinical text in an inbox
    done = reverse("encounters:bedside:settle_remark", args=[remark.uuid])
    assert signed_in(lan).post(done, {"answer": "Xong"}).status_code == 403
    assert signed_in(binh).post(done, {"answer": "Đã bổ sung"}).status_code == 302
    remark.refresh_from_db()
    assert (remark.done_by, remark.answer) == (binh, "Đã bổ sung")
    copy.refresh_from_db()
    assert not copy.is_open


def test_the_pages_and_what_the_list_costs() -> None:
    an, binh, stay = make_world()
    thu = make_thu()
    client = signed_in(thu)
    one = reverse("encounters:bedside:check", args=[stay.uuid])
    page = client.get(one)
    assert page.status_code == 200
    assert "phân cấp chăm sóc" in page.content.decode()
    posted = {"key": str(uuid.uuid4()), "seen": words(stay), "note": ""}
    refused = client.post(one, posted)
    assert refused.status_code == 422
    ask = reverse("encounters:bedside:remark", args=[stay.uuid])
    lost = client.post(ask, {"key": str(uuid.uuid4()), "nurse": "", "text": "Thiếu chữ ký"})
    assert lost.status_code == 422
    assert "Thiếu chữ ký" in lost.content.decode()
    sent = {"key": str(uuid.uuid4()), "nurse": str(binh.uuid), "text": "Thiếu chữ ký"}
    assert client.post(ask, sent).status_code == 302
    assert signed_in(binh).post(ask, sent).status_code == 403
    assert signed_in(binh).get(one).status_code == 200
    services.settle_remark(remark=ChartRemark.objects.get(), by=binh)
    assert client.post(one, posted | {"note": "Bác sĩ bổ sung sau"}).status_code == 302

    listed = reverse("encounters:bedside:checks")
    assert signed_in(binh).get(listed).status_code == 403
    assert stay.patient.full_name.upper() not in client.get(listed).content.decode()
    client.post(listed, {"chip": "here"})

    def cost() -> int:
        with CaptureQueriesContext(connection) as spent:
            assert client.get(listed).status_code == 200
        return len(spent)

    few = cost()
    for number in range(2, 9):
        other = neighbour(f"Người Bệnh Thứ {number}")
        care(other, an)
        write(other, binh, at("09:00"))
    assert cost() <= few + 3
    client.post(listed, {"chip": "here", "q": "thứ 5"})
    shown = client.get(listed).content.decode()
    assert ("THỨ 5" in shown, "THỨ 6" in shown) == (True, False)
    # Checked while she was here counts no more when she leaves later; a check after that does.
    with clock("11:00"):
        client = signed_in(thu)  # the screen has locked by itself meanwhile
        discharge(stay, at=at("11:00"))
        discharge(other, at=at("11:00"))  # whom nobody has checked
        for chip, is_there in (("left", True), ("checked", False)):
            client.post(listed, {"chip": chip})
            found = client.get(listed).content.decode()
            assert (stay.patient.full_name.upper() in found) is is_there
            assert (other.patient.full_name.upper() in found) is is_there
        stay.refresh_from_db()
        services.check_chart(encounter=stay, by=thu, key=uuid.uuid4(), seen=words(stay), note="Đã bổ sung")
        assert stay.patient.full_name.upper() in client.get(listed).content.decode()
