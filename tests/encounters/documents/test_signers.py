"""Where people sign: the record's places as the official form has them, each signature at its own."""

import datetime as dt
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pyhanko.pdf_utils.reader import PdfFileReader

from emr.accounts.models import User
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from emr.storage.services import read_bytes
from encounters.documents import services
from encounters.documents.models import Document, DocumentVersion
from encounters.documents.signed import signatures_of
from encounters.documents.signers import place_of
from patients.registry import systems
from signatures.providers.base import Pin
from signatures.providers.services import issue_demo_key
from signatures.signing.models import SigningRequest
from signatures.signing.services import request_countersignature, sign_requests
from tests.emr.people import make_user
from tests.encounters import chart
from tests.encounters.documents.entries import amend, write
from tests.encounters.visits.ward import ago, department, know, make_bed
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
PIN = "246813"


@pytest.fixture(autouse=True)
def instance(settings: Any, tmp_path: Path) -> None:
    """A demo authority of this test's own."""
    settings.EMR_HOME = tmp_path
    settings.EMR_TSA_URL = ""


def record_fields(**more: str) -> dict[str, list[str]]:
    """What must be written on a 01/BV1 before it can be confirmed."""
    today = f"{timezone.localdate():%d/%m/%Y}"
    typed = {
        "a/admin.payer/0": "urn:benhanmo:payer|THUPHI",
        "a/stay.source/0": "urn:benhanmo:admission-source|2",
        "a/stay.referral/0": "urn:benhanmo:referral-source|2",
        "a/case.reason.text/0": "Sốt, ho",
        "a/case.history.course/0": "Bệnh diễn biến 3 ngày.",
        "a/case.history.past.own/0": "Khỏe mạnh.",
        "a/case.exam.general/0": "Tỉnh, da niêm mạc hồng.",
        "a/case.exam.summary/0": "Viêm phổi.",
        "a/case.diagnosis.main.code/0": "J18.9",
        "a/case.diagnosis.main.code/0/shown": "Viêm phổi, không đặc hiệu",
        "a/case.diagnosis.main.code/0/chosen": "Viêm phổi, không đặc hiệu",
        "a/case.prognosis/0": "Khá",
        "a/case.plan/0": "Kháng sinh",
        "a/case.written_on/0": today,
        "a/case.doctor/0": "BS. Nguyễn Văn An",
        **more,
    }
    return {name: [value] for name, value in typed.items()}


def make_record(stay: Any, by: User) -> DocumentVersion:
    """A confirmed 01/BV1."""
    know("VN", "Việt Nam", system="country")
    document = services.begin_document(encounter=stay, code="01/BV1", by=by)
    draft = services.save_draft(document=document, fields=record_fields(), revision=1, by=by)
    try:
        return services.finalize_document(document=document, revision=draft.revision, by=by)
    except services.NotComplete as missing:
        raise AssertionError([problem.link_id for problem in missing.problems]) from missing


def _pages(pdf: bytes, tmp_path: Path, need_tool: Any) -> list[str]:
    file = tmp_path / "record.pdf"
    file.write_bytes(pdf)
    tool = need_tool("pdftotext", "poppler-utils")
    text = subprocess.run([tool, "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    return text.split("\f")


def test_a_record_has_the_places_of_the_official_form(tmp_path: Path, need_tool: Any) -> None:
    an, stay = chart.make_stay(at=ago(days=2), late_reason="Nhập lại")
    version = make_record(stay, an)
    pdf = services.render_version(version)
    text = "\n".join(_pages(pdf, tmp_path, need_tool))
    discharge, history = text.index("TÌNH TRẠNG RA VIỆN"), text.index("A. BỆNH ÁN")
    director, head = text.index("GIÁM ĐỐC BỆNH VIỆN"), text.index("TRƯỞNG KHOA")
    doctor = text.index("BÁC SĨ LÀM BỆNH ÁN")
    assert discharge < director < head < history < doctor
    assert "BÁC SĨ ĐIỀU TRỊ" not in text  # there is no closing summary yet
    assert text.count("GIÁM ĐỐC BỆNH VIỆN") == 1


def test_a_record_s_corner_holds_its_numbers_and_its_place_no_word_twice(
    tmp_path: Path, need_tool: Any
) -> None:
    an, stay = chart.make_stay(
        at=ago(days=2), late_reason="Nhập lại", bed=make_bed("03"), patient=make_patient()
    )
    register_identifier = stay.patient.identifiers.create
    register_identifier(facility=stay.facility, system=systems.HEALTH_CODE, value="01/012/26/000123")
    (first, *_rest) = _pages(services.render_version(make_record(stay, an)), tmp_path, need_tool)
    mrn = stay.patient.identifiers.get(system=systems.mrn(stay.facility)).value
    for line in (
        "MS: 01/BV1",
        "Số lưu trữ: …",
        "Mã YT: 01/012/26/000123",
        f"Mã người bệnh: {mrn}",
        f"Mã HSBA: {stay.identifier}",
        f"Số vào viện: {stay.admission_number}",
        "Buồng: 101",
        "Giường: 03",
    ):
        assert line in first, line
    assert first.count("NGUYỄN THỊ ĐÀO") == 1


def test_a_treatment_sheet_entry_keeps_its_one_place(tmp_path: Path, need_tool: Any) -> None:
    an, stay = chart.make_stay(at=ago(days=2), late_reason="Nhập lại")
    entry = write(stay, an, "Tỉnh.")
    assert entry.current_version is not None
    text = "\n".join(_pages(services.render_version(entry.current_version), tmp_path, need_tool))
    assert text.count("BÁC SĨ ĐIỀU TRỊ") == 1
    assert "TRƯỞNG KHOA" not in text


def test_a_late_and_an_amended_entry_say_so_on_paper(tmp_path: Path, need_tool: Any) -> None:
    """R-21: when it was entered and why late; an amendment's reason."""
    an, stay = chart.make_stay(at=ago(days=2), late_reason="Nhập lại")
    entry = write(stay, an, "Tỉnh.", happened_at=ago(days=1), late_reason="Mất điện cả khoa")
    version = amend(entry, an, "Tỉnh, sốt nhẹ.", "Ghi thiếu nhiệt độ")
    text = "\n".join(_pages(services.render_version(version), tmp_path, need_tool))
    entered, frozen = timezone.localtime(entry.created_at), timezone.localtime(version.frozen_at)
    assert f"Ghi bổ sung lúc {entered:%H:%M %d/%m/%Y}: Mất điện cả khoa" in text
    assert f"Sửa đổi lúc {frozen:%H:%M %d/%m/%Y}: Ghi thiếu nhiệt độ" in text


def test_each_role_has_its_place_once() -> None:
    composition = {
        "signers": [
            {"of": "author", "place": "signature-1"},
            {"of": "director", "place": "signature-director"},
        ]
    }
    assert place_of(composition, step=1, roles=["director"]) == "signature-1"
    assert place_of(composition, step=2, roles=["doctor", "director"]) == "signature-director"
    assert place_of(composition, step=3, roles=["director"], taken=["signature-director"]) == "signature-3"
    assert place_of(composition, step=2, roles=["head_of_department"]) == "signature-2"
    assert place_of({}, step=2, roles=["director"]) == "signature-2"


def _work() -> None:
    for _ in range(20):
        owed = OutboxEvent.objects.filter(done_at=None, failed_at=None).order_by("pk")
        if not sum(deliver(event_id=event.pk) for event in owed):
            return


def _sign(version: DocumentVersion, signer: User) -> None:
    request = SigningRequest.objects.get(version=version, signer=signer)
    with transaction.atomic():
        (outcome,) = sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=signer)
    assert outcome.is_signed, outcome.problem
    _work()


def test_the_head_of_department_signs_at_the_head_s_place() -> None:
    an, stay = chart.make_stay(at=ago(days=2), late_reason="Nhập lại")
    head = make_user("truong", "Lê Văn Trưởng", "head_of_department", department(), title="BSCKII.")
    for person in (an, head):
        issue_demo_key(owner=person, pin=PIN)
    version = make_record(stay, an)
    _work()
    _sign(version, an)
    request_countersignature(version=version, signer=head, by=an)
    _work()
    _sign(version, head)
    pdf = read_bytes(version.bytes.get(revision=2).attachment)
    reader = PdfFileReader(BytesIO(pdf))
    names = reader.root["/Names"]["/Dests"]["/Names"]
    place = {str(names[i]): names[i + 1] for i in range(0, len(names), 2)}["signature-head_of_department"]
    fields = [field.get_object() for field in reader.root["/AcroForm"]["/Fields"]]
    boxes = {str(field["/T"]): field["/Rect"] for field in fields}
    left, _bottom, _right, top = (float(edge) for edge in boxes["Signature2"])
    assert (left, top) == pytest.approx((float(place[2]), float(place[3])), abs=1)
    (signed,) = signatures_of([version.pk]).values()
    assert [one.name for one in signed] == ["BS. Nguyễn Văn An", "BSCKII. Lê Văn Trưởng"]
    assert signed[0].at <= timezone.now() + dt.timedelta(seconds=1)
    assert Document.objects.get().status == "signed"


def test_members_sign_in_the_places_kept_for_them_in_their_order_and_the_head_in_his() -> None:
    of = [("author", "signature-1"), ("head_of_department", "signature-head_of_department")]
    of += [("member", f"signature-member-{number}") for number in (1, 2)]
    composition = {"signers": [{"of": who, "place": place} for who, place in of]}
    first = place_of(composition, step=2, roles=["doctor"], taken=["signature-1"])
    second = place_of(composition, step=2, roles=["doctor"], taken=["signature-1", first])
    assert [first, second] == ["signature-member-1", "signature-member-2"]
    head = place_of(composition, step=3, roles=["head_of_department"], taken=["signature-1", first, second])
    assert head == "signature-head_of_department"
    assert place_of(composition, step=4, roles=["doctor"], taken=[first, second]) == "signature-4"
