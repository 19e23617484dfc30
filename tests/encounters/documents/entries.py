"""Finished entries of a treatment sheet: one as a doctor writes it, or hundreds at once."""

import datetime as dt
from typing import Any

from emr.accounts.models import User
from emr.common.clock import now
from encounters.documents import services
from encounters.documents.models import Document, DocumentVersion
from encounters.forms.models import QuestionnaireResponse
from encounters.orders.services import add_medication
from encounters.visits.models import Encounter
from tests.encounters import chart


def write(stay: Encounter, by: User, text: str, *, medicine: str = "", **told: Any) -> Document:
    """An entry begun, typed and confirmed."""
    document = chart.begin(stay, by, **told)
    if medicine:
        add_medication(
            entry=document, by=by, text=medicine, route="IV", dose="1", dose_unit="lo", times_per_day=2
        )
    draft = services.save_draft(document=document, fields=chart.written(document, text), revision=1, by=by)
    services.finalize_document(document=document, revision=draft.revision, by=by)
    document.refresh_from_db()
    return document


def amend(document: Document, by: User, text: str, reason: str) -> DocumentVersion:
    """The document's next version."""
    draft = services.amend_document(document=document, reason=reason, by=by)
    draft = services.save_draft(
        document=document, fields=chart.written(document, text), revision=draft.revision, by=by
    )
    version = services.finalize_document(document=document, revision=draft.revision, by=by)
    document.refresh_from_db()
    return version


def multiply(pattern: Document, count: int, *, code: str = "") -> list[Document]:
    """So many more documents like this finished one, an hour apart, without going through the services."""
    version = pattern.current_version
    assert version is not None
    documents = Document.objects.bulk_create(
        [
            Document(
                facility=pattern.facility,
                patient=pattern.patient,
                encounter=pattern.encounter,
                department=pattern.department,
                code=code or pattern.code,
                author=pattern.author,
                happened_at=pattern.happened_at + dt.timedelta(hours=index + 1),
            )
            for index in range(count)
        ]
    )
    responses = QuestionnaireResponse.objects.bulk_create(
        [
            QuestionnaireResponse(
                facility=pattern.facility,
                questionnaire=version.response.questionnaire,
                patient=pattern.patient,
                encounter=pattern.encounter,
                author=pattern.author,
                authored_at=now(),
                resource=version.response.resource,
                sha256=version.response.sha256,
            )
            for _ in documents
        ]
    )
    versions = DocumentVersion.objects.bulk_create(
        [
            DocumentVersion(
                document=document,
                facility=pattern.facility,
                number=1,
                response=response,
                composition=version.composition,
                author=pattern.author,
                frozen_at=version.frozen_at,
            )
            for document, response in zip(documents, responses, strict=True)
        ]
    )
    for document, made in zip(documents, versions, strict=True):
        document.current_version, document.status = made, Document.Status.FINAL
    Document.objects.bulk_update(documents, ["current_version", "status"])
    return documents
