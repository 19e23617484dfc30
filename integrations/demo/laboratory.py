"""The laboratory's day: tests that the demo's LIS doesn't do, at every stage from the ward to the doctor's inbox."""

import datetime as dt
import uuid
from collections.abc import Callable

from django.utils import timezone

from emr.accounts.models import User
from emr.common.clock import now
from encounters.documents import services as documents
from encounters.documents.models import DocumentDraft
from encounters.orders.models import ServiceRequest
from encounters.orders.services import add_service
from encounters.performing import services
from encounters.performing.services import Isolate, Tried
from encounters.specimens.models import Specimen
from encounters.specimens.services import (
    collect_by_scan,
    count_labels,
    prepare_specimens,
    receive_specimen,
    reject_specimen,
)
from encounters.visits.models import Condition, Encounter

People = dict[str, User]

BLOOD_CULTURE, URINE_CULTURE, HBSAG, DENGUE = "XN0061", "XN0062", "XN0051", "XN0054"
_NAMES = {
    BLOOD_CULTURE: "Vi khuẩn nuôi cấy và định danh, máu",
    URINE_CULTURE: "Vi khuẩn nuôi cấy và định danh, nước tiểu",
    HBSAG: "HBsAg test nhanh",
    DENGUE: "Dengue virus NS1Ag test nhanh",
}
_ECOLI = Isolate(
    number=1,
    organism="ECO",
    quantity="> 10^5 CFU/mL",
    note="ESBL (+)",
    tried=(
        Tried(title="Ceftriaxon", code="CRO", mic=">32", judged="R"),
        Tried(title="Ciprofloxacin", code="CIP", mic=">4", judged="R"),
        Tried(title="Amikacin", code="AMK", mic="<=2", judged="S"),
        Tried(title="Meropenem", code="MEM", mic="<=0,25", judged="S"),
        Tried(title="Fosfomycin", code="FOS", zone="24", judged="S"),
    ),
)
_MRSA = Isolate(
    number=1,
    organism="SAU",
    quantity="2/2 chai",
    note="MRSA",
    tried=(
        Tried(title="Cefoxitin", code="FOX", zone="16", judged="R"),
        Tried(title="Vancomycin", code="VAN", mic="1", judged="S"),
        Tried(title="Linezolid", code="LNZ", zone="26", judged="S"),
    ),
)


def build(people: People) -> None:
    """One stay a stage; a second call changes nothing, since the demo is built once."""
    doctor = people["bacsi"]
    stays = Encounter.objects.filter(
        facility=doctor.facility,
        status=Encounter.Status.IN_PROGRESS,
        department__code="K03",
        started_at__lt=now() - dt.timedelta(hours=6),
    ).select_related("patient", "department", "facility")
    for stay, (code, go_on) in zip(stays.order_by("-pk"), _STAGES, strict=False):
        go_on(_ordered(stay, code, doctor), people)


def _ordered(stay: Encounter, code: str, doctor: User) -> ServiceRequest:
    entry = documents.begin_document(
        encounter=stay, code="36/BV2", by=doctor, happened_at=now() - dt.timedelta(minutes=90)
    )
    request = add_service(entry=entry, by=doctor, category="laboratory", code=code, text=_NAMES[code])
    draft = DocumentDraft.objects.get(document=entry)
    at = timezone.localtime(entry.happened_at)
    known = Condition.objects.filter(encounter=stay).exclude(code="").order_by("pk").first()
    fields = {
        "a/when.at/0": [f"{at:%d/%m/%Y %H:%M}"],
        "a/course.text/0": ["Người bệnh tỉnh, làm thêm xét nghiệm."],
    }
    if known is not None:
        fields |= {
            "a/course.diagnosis.code/0": [known.code],
            "a/course.diagnosis.code/0/shown": [known.text],
            "a/course.diagnosis.code/0/chosen": [known.text],
        }
    draft = documents.save_draft(document=entry, fields=fields, revision=draft.revision, by=doctor)
    documents.finalize_document(document=entry, revision=draft.revision, by=doctor)
    request.refresh_from_db()
    return request


def _tube(request: ServiceRequest, people: People) -> Specimen:
    made = prepare_specimens(encounter=request.encounter, by=people["dieuduong"])
    count_labels(specimens=made, by=people["dieuduong"], form="pdf")
    return Specimen.objects.get(tests__request=request, tests__is_current=True)


def _wanted(_request: ServiceRequest, _people: People) -> None:
    """The ward hasn't begun."""


def _labelled(request: ServiceRequest, people: People) -> None:
    _tube(request, people)


def _collected(request: ServiceRequest, people: People) -> Specimen:
    tube = _tube(request, people)
    return collect_by_scan(specimen=tube, encounter=request.encounter, by=people["dieuduong"])


def _on_the_way(request: ServiceRequest, people: People) -> None:
    _collected(request, people)


def _arrived(request: ServiceRequest, people: People) -> None:
    receive_specimen(specimen=_collected(request, people), by=people["xetnghiem"])


def _rejected(request: ServiceRequest, people: People) -> None:
    tube = _collected(request, people)
    reject_specimen(specimen=tube, reason=Specimen.Reason.HAEMOLYSED, text="", by=people["xetnghiem"])


def _entered(*isolates: Isolate, **typed: str) -> Callable[[ServiceRequest, People], None]:
    """Read by the technician; nobody has released it."""

    def go_on(request: ServiceRequest, people: People) -> None:
        _arrived(request, people)
        services.take_on(request=request, by=people["xetnghiem"])
        services.enter_values(
            request=request,
            typed=typed,
            isolates=isolates,
            note="",
            key=str(uuid.uuid5(request.uuid, "demo")),
            by=people["xetnghiem"],
            confirmed=True,
        )

    return go_on


def _released(*isolates: Isolate, **typed: str) -> Callable[[ServiceRequest, People], None]:
    """And released by the second person: it waits in the doctor's inbox."""
    entered = _entered(*isolates, **typed)

    def go_on(request: ServiceRequest, people: People) -> None:
        entered(request, people)
        report = request.reports.get(replaced_by=None)
        services.release(report=report, by=people["xetnghiem2"])

    return go_on


_STAGES: tuple[tuple[str, Callable[[ServiceRequest, People], None]], ...] = (
    (URINE_CULTURE, _wanted),
    (BLOOD_CULTURE, _labelled),
    (HBSAG, _on_the_way),
    (BLOOD_CULTURE, _arrived),
    (DENGUE, _rejected),
    (BLOOD_CULTURE, _entered(_MRSA, GRAM="Cầu khuẩn Gram dương, đứng thành đám")),
    (URINE_CULTURE, _released(_ECOLI, GRAM="Trực khuẩn Gram âm")),
    (HBSAG, _released(HBSAG="Âm tính")),
)
