"""Consents that wait for their patients: written by the doctor, to be handed over on a tablet."""

from emr.accounts.models import User
from encounters.documents import services as documents
from encounters.visits.models import Encounter

_GENERAL = {
    "a/told.plan/0": ["Điều trị nội khoa, theo dõi hằng ngày; dự kiến 7 ngày."],
    "a/told.cost/0": ["Theo mức hưởng bảo hiểm y tế; người bệnh đồng chi trả phần còn lại."],
    "a/decision.answer/0": ["urn:benhanmo:consent-answer|agree"],
}
_SURGERY = {
    "a/diagnosis.text/0": ["Sỏi túi mật có triệu chứng"],
    "a/procedure.name/0": ["Phẫu thuật nội soi cắt túi mật"],
    "a/procedure.anaesthesia/0": ["Gây mê nội khí quản"],
    "a/told.benefit/0": ["Loại bỏ nguyên nhân gây đau và viêm."],
    "a/told.risks/0": ["Chảy máu, rò mật, nhiễm khuẩn, có thể phải chuyển mổ mở."],
    "a/told.refusal/0": ["Đau tái phát, viêm túi mật cấp, viêm tụy."],
    "a/decision.answer/0": ["urn:benhanmo:consent-answer|agree"],
}
_WRITTEN = ((0, "40/BV2", _GENERAL), (1, "40/BV2", _GENERAL), (2, "01/BV2", _SURGERY))


def build(people: dict[str, User]) -> None:
    """Two general consents and one of surgery, in internal medicine."""
    doctor = people["bacsi"]
    stays = Encounter.objects.filter(
        facility=doctor.facility,
        status=Encounter.Status.IN_PROGRESS,
        encounter_class=Encounter.Class.INPATIENT,
        department__code="K03",
    ).order_by("pk")
    found = list(stays[: len(_WRITTEN)])
    for index, code, fields in _WRITTEN:
        if index >= len(found):
            continue
        document = documents.begin_document(encounter=found[index], code=code, by=doctor)
        draft = documents.save_draft(
            document=document, fields=fields, revision=document.draft.revision, by=doctor
        )
        documents.finalize_document(document=document, revision=draft.revision, by=doctor)
