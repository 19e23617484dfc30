"""The ward's list, the patient's page, the tray, what waits to be settled, the sheets: as nurses use them."""

import datetime as dt
import io
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from emr.common.clock import now
from emr.signin.services.switching import keep_pin
from emr.terminology.models import CodeSystem, Concept
from encounters.documents.models import Document
from encounters.medicines import services
from encounters.medicines.models import DueDose, GivingConflict, MedicationAdministration, WardTray
from encounters.medicines.services import Told
from encounters.visits.models import Encounter
from patients.registry.services import restrict_patient
from tests.emr.people import make_chi, make_user
from tests.encounters.medicines.doses import give, key, make_cuc, make_world, once, order
from tests.encounters.specimens.tubes import neighbour
from tests.encounters.visits.ward import department, signed_in

pytestmark = pytest.mark.django_db


def page(name: str, *args: Any) -> str:
    return reverse(f"encounters:medicines:{name}", args=args)


def number_of(stay: Encounter) -> str:
    return str(stay.patient.identifiers.get(is_own=True).value)


def with_label(client: Client, dose: DueDose) -> str:
    """Its label is printed; the number on it."""
    answer = client.post(page("labels_of_stay", dose.encounter.uuid), {"format": "zpl"})
    assert answer.status_code == 200, answer.content[:300]
    dose.refresh_from_db()
    assert dose.number
    return dose.number


def test_wristband_then_label_gives_the_dose_and_a_label_alone_doesnt() -> None:
    """S-52: patient and medicine are scanned apart."""
    an, binh, stay = make_world()
    dose, client = once(stay, an), signed_in(binh)
    number = with_label(client, dose)
    refused = client.post(page("scan_of_stay", stay.uuid), {"code": number, "key": uuid.uuid4()})
    assert refused.status_code == 422
    assert not MedicationAdministration.objects.exists()
    opened = client.post(page("scan"), {"code": number_of(stay)})
    assert opened.url == page("patient", stay.uuid)
    told = {"code": number, "key": str(uuid.uuid4())}
    for _time in range(2):
        assert client.post(page("scan_of_stay", stay.uuid), told).status_code == 302
    given = MedicationAdministration.objects.get()
    assert (given.performer, given.how, str(given.key)) == (binh, "scan", told["key"])


def test_a_label_of_somebody_else_stops_the_hand_and_the_second_device_hears_who_gave() -> None:
    an, binh, stay = make_world()
    cuc, hoa = make_cuc(), neighbour()
    dose, client, second = once(stay, an), signed_in(binh), signed_in(cuc)
    number = with_label(client, dose)
    client.post(page("scan"), {"code": number_of(hoa)})
    wrong = client.post(page("scan_of_stay", hoa.uuid), {"code": number, "key": uuid.uuid4()})
    assert wrong.status_code == 409
    assert "SAI NGƯỜI BỆNH" in wrong.content.decode()
    for browser in (client, second):
        browser.post(page("scan"), {"code": number_of(stay)})
    assert (
        client.post(page("scan_of_stay", stay.uuid), {"code": number, "key": uuid.uuid4()}).status_code == 302
    )
    late = second.post(page("scan_of_stay", stay.uuid), {"code": number, "key": uuid.uuid4()})
    assert late.status_code == 409
    assert "Trần Thị Bình" in late.content.decode()


def test_a_high_alert_medicine_waits_for_the_second_nurse() -> None:
    an, binh, stay = make_world()
    cuc = make_cuc()
    keep_pin(user=cuc, pin="482913")
    system, _new = CodeSystem.objects.get_or_create(code="medicine", defaults={"title": "m", "url": "urn:m"})
    Concept.objects.create(system=system, code="TH0010", display="Morphin", properties={"high_alert": True})
    dose, client = once(stay, an, code="TH0010", text="Morphin 10 mg"), signed_in(binh)
    number = with_label(client, dose)
    client.post(page("scan"), {"code": number_of(stay)})
    asked = client.post(page("scan_of_stay", stay.uuid), {"code": number, "key": uuid.uuid4()})
    assert asked.status_code == 422
    html = asked.content.decode()
    sent = dict(
        re.findall(
            r'<input type="hidden" name="(\w+)" value="([^"]*)"',
            html.split("scan-line witness", 1)[1].split("</form>", 1)[0],
        )
    )
    wrong = client.post(
        page("change", dose.uuid), sent | {"action": "witness", "name": "cuc", "word": "111213"}
    )
    assert wrong.status_code == 422
    own = client.post(
        page("change", dose.uuid), sent | {"action": "witness", "name": "binh", "word": "benhanmo"}
    )
    assert own.status_code == 422
    forged = sent | {"key": str(uuid.uuid4()), "action": "witness", "name": "cuc", "word": "482913"}
    assert client.post(page("change", dose.uuid), forged | {"how": "scan"}).status_code == 422
    sent |= {"action": "witness", "name": "cuc", "word": "482913"}
    assert client.post(page("change", dose.uuid), sent).status_code == 302
    row = MedicationAdministration.objects.get()
    assert (row.witness, row.how) == (cuc, "scan")


def test_without_a_scan_not_given_postponed_and_taken_back() -> None:
    an, binh, stay = make_world()
    client = signed_in(binh)
    by_hand, skipped, later = once(stay, an), once(stay, an, text="B"), once(stay, an, text="C")
    fields = {"action": "give", "key": uuid.uuid4(), "amount": "0,5"}
    refused = client.post(page("change", by_hand.uuid), fields)
    assert refused.status_code == 422
    assert 'value="0,5"' in refused.content.decode()
    assert client.post(page("change", by_hand.uuid), fields | {"hand_reason": "Nhãn ướt"}).status_code == 302
    by_hand.refresh_from_db()
    assert by_hand.outcome == "partial"
    client.post(
        page("change", skipped.uuid), {"action": "not-given", "key": uuid.uuid4(), "reason": "refused"}
    )
    skipped.refresh_from_db()
    assert skipped.outcome == "not-given"
    until = f"{now() + dt.timedelta(hours=9):%d/%m/%Y %H:%M}"
    html = client.get(page("patient", stay.uuid)).content.decode()
    seen = timezone.localtime(later.due_at).isoformat()
    assert f'name="seen" value="{seen}"' in html
    told = {"action": "postpone", "until": until, "why": "Đi chụp", "seen": seen}
    for _again in range(2):
        assert client.post(page("change", later.uuid), told).status_code == 302
    later.refresh_from_db()
    assert later.postpone_reason == "Đi chụp"
    # A colleague says another time; the first, sent once more by a line that was away, doesn't undo it.
    moved = {"until": f"{now() + dt.timedelta(hours=10):%d/%m/%Y %H:%M}", "why": "Đang mổ"}
    moved |= {"seen": timezone.localtime(later.due_at).isoformat()}
    assert client.post(page("change", later.uuid), told | moved).status_code == 302
    stale = client.post(page("change", later.uuid), told)
    assert stale.status_code == 422
    assert "Đang mổ" in stale.content.decode()
    later.refresh_from_db()
    assert later.postpone_reason == "Đang mổ"
    again = {"action": "postpone", "until": until, "why": "Đi chụp"}
    assert client.post(page("change", later.uuid), again).status_code == 422
    assert client.post(page("change", later.uuid), {"action": "x"}).status_code == 400
    row = MedicationAdministration.objects.get(dose=skipped)
    other = signed_in(make_cuc())
    assert other.post(page("take_back", row.uuid), {"reason": "Nhầm"}).status_code == 403
    assert client.post(page("take_back", row.uuid), {"reason": "Nhầm"}).status_code == 302
    skipped.refresh_from_db()
    assert skipped.is_open


def test_an_infusion_and_a_medicine_when_needed_from_the_page() -> None:
    an, binh, stay = make_world()
    client = signed_in(binh)
    dose = once(stay, an, route="IVI", rate="30 giọt/phút")
    needed = order(stay, an, times_per_day=None, as_needed=True, as_needed_for="sốt", text="Paracetamol")
    row = give(dose, binh)
    for fields in ({"kind": "rate", "rate": "50 giọt/phút"}, {"kind": "pause"}, {"kind": "resume"}):
        assert client.post(page("step", row.uuid), fields | {"key": uuid.uuid4()}).status_code == 302
    html = client.get(page("patient", stay.uuid)).content.decode()
    assert "50 giọt/phút" in html
    assert client.post(page("step", row.uuid), {"kind": "end", "key": uuid.uuid4()}).status_code == 422
    ended = {"kind": "end", "key": uuid.uuid4(), "volume_ml": "480"}
    assert client.post(page("step", row.uuid), ended).status_code == 302
    row.refresh_from_db()
    assert row.volume_ml == Decimal(480)
    fields = {"key": uuid.uuid4(), "hand_reason": "Tủ trực"}
    for _time in range(2):
        assert client.post(page("give_needed", needed.uuid), fields).status_code == 302
    assert DueDose.objects.filter(order=needed, outcome="given").count() == 1


def test_a_restricted_patient_s_doses_are_on_no_tray_of_who_may_not_see_them() -> None:
    """S-05: neither wanted, nor filled, nor shown on a tray that somebody else has filled."""
    an, binh, stay = make_world()
    hoa = neighbour()
    hidden = once(hoa, an, text="Thuốc kín", minutes=1)
    restrict_patient(patient=hoa.patient, level="V", reason="hiv", by=an)
    client = signed_in(binh)
    assert "Thuốc kín" not in client.get(page("tray")).content.decode()
    once(stay, an)
    client.post(page("tray_fill"), {"key": str(uuid.uuid4())})
    tray = WardTray.objects.get()
    assert [line["text"] for line in tray.lines] == ["Cefotaxim 1 g"]
    DueDose.objects.filter(pk=hidden.pk).update(tray=tray, number="LT99")
    shown = client.get(page("tray_filled", tray.uuid)).content.decode()
    assert "Cefotaxim 1 g" in shown
    assert hoa.patient.full_name not in shown
    assert "Thuốc kín" not in shown


def test_the_tray_is_filled_once_labelled_and_what_was_not_given_goes_back() -> None:
    an, binh, stay = make_world()
    hoa = neighbour()
    client = signed_in(binh)
    first, _second = once(stay, an), once(hoa, an, minutes=1)
    once(stay, an, text="Thuốc của nhà", supply="own")
    html = client.get(page("tray")).content.decode()
    assert "Thuốc của nhà" not in html
    fields = {"key": str(uuid.uuid4())}
    for _time in range(2):
        filled = client.post(page("tray_fill"), fields)
    tray = WardTray.objects.get()
    assert filled.url == page("tray_filled", tray.uuid)
    [line] = tray.lines
    assert (line["text"], line["amount"], line["doses"]) == ("Cefotaxim 1 g", "2", 2)
    assert client.post(page("tray_fill"), {"key": str(uuid.uuid4())}).url == page("tray")
    labels = client.post(page("tray_labels", tray.uuid), {"format": "pdf"})
    assert labels.content.startswith(b"%PDF")
    client.post(
        page("tray_batch", tray.uuid), {"line": line["key"], "batch": "L2026", "expires_on": "01/12/2099"}
    )
    first.refresh_from_db()
    assert (first.batch, first.label_count) == ("L2026", 1)
    services.not_given(dose=first, reason="refused", told=key(), by=binh)
    assert "L2026" in client.get(page("tray_filled", tray.uuid)).content.decode()
    back = {"dose": str(first.uuid), "where": "pharmacy"}
    for _time in range(2):
        client.post(page("tray_return", tray.uuid), back)
    assert tray.returns.count() == 1


def test_the_head_nurse_settles_what_a_device_told_too_late() -> None:
    an, binh, stay = make_world()
    cuc, dose = make_cuc(), once(stay, an)
    head = make_user("truong", "Ngô Thị Trưởng", "head_nurse", department())
    give(dose, binh)
    told = Told(key=uuid.uuid4(), happened_at=now() - dt.timedelta(minutes=3), is_replay=True)
    with pytest.raises(services.Kept):
        give(dose, cuc, told)
    client, row = signed_in(head), GivingConflict.objects.get()
    assert "Hoàng Thị Cúc" in client.get(page("conflicts")).content.decode()
    client.post(page("settle", row.uuid), {"outcome": "same", "note": "Cùng một mũi"})
    row.refresh_from_db()
    assert (row.outcome, row.settled_by) == ("same", head)
    assert signed_in(binh).get(page("conflicts")).status_code == 403


def test_one_sheet_a_nurse_and_shift_and_the_next_version_after_more_was_done() -> None:
    an, binh, stay = make_world()
    call_command("load_medicine_sheets", stdout=io.StringIO())
    client = signed_in(binh)
    give(once(stay, an), binh)
    give(once(stay, an, route="IVI", text="Natri clorid 0,9 %"), binh)
    for _time in range(2):
        client.post(page("compose", stay.uuid), {"code": "TH-THUOC", "which": "this"})
    sheet = Document.objects.get(code="TH-THUOC")
    assert (sheet.author, sheet.status) == (binh, "final")
    [rows] = [version.composition["sections"]["doses"]["rows"] for version in sheet.versions.all()]
    assert [row["text"] for row in rows] == ["Cefotaxim 1 g", "Natri clorid 0,9 %"]
    give(once(stay, an, text="Thêm"), binh)
    client.post(page("compose", stay.uuid), {"code": "TH-THUOC", "which": "this"})
    assert sheet.versions.count() == 2
    for code in ("07/BV2", "CK-THUOC"):
        client.post(page("compose", stay.uuid), {"code": code})
        assert Document.objects.get(code=code).current_version is not None
    client.post(page("compose", stay.uuid), {"code": "99"})
    assert Document.objects.exclude(code="36/BV2").count() == 3


def test_a_stranger_finds_nothing() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an)
    row = give(dose, binh)
    client = signed_in(make_user("xa", "Người Lạ", "nurse", department(("K19", "Khoa Ngoại"))))
    assert client.get(page("patient", stay.uuid)).status_code == 404
    for name, thing in (("change", dose), ("take_back", row), ("step", row)):
        assert client.post(page(name, thing.uuid), {"action": "give"}).status_code == 404
    assert signed_in(make_chi()).get(page("patient", stay.uuid)).status_code == 404


def test_pages_ask_as_much_for_many_as_for_one() -> None:
    an, binh, stay = make_world()
    client = signed_in(binh)

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    once(stay, an)
    addresses = [page("ward"), page("patient", stay.uuid), page("tray")]
    before = [queries(address) for address in addresses]
    for number in range(4):
        other = neighbour(f"Người Bệnh {number}")
        once(other, an, minutes=number)
        once(stay, an, minutes=number, text=f"Thuốc {number}")
    assert [queries(address) for address in addresses] == before
