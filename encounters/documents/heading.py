"""The head of every print: whose it is, where, under which numbers. Frozen with the version."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.accounts.models import User
from encounters.documents.models import Document
from patients.registry import systems
from patients.registry.age import age_of, birth_text

SIGNER_ROLES = {"01/BV1": "BÁC SĨ LÀM BỆNH ÁN", "36/BV2": "BÁC SĨ ĐIỀU TRỊ"}


def verify_address(code: str) -> str:
    """Where a printed code leads; the host is the hospital's own."""
    host = settings.EMR_PUBLIC_URL.rstrip("/")
    try:
        return host + reverse("signatures:verification:code", args=[code])
    except Exception:
        return f"{host}/verify/{code}/"


def _place(document: Document) -> tuple[str, str]:
    """(room, bed) at the document's time."""
    stay = (
        document.encounter.locations.filter(starts_at__lte=document.happened_at, cancelled_at=None)
        .select_related("location__parent")
        .order_by("-starts_at")
        .first()
    )
    bed = stay.location if stay else None
    if bed is None:
        return "", stay.location_as_sent if stay else ""
    return (bed.parent.name if bed.parent else ""), bed.name


def heading(
    document: Document, *, title: str, number: int, verify_code: str, questionnaire_version: str
) -> dict[str, Any]:
    """Everything above the body of a print, as text, in Vietnamese (the language of the official forms)."""
    with override("vi"):
        patient, encounter, facility = document.patient, document.encounter, document.facility
        mrn = patient.identifiers.filter(system=systems.mrn(facility), is_active=True).first()
        room, bed = _place(document)
        return {
            "title": title,
            "form_code": document.code,
            "authority": facility.authority,
            "facility": facility.name,
            "department": document.department.name,
            "record_number": encounter.admission_number or encounter.identifier,
            "version_text": _("version %(number)d") % {"number": number} + f" · {questionnaire_version}",
            "numbers": [
                pair
                for pair in (
                    ["Số vào viện", encounter.admission_number],
                    ["Mã người bệnh", mrn.value if mrn else ""],
                    ["Mã điều trị", encounter.identifier],
                )
                if pair[1]
            ],
            "identity": [
                [
                    ["Họ và tên", patient.full_name.upper()],
                    ["Ngày sinh", birth_text(patient)],
                    ["Tuổi", str(age_of(patient, timezone.localdate(document.happened_at)) or "")],
                    ["Giới", str(patient.get_sex_display())],
                ],
                [
                    ["Khoa", document.department.name],
                    ["Buồng", room],
                    ["Giường", bed],
                    ["Mã điều trị", encounter.identifier],
                ],
            ],
            "verify_text": verify_address(verify_code),
        }


def signers(document: Document, author: User) -> list[dict[str, str]]:
    """The places to sign; the visible signature is put exactly at `place`."""
    when = timezone.localtime(document.happened_at)
    return [
        {
            "dated": f"{when:%H} giờ {when:%M}, ngày {when:%d} tháng {when:%m} năm {when:%Y}",
            "role": SIGNER_ROLES.get(document.code, "NGƯỜI KÝ"),
            "place": "signature-1",
            "name": author.titled_name,
        }
    ]
