"""Papers handed out: appointments that the workers sign and seal, a confirmation that waits, a referral being written."""

import datetime as dt

from django.utils import timezone

from emr.accounts.models import User
from emr.common.clock import local_today
from emr.outbox import Later, publish
from encounters.attestations import services as papers
from encounters.attestations.kinds import APPOINTMENT, INPATIENT, REFERRAL
from encounters.attestations.models import Attestation
from encounters.documents import services as documents
from encounters.documents.models import DocumentDraft
from encounters.forms.selectors import form_of
from encounters.forms.services import answers_of
from encounters.visits.models import Encounter
from signatures.providers.base import Pin
from signatures.signing.models import SigningRequest
from signatures.signing.services import seal_documents, sign_requests

_WRITTEN = ((0, APPOINTMENT), (1, APPOINTMENT), (2, INPATIENT))


def build(people: dict[str, User]) -> None:
    """Papers of internal medicine's first inpatients."""
    doctor = people["bacsi"]
    stays = Encounter.objects.filter(
        facility=doctor.facility,
        status=Encounter.Status.IN_PROGRESS,
        encounter_class=Encounter.Class.INPATIENT,
        department__code="K03",
    ).order_by("pk")
    found = list(stays[: len(_WRITTEN) + 1])
    for index, kind in _WRITTEN:
        if index >= len(found):
            continue
        paper = papers.begin_paper(encounter=found[index], kind=kind, by=doctor)
        draft = DocumentDraft.objects.get(document=paper.document)
        draft = documents.save_draft(
            document=paper.document, fields=_typed(draft), revision=draft.revision, by=doctor
        )
        documents.finalize_document(document=paper.document, revision=draft.revision, by=doctor)
        if kind == APPOINTMENT:
            publish("demo.paper_wanted", document_id=paper.document_id)
    if len(found) > len(_WRITTEN):
        papers.begin_paper(encounter=found[len(_WRITTEN)], kind=REFERRAL, by=doctor)


def _typed(draft: DocumentDraft) -> dict[str, list[str]]:
    """What the page would send: what was filled in already, and the appointment."""
    visit = local_today() + dt.timedelta(days=10)
    fields = {
        "a/visit.on/0": [f"{visit:%d/%m/%Y}"],
        "a/visit.where/0": ["Khoa Khám bệnh"],
        "a/advice/0": ["Uống thuốc theo đơn, khám lại đúng hẹn hoặc khi có dấu hiệu bất thường."],
        "a/diagnosis.text/0": ["Theo hồ sơ bệnh án"],
    }
    for answer in answers_of(draft.content, "diagnosis.text"):
        fields["a/diagnosis.text/0"] = [str(answer.value)]
    for answer in answers_of(draft.content, "stay.admitted_at"):
        moment = timezone.localtime(dt.datetime.fromisoformat(str(answer.value)))
        fields["a/stay.admitted_at/0"] = [f"{moment:%d/%m/%Y %H:%M}"]
    for link in ("confirmed.from", "confirmed.to"):
        for answer in answers_of(draft.content, link):
            fields[f"a/{link}/0"] = [f"{dt.date.fromisoformat(str(answer.value)):%d/%m/%Y}"]
    known = form_of(draft.questionnaire).by_link_id
    return {name: value for name, value in fields.items() if name.split("/")[1] in known}


def sign_next(*, document_id: int, pin: str) -> None:
    """Sign, or seal, as whoever's turn it is; comes again until the paper is issued. Later: its pages aren't ready."""
    if Attestation.objects.filter(document_id=document_id, status=Attestation.Status.ISSUED).exists():
        return
    ready = SigningRequest.objects.select_related("signer").filter(version__document_id=document_id)
    request = ready.filter(status=SigningRequest.Status.READY).first()
    if request is None:
        raise Later
    shown = {request.uuid: request.sha256}
    if request.is_seal:
        seal_documents(shown=shown, by=request.signer)
    else:
        sign_requests(shown=shown, pin=Pin(pin), by=request.signer)
        publish("demo.paper_wanted", document_id=document_id)
