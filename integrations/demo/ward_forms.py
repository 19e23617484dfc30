"""Forms of the ward: a consultation that is confirmed, a nutrition assessment that a nurse has begun."""

from emr.accounts.models import User
from encounters.documents import services as documents
from encounters.visits.models import Encounter

_CONSULTATION = {
    "a/stay.diagnosis.text/0": ["Viêm phổi mắc phải ở cộng đồng"],
    "a/held.chair/0": ["BSCKII. Trưởng khoa Nội"],
    "a/held.secretary/0": ["BS. Nguyễn Văn An"],
    "a/summary.course/0": ["Sốt ngày thứ ba, ho đờm xanh, đáp ứng chậm với kháng sinh ban đầu."],
    "a/summary.reason/0": ["Đáp ứng chậm với điều trị ban đầu."],
    "a/result.conclusion/0": ["Thống nhất chẩn đoán viêm phổi, chưa có biến chứng."],
    "a/result.plan/0": ["Đổi kháng sinh theo kháng sinh đồ, chụp lại phổi sau 48 giờ."],
}
_NUTRITION = {"a/measure.weight/0": ["46"], "a/measure.height/0": ["158"], "a/measure.usual/0": ["50"]}


def build(people: dict[str, User]) -> None:
    """One of each, for the first two stays of internal medicine."""
    doctor = people["bacsi"]
    stays = Encounter.objects.filter(
        facility=doctor.facility,
        status=Encounter.Status.IN_PROGRESS,
        encounter_class=Encounter.Class.INPATIENT,
        department__code="K03",
    ).order_by("pk")[:2]
    for stay, code, fields, by in zip(
        stays,
        ("27/BV2", "DG-DINHDUONG"),
        (_CONSULTATION, _NUTRITION),
        (doctor, people["dieuduong"]),
        strict=False,
    ):
        document = documents.begin_document(encounter=stay, code=code, by=by)
        draft = documents.save_draft(
            document=document, fields=fields, revision=document.draft.revision, by=by
        )
        if by == doctor:
            documents.finalize_document(document=document, revision=draft.revision, by=by)
