"""From a frozen version to its PDF, in a worker."""

from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import override

from emr.outbox import publish
from emr.storage.services import store_bytes
from encounters.documents.models import Document, DocumentBytes, DocumentVersion
from encounters.documents.sections import sections_of
from encounters.documents.signers import in_sections
from encounters.forms.services import print_body


def printed_sections(code: str, composition: dict[str, Any]) -> dict[str, SafeString]:
    """What other rooms wrote into a version of this form (orders …), each as their own template prints it."""
    frozen = composition["sections"]
    return {
        section.name: mark_safe(  # noqa: S308  our own template, autoescaped
            render_to_string(section.print_template, {"section": frozen.get(section.name, {})})
        )
        for section in sections_of(code)
    }


def render_version(version: DocumentVersion) -> bytes:
    """The version's PDF/A: from frozen rows alone, so that it is the same bytes whenever it is rendered."""
    # WeasyPrint takes a second to import, and only workers print.
    from encounters.documents.rendering import render_pdf, render_version_html  # noqa: PLC0415

    document, composition = version.document, version.composition
    with override("vi"):
        slots = printed_sections(document.code, composition) | in_sections(composition.get("signers", []))
        response = version.response
        body = print_body(
            response.questionnaire,
            response.resource,
            sections=slots,
            at=version.frozen_at.isoformat(),
        )
        html = render_version_html(composition, body=body, frozen_at=version.frozen_at)
    return render_pdf(html, identifier=version.uuid.bytes)


@transaction.atomic
def store_rendering(*, version: DocumentVersion, pdf: bytes) -> DocumentBytes:
    """Keep the rendering as revision 0 and tell who waits for it; rendered again, the first stays."""
    existing = DocumentBytes.objects.filter(version=version, revision=0).first()
    if existing is not None:
        return existing
    attachment = store_bytes(pdf, content_type="application/pdf", facility=version.facility)
    stored = DocumentBytes.objects.create(
        version=version, revision=0, attachment=attachment, sha256=attachment.sha256
    )
    publish(
        "document_version.rendered",
        order_key=f"document:{version.document_id}",
        document_version_id=version.pk,
        revision=0,
    )
    return stored


@transaction.atomic
def mark_signed(*, version: DocumentVersion) -> None:
    """The version carries a signature: the document is signed, or stays amended when it was amended."""
    document = Document.objects.select_for_update(of=("self",)).get(pk=version.document_id)
    if document.current_version_id == version.pk and document.status == Document.Status.FINAL:
        document.status = Document.Status.SIGNED
        document.save(update_fields=["status"])
