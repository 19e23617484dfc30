"""When the server is away (R-22, F-33): packs that open with the ward's code alone, and what is entered afterwards."""

import base64
import io
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import call_command
from django.urls import reverse

from emr.common.errors import DomainError
from encounters.bedside import sealing, services
from encounters.bedside.models import Execution, WardCode, WardPack
from encounters.bedside.tasks import make_packs
from encounters.documents import services as documents
from encounters.orders.services import add_medication
from patients.history.services import record_allergy
from patients.registry.services import restrict_patient
from tests.encounters.bedside.world import at, care, clock, make_thu, make_world, neighbour, tick
from tests.encounters.chart import begin, draft_of, written
from tests.encounters.visits.ward import department, signed_in

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
