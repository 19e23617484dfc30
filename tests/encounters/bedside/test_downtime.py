"""When the server is away (R-22, F-33): packs that open with the ward's code alone, and what is entered afterwards."""

import base64
import io
import re
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.common.errors import DomainError
from encounters.bedside import neighbours, sealing, services
from encounters.bedside.models import Execution, WardCode, WardPack
from encounters.bedside.selectors.packs import PackRow, pack_rows
from encounters.bedside.tasks import make_packs
from encounters.documents import services as documents
from encounters.medicines.models import GivingTimes
from encounters.medicines.selectors.tables import hours_for
from encounters.medicines.services import Given, give_needed, not_given, note_step
from encounters.orders.models import MedicationRequest
from encounters.orders.services import add_medication
from encounters.visits.models import Encounter
from patients.history.services import record_allergy, record_no_known_allergy
from patients.registry.services import restrict_patient
from tests.encounters.bedside.world import at, care, clock, make_thu, make_world, neighbour, tick
from tests.encounters.chart import begin, draft_of, written
from tests.encounters.medicines.doses import give, key, once, order
from tests.encounters.medicines.test_needed import LIMITED, carried, needed, since_yesterday
from tests.encounters.visits.ward import ago, department, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sealing, "ITERATIONS", 1000)
    with clock() as frozen:
        yield frozen


def opened(content: bytes, code: str) -> str:
    """What a browser reads out of the file, done the same way."""
    text = content.decode()
    told = {
        name: re.search(rf'data-{name}="([^"]*)"', text)
        for name in ("ward", "made", "salt", "nonce", "iterations")
    }
    values = {name: found[1] for name, found in told.items() if found}
    assert values["iterations"] == "1000"
    closed = re.search(r'id="content">([^<]+)<', text)
    assert closed
    key = sealing.derive(code, base64.b64decode(values["salt"]))
    label = f"{values['ward']}|{values['made']}".encode()
    return AESGCM(key).decrypt(base64.b64decode(values["nonce"]), base64.b64decode(closed[1]), label).decode()


def _medicine(stay: Any, by: Any) -> None:
    entry = begin(stay, by)
    documents.save_draft(document=entry, fields=written(entry), revision=1, by=by)
    add_medication(
        entry=entry,
        by=by,
        text="Amlodipin 5 mg",
        route="PO",
        dose=1,
        dose_unit="vien",
        times_per_day=2,
        times=["08:00", "20:00"],
    )
    documents.finalize_document(document=entry, revision=draft_of(entry).revision, by=by)


def test_a_pack_opens_with_the_wards_code_alone_and_says_its_age() -> None:
    an, _binh, stay = make_world()
    hoa = neighbour()
    restrict_patient(patient=hoa.patient, level="V", reason="staff", by=an)
    record_allergy(patient=stay.patient, substance="Penicillin", by=an)
    care(stay, an)
    _medicine(stay, an)
    _row, code = services.set_ward_code(department=department(), by=make_thu())
    pack = WardPack.objects.get()
    closed = bytes(pack.content)
    for secret in (stay.patient.full_name.upper(), "Penicillin", code):
        assert secret.encode() not in closed
    page = opened(closed, code.lower().replace("-", " "))
    for words in (
        stay.patient.full_name.upper(),
        "Penicillin",
        "Amlodipin",
        "08:00, 20:00",
        "Chăm sóc cấp II",
        "BD1-",
    ):
        assert words in page
    assert "TRẦN THỊ HOA" not in page  # kept closely: the bed alone
    assert at("10:30").isoformat(timespec="seconds") in closed.decode()
    with pytest.raises(InvalidTag):
        opened(closed, sealing.make_code())


def _ward_pack() -> str:
    _row, code = services.set_ward_code(department=department(), by=make_thu())
    return opened(bytes(WardPack.objects.get().content), code)


def _flat(page: str) -> list[str]:
    """The page's table rows as words, cells parted by bars."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.S)
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S) for row in rows]
    return ["|".join(re.sub(r"<[^>]+>", " ", cell).strip() for cell in row) for row in cells]


def _medicines_of_every_kind(stay: Encounter, an: User, binh: User) -> None:
    """One dose late, one to come, one given, one left out, an infusion that runs, one when needed that was given once."""
    with clock("07:00"):
        once(stay, an, text="Furosemid 20 mg", minutes=60)  # 08:00, nobody answered
        order(stay, an, text="Amoxicilin 500 mg", route="PO", times_per_day=3)
        run = once(stay, an, text="Glucose 5% 500 mL", route="IVI", rate="30 giọt/phút", dose_unit="chai")
        pain = order(
            stay, an, text="Paracetamol 500 mg", route="PO", as_needed=True, as_needed_for="sốt trên 38,5",
            times_per_day=None, least_hours_between=Decimal(6), most_per_day=Decimal(4), dose_unit="vien",
        )  # fmt: skip
    with clock("08:10"):
        give(run, binh)
        give_needed(order=pain, encounter=stay, told=key(), by=binh)
        give(once(stay, an, text="Omeprazol 40 mg"), binh)
        left = once(stay, an, text="Bisacodyl 5 mg", route="PO")
        not_given(dose=left, reason="refused", told=key(), by=binh)


def test_on_paper_too_a_medicine_when_needed_counts_what_yesterdays_order_gave() -> None:
    """By the rule of the page, however the round has worded it since."""
    an, binh, stay = since_yesterday()
    before = order(stay, an, at=ago(hours=20), **LIMITED)
    needed(before, binh, 5)
    carried(stay, before, an, 1, text="Paracetamol viên 500 mg")
    [found] = [
        line for line in _flat(_ward_pack()) if line.startswith("Paracetamol viên") and "cách ít" in line
    ]
    assert "24 giờ qua: 1 vien" in found


def test_the_medicine_sheet_has_every_dose_to_give_what_was_given_and_what_runs() -> None:
    """F-33: with the system away the ward gives medicines by this paper."""
    an, binh, stay = make_world()
    _medicines_of_every_kind(stay, an, binh)
    rows = _flat(_ward_pack())

    def row(*words: str) -> str:
        [found] = [line for line in rows if all(word in line for word in words)]
        return found

    assert row("Furosemid", "quá giờ").startswith("08:00")
    assert row("Amoxicilin", "quá giờ").startswith("08:00")
    for hour in ("14:00", "20:00"):
        assert row("Amoxicilin", f"{hour}|").startswith(hour)
    given, left = row("Omeprazol", "Trần Thị Bình"), row("Bisacodyl", "KHÔNG DÙNG")
    assert given.startswith(f"08:10 {at('08:10'):%d/%m}")
    assert "Người bệnh từ chối" in left
    assert "08:10" in row("Glucose", "30 giọt/phút", "Trần Thị Bình")
    needed = row("Paracetamol", "sốt trên 38,5", "cách ít nhất 6 giờ; tối đa 4")
    assert "24 giờ qua: 1 vien" in needed
    # A box to tick for each dose that waits, and none for what was answered.
    waiting = [line for line in rows if re.match(r"\d\d:\d\d(\W+quá giờ)?\|", line)]
    assert len(waiting) == 4
    [sheet] = [row.medicines for row in pack_rows(department())]
    assert len(sheet.due) == len(waiting)


def test_a_stopped_or_held_medicine_is_nothing_to_give() -> None:
    """Though its doses aren't ended yet: that is done a moment later."""
    an, _binh, stay = make_world()
    for status in ("revoked", "on-hold", "entered-in-error", "active"):
        one = order(stay, an, text=f"Thuốc {status}", times_per_day=2)
        MedicationRequest.objects.filter(pk=one.pk).update(status=status)
    [found] = pack_rows(department())
    assert {line.text for line in found.medicines.due} == {"Thuốc active"}


def test_the_hours_are_the_wards_where_the_order_has_none() -> None:
    an, _binh, stay = make_world()
    order(stay, an, times_per_day=3, plan=False)
    whose = {"facility": stay.facility, "times_per_day": 2, "valid_from": None}
    GivingTimes.objects.create(**whose, code="2", times="07:30 19:30")
    GivingTimes.objects.create(**whose, code="2-K01", times="06:30 18:30", department=department().code)
    hours = neighbours.ward_hours(department())
    assert hours[2] == ("06:30", "18:30")
    assert hours == {n: hours_for(stay.facility_id, department(), n) for n in range(1, 25)}
    order(stay, an, times_per_day=2, text="Cefalexin 500 mg", plan=False)
    [row] = pack_rows(department())
    assert [hour for _words, hour in row.medicines.orders] == ["08:00, 14:00, 20:00", "06:30, 18:30"]


def test_an_infusion_says_its_rate_of_now_and_that_it_stands_still() -> None:
    an, binh, stay = make_world()
    with clock("08:00"):
        row = give(once(stay, an, route="IVI", rate="20 giọt/phút"), binh, given=Given(rate="25 giọt/phút"))
    with clock("09:00"):
        note_step(administration=row, kind="rate", told=key(), by=binh, rate="40 giọt/phút")
    [line] = pack_rows(department())[0].medicines.running
    assert (line.since, line.rate, line.rate_since, line.paused_at) == (
        at("08:00"), "40 giọt/phút", at("09:00"), None,
    )  # fmt: skip
    with clock("09:30"):
        note_step(administration=row, kind="pause", told=key(), by=binh)
    assert "đang tạm dừng từ 09:30" in _ward_pack()


def test_nobody_asked_and_none_known_are_told_apart() -> None:
    an, _binh, stay = make_world()
    page = _ward_pack()
    assert page.count("CHƯA KHAI THÁC DỊ ỨNG") == 2  # in the list and above the sheet
    record_no_known_allergy(patient=stay.patient, by=an)
    [row] = pack_rows(department())
    assert row.no_allergy == "Đã hỏi: không có dị ứng đã biết"
    stay.patient.allergyintolerances.update(source="HIS", confirmed_at=None, confirmed_by=None)
    [row] = pack_rows(department())
    assert row.no_allergy == "Hệ thống khác ghi không dị ứng, khoa chưa hỏi lại"


def test_a_pack_of_many_costs_no_more_queries_than_of_one() -> None:
    an, binh, stay = make_world()
    _medicines_of_every_kind(stay, an, binh)
    pack_rows(department())
    with CaptureQueriesContext(connection) as one:
        pack_rows(department())
    for number in range(2, 5):
        other = neighbour(f"Người Bệnh Thứ {number}", f"{number:02}")
        _medicines_of_every_kind(other, an, binh)
        record_allergy(patient=other.patient, substance="Penicillin", by=an)
    with CaptureQueriesContext(connection) as many:
        rows: list[PackRow] = pack_rows(department())
    assert [len(row.medicines.due) for row in rows] == [4] * 4
    assert len(many) == len(one) <= 26, "\n".join(query["sql"][:120] for query in many.captured_queries)


def test_the_clock_makes_packs_anew_and_a_new_code_shuts_the_old_out() -> None:
    _an, _binh, _stay = make_world()
    thu = make_thu()
    _row, first = services.set_ward_code(department=department(), by=thu)
    with clock("11:00"):
        make_packs()
    pack = WardPack.objects.get()
    assert pack.made_at == at("11:00")
    _row, second = services.set_ward_code(department=department(), by=thu)
    closed = bytes(WardPack.objects.get().content)
    assert opened(closed, second)
    with pytest.raises(InvalidTag):
        opened(closed, first)


def test_one_ward_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    _an, _binh, _stay = make_world()
    thu = make_thu()
    services.set_ward_code(department=department(), by=thu)
    services.set_ward_code(department=department(("K19", "Khoa Ngoại")), by=thu)
    broken = WardCode.objects.order_by("pk").first()
    assert broken is not None
    WardCode.objects.filter(pk=broken.pk).update(wrapped_by="nobody")
    assert services.make_all_packs() == 1


def test_the_head_nurses_page_and_the_file(tmp_path: Path) -> None:
    _an, binh, stay = make_world()
    thu = signed_in(make_thu())
    page, file = (
        reverse(f"encounters:bedside:{name}", args=[department().uuid]) for name in ("pack", "pack_file")
    )
    assert thu.get(file).status_code == 404
    told = thu.post(page, {"action": "code"}).content.decode()
    found = re.search(r"ward-code\">([A-Z0-9-]{19})<", told)
    assert found
    assert found[1] not in thu.get(page).content.decode()
    assert thu.post(page, {"action": "make"}).status_code == 302
    answer = signed_in(binh).get(file)
    assert answer["Content-Disposition"].startswith("attachment")
    assert stay.patient.full_name.upper() in opened(answer.content, found[1])
    assert signed_in(binh).get(page).status_code == 403
    call_command("ward_packs", to=str(tmp_path / "chung"), stdout=io.StringIO())
    [written_file] = (tmp_path / "chung").iterdir()
    assert opened(written_file.read_bytes(), found[1])


def test_after_an_outage_both_times_and_its_name_are_kept() -> None:
    an, binh, stay = make_world()
    request = care(stay, an, frequency="mỗi 4 giờ")
    thu = make_thu()
    with clock("15:00"):
        told = {"began_at": at("11:30"), "ended_at": at("14:00"), "reason": "Mất điện", "by": thu}
        outage = services.declare_outage(**told)
        assert services.declare_outage(**told) == outage
        for bad in ({"ended_at": at("16:00")}, {"began_at": at("14:00")}, {"reason": " "}):
            with pytest.raises(DomainError):
                services.declare_outage(**told | bad)
        with pytest.raises(DomainError) as outside:
            tick(request, at("12:00"), binh, happened_at=at("14:30"), identified="later", outage=outage)
        assert outside.value.code == "outside"
        client = signed_in(binh)
        address = reverse("encounters:bedside:back_entry_of_stay", args=[outage.uuid, stay.uuid])
        assert request.text in client.get(address).content.decode()
        sent = {
            "order": str(request.uuid), "slot_at": at("12:00").isoformat(), "key": str(uuid.uuid4()),
            "happened_at": f"{at('12:20'):%d/%m/%Y} 12:20", "outcome": "done", "reason": "", "note": "theo phiếu giấy",
        }  # fmt: skip
        wrong = client.post(address, sent | {"happened_at": f"{at('12:20'):%d/%m/%Y} 09:00"})
        assert wrong.status_code == 422
        assert "theo phiếu giấy" in wrong.content.decode()
        assert client.post(address, sent).status_code == 302
        assert client.post(address, sent).status_code == 302
        kept = Execution.objects.get()
    assert (kept.happened_at, kept.outage, kept.identified) == (at("12:20"), outage, "later")
    assert kept.late_reason == "Mất điện"


def test_the_list_of_outages_and_a_scanned_paper() -> None:
    _an, binh, stay = make_world()
    thu, nurse = signed_in(make_thu()), signed_in(binh)
    address = reverse("encounters:bedside:back_entry")
    sent = {
        "began_at": f"{at('06:00'):%d/%m/%Y} 06:00",
        "ended_at": f"{at('06:00'):%d/%m/%Y} 09:00",
        "reason": "Đứt cáp",
    }
    assert nurse.post(address, sent).status_code == 403
    assert thu.post(address, sent | {"ended_at": "x"}).status_code == 422
    made = thu.post(address, sent)
    assert "Đứt cáp" in nurse.get(address).content.decode()
    assert stay.patient.full_name.upper() in nurse.get(made["Location"]).content.decode()
    opened_page = nurse.post(made["Location"], {"code": f"BD1-{stay.identifier}"})
    assert str(stay.uuid) in opened_page["Location"]
    assert str(stay.uuid) not in nurse.post(made["Location"], {"code": "BD1-khongco"})["Location"]
