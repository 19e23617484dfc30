"""The planning office's pages: enter a letter, list charts, approve, withdraw, hand out (R-28, R-35)."""

import datetime as dt
import hashlib
import io
import json
import zipfile

import pytest
from django.urls import reverse

from emr.accounts.models import PractitionerRole
from emr.audit.models import AuditEvent
from emr.common.clock import local_today, now
from emr.storage.services import read_bytes
from encounters.documents.models import DocumentBytes
from encounters.inspections import services
from encounters.inspections.models import Mandate
from patients.registry.services import restrict_patient
from tests.emr.people import make_an, make_department, make_facility, make_user
from tests.encounters.chart import begin, load_forms
from tests.encounters.inspections.letters import (
    in_force,
    listing,
    make_ha,
    make_lan,
    make_luu,
    make_tung,
    prepared,
    signed_document,
    signed_in,
)
from tests.encounters.visits.ward import admit
from tests.patients.people import make_patient
from tests.signatures.records import make_version

pytestmark = pytest.mark.django_db


def _address(name: str, *args: object) -> str:
    return reverse(f"encounters:inspections:{name}", args=args)


def _letter(**told: object) -> dict[str, object]:
    begin_at, end_at = now() + dt.timedelta(hours=8), now() + dt.timedelta(days=3)
    return {
        "body": "social-insurance",
        "organisation": "Bảo hiểm xã hội  tỉnh Hà Giang",
        "letter_number": "118/BHXH-GĐ",
        "letter_on": f"{local_today():%d/%m/%Y}",
        "received_on": f"{local_today():%d/%m/%Y}",
        "purpose": "Giám định chi phí",
        "starts_at": f"{begin_at:%d/%m/%Y %H:%M}",
        "ends_at": f"{end_at:%d/%m/%Y %H:%M}",
        "readers": [str(make_lan().uuid)],
    } | told


def test_a_letter_is_entered_its_charts_are_listed_and_it_is_approved() -> None:
    stay = admit()
    tung, ha = signed_in(make_tung()), signed_in(make_ha())
    assert tung.get(_address("prepare")).status_code == 200
    answer = tung.post(_address("prepare"), _letter())
    mandate = Mandate.objects.get()
    assert answer.headers["Location"] == _address("mandate", mandate.uuid)
    assert mandate.organisation == "Bảo hiểm xã hội tỉnh Hà Giang"
    assert mandate.due_on is not None
    number = stay.patient.identifiers.get().value
    found = tung.post(_address("find", mandate.uuid), {"q": number}, headers={"HX-Request": "true"})
    assert stay.identifier in found.content.decode()
    row = {"patient": str(stay.patient.uuid), "stay": str(stay.uuid)}
    assert tung.post(_address("list_chart", mandate.uuid), row).status_code == 302
    page = tung.get(_address("mandate", mandate.uuid)).content.decode()
    assert number in page
    assert _address("approve", mandate.uuid) not in page
    assert tung.post(_address("approve", mandate.uuid)).status_code == 422
    assert _address("approve", mandate.uuid) in ha.get(_address("mandate", mandate.uuid)).content.decode()
    assert ha.post(_address("approve", mandate.uuid)).status_code == 302
    mandate.refresh_from_db()
    assert mandate.status == "approved"
    assert AuditEvent.objects.get(action="mandate.add").detail["number"] == mandate.number


def test_nonsense_comes_back_with_words_and_what_was_typed() -> None:
    tung = signed_in(make_tung())
    answer = tung.post(_address("prepare"), _letter(ends_at="01/01/2020 10:00"))
    assert answer.status_code == 422
    assert "118/BHXH-GĐ" in answer.content.decode()
    assert tung.post(_address("prepare"), {}).status_code == 422
    # Only readers may be ticked: An is none.
    assert tung.post(_address("prepare"), _letter(readers=[str(make_an().uuid)])).status_code == 422
    assert not Mandate.objects.exists()


def test_without_any_readers_account_the_page_says_whom_to_ask() -> None:
    page = signed_in(make_tung()).get(_address("prepare")).content.decode()
    assert "Chưa có tài khoản nào mang vai trò cán bộ ngoài cơ sở" in page


def test_the_list_is_filtered_searched_paged_and_says_when_it_is_empty() -> None:
    tung = signed_in(make_tung())
    assert "Chưa có phiếu nào" in tung.get(_address("list")).content.decode()
    first = listing(make_patient(), organisation="Tòa án nhân dân huyện Vị Xuyên", body="court")
    for _ in range(50):
        prepared()
    page = tung.get(_address("list")).content.decode()
    assert first.number not in page  # on the second page
    answer = tung.post(_address("list"), {"q": "", "page": "2", "show": "all"}, follow=True)
    assert first.number in answer.content.decode()
    answer = tung.post(_address("list"), {"q": "toa an", "show": "prepared"}, follow=True)
    assert first.number in answer.content.decode()
    assert "toa" not in answer.request["QUERY_STRING"]
    assert first.number not in tung.get(_address("list"), {"show": "withdrawn"}).content.decode()
    nothing = tung.post(_address("list"), {"q": "không có", "show": "all"}, follow=True)
    assert "Không có phiếu nào khớp" in nothing.content.decode()


def test_a_chart_out_of_ones_reach_stands_there_by_number_alone() -> None:
    dao, luu = make_patient(), make_luu()
    restrict_patient(patient=dao, level="V", reason="hiv", by=luu)
    mandate = listing(dao, by=luu)
    number = dao.identifiers.get().value
    tung = signed_in(make_tung()).get(_address("mandate", mandate.uuid)).content.decode()
    assert number in tung
    assert "Đào" not in tung
    assert "Đào" in signed_in(luu).get(_address("mandate", mandate.uuid)).content.decode()
    found = signed_in(make_tung()).post(_address("find", mandate.uuid), {"q": number})
    assert "Đào" not in found.content.decode()


def test_a_chart_is_taken_off_and_a_foreign_one_is_not() -> None:
    tung = signed_in(make_tung())
    mandate, other = listing(make_patient()), listing(make_patient("Lê Văn Hùng"))
    strange = _address("strike_chart", mandate.uuid, other.charts.get().uuid)
    assert tung.post(strange).status_code == 404
    assert tung.post(_address("strike_chart", mandate.uuid, mandate.charts.get().uuid)).status_code == 302
    assert not mandate.charts.exists()
    assert other.charts.exists()


def test_withdrawing_asks_for_a_reason() -> None:
    mandate = in_force(make_patient())
    tung = signed_in(make_tung())
    assert tung.post(_address("withdraw", mandate.uuid), {"reason": ""}).status_code == 422
    assert tung.post(_address("withdraw", mandate.uuid), {"reason": "Nhầm công văn"}).status_code == 302
    page = tung.get(_address("mandate", mandate.uuid)).content.decode()
    assert "Nhầm công văn" in page
    assert _address("withdraw", mandate.uuid) not in page.split("<dialog")[0]


def test_another_facility_finds_nothing_here() -> None:
    mandate = in_force(make_patient())
    away = make_department(make_facility("88888", "Khác"), "P01", "Phòng")
    stranger = signed_in(make_user("xa", "Người Xa", "planning", away))
    assert stranger.get(_address("mandate", mandate.uuid)).status_code == 404
    assert stranger.post(_address("approve", mandate.uuid)).status_code == 404
    assert mandate.number not in stranger.get(_address("list")).content.decode()


def test_the_home_card_shows_what_waits() -> None:
    mandate = prepared()
    card = _address("waiting")
    assert mandate.number in signed_in(make_ha()).get(card).content.decode()
    services.withdraw_mandate(mandate=mandate, reason="Nhầm", by=make_tung())
    assert mandate.number not in signed_in(make_ha()).get(card).content.decode()
    assert signed_in(make_lan()).get(card).status_code == 403


def test_a_listed_stays_signed_documents_are_handed_out_with_their_fingerprints() -> None:
    """R-35"""
    load_forms()
    an = make_an()
    document = signed_document(an)
    stay = document.encounter
    draft = begin(stay, an)
    mandate = in_force(stay)
    luu = signed_in(make_luu())
    address = _address("hand_out", mandate.uuid, stay.uuid)
    assert address in luu.get(_address("mandate", mandate.uuid)).content.decode()
    answer = luu.post(address)
    assert answer.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    manifest = json.loads(archive.read("manifest.json"))
    (row,) = manifest["documents"]
    assert row["is_signed"]
    assert manifest["mandate"] == mandate.number
    kept = DocumentBytes.objects.get(version=document.current_version, revision=1)
    pdf = archive.read(row["file"])
    assert pdf == read_bytes(kept.attachment)
    assert hashlib.sha256(pdf).hexdigest() == row["sha256"] == kept.sha256
    assert archive.read("SHA256SUMS").decode() == f"{kept.sha256}  {row['file']}\n"
    assert str(draft.uuid) not in archive.read("manifest.json").decode()
    line = AuditEvent.objects.get(action="mandate.export")
    assert line.patient_id == stay.patient_id
    assert line.detail["signed"] == 1
    assert line.detail["manifest"] == hashlib.sha256(archive.read("manifest.json")).hexdigest()


def test_what_is_not_signed_is_named_and_not_contained() -> None:
    an = make_an()
    document = signed_document(an)
    other = make_version(an, text="Chưa ký.")
    type(document).objects.filter(pk=other.document_id).update(
        encounter=document.encounter, patient=document.patient
    )
    mandate = in_force(document.encounter)
    answer = signed_in(make_luu()).post(_address("hand_out", mandate.uuid, document.encounter.uuid))
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    rows = json.loads(archive.read("manifest.json"))["documents"]
    assert sorted(row["is_signed"] for row in rows) == [False, True]
    assert len([name for name in archive.namelist() if name.endswith(".pdf")]) == 1


def test_nothing_is_handed_out_without_the_right_a_mandate_in_force_and_the_stay_on_its_list() -> None:
    document = signed_document(make_an())
    stay = document.encounter
    mandate, other = in_force(stay), admit(make_patient("Lê Văn Hùng"))
    luu = signed_in(make_luu())
    assert signed_in(make_tung()).post(_address("hand_out", mandate.uuid, stay.uuid)).status_code == 403
    assert signed_in(make_lan()).post(_address("hand_out", mandate.uuid, stay.uuid)).status_code == 403
    assert luu.post(_address("hand_out", mandate.uuid, other.uuid)).status_code == 404
    waiting = listing(stay)
    assert luu.post(_address("hand_out", waiting.uuid, stay.uuid)).status_code == 422
    services.withdraw_mandate(mandate=mandate, reason="Nhầm", by=make_tung())
    assert luu.post(_address("hand_out", mandate.uuid, stay.uuid)).status_code == 422
    assert not AuditEvent.objects.filter(action="mandate.export").exists()


def test_a_reader_who_was_made_more_than_one_is_named_when_it_is_approved() -> None:
    mandate = listing(make_patient())
    PractitionerRole.objects.create(
        user=make_lan(), role="nurse", department=make_department(make_facility())
    )
    answer = signed_in(make_ha()).post(_address("approve", mandate.uuid))
    assert answer.status_code == 422
    assert "Vũ Thị Lan" in answer.content.decode()
