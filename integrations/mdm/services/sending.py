"""Signed documents to the neighbours that ask for them: each PDF once, whatever a worker goes through."""

from emr.common.clock import now
from emr.outbox import Later, is_owed
from emr.storage.services import read_bytes
from encounters.documents.models import Document, DocumentBytes, DocumentVersion
from integrations.hl7v2.delivering import control_id
from integrations.mdm.building import build_document
from integrations.transport.models import Channel, Message
from integrations.transport.selectors import outgoing_channels
from integrations.transport.sending import about_key, send

TYPE = "MDM^T02"


def tell_signed(*, version_id: int, revision: int) -> int:
    """Queue the signed PDF for every channel that takes MDM^T02; returns how many. Told twice is told once.

    `revision` is the PDF with this very signature. A version that was amended meanwhile is sent all the same, in its
    order: the neighbour's line of versions is ours.
    """
    rows = DocumentVersion.objects.select_related(
        "document__patient__merged_into",
        "document__encounter__department",
        "document__encounter__facility",
        "author",
    )
    version = rows.get(pk=version_id)
    channels = outgoing_channels(version.facility_id, TYPE)
    if not channels:
        return 0
    signed = DocumentBytes.objects.select_related("attachment__key").get(version=version, revision=revision)
    data = read_bytes(signed.attachment)
    return sum(_send(channel, version, revision, data) is not None for channel in channels)


def _send(channel: Channel, version: DocumentVersion, revision: int, data: bytes) -> Message | None:
    number = control_id("mdm", version.pk, revision, channel.pk)
    told = _told(channel, version.document, but_for=number)
    if told is None:
        return _queue(channel, version, "T02", number, data)
    if told == version:
        return _queue(channel, version, "T08", number, data)
    return _queue(channel, version, "T10", number, data, parent=told)


def _told(channel: Channel, document: Document, *, but_for: str = "") -> DocumentVersion | None:
    """The version that the neighbour was last sent; None for a document that it never got."""
    versions = {about_key(version): version for version in document.versions.select_related("author")}
    sent = channel.messages.filter(about__in=versions).exclude(control_id=but_for).order_by("-id")
    latest = sent.values_list("about", flat=True).first()
    return versions[latest] if latest is not None else None


def _queue(
    channel: Channel,
    version: DocumentVersion,
    event: str,
    number: str,
    data: bytes,
    *,
    parent: DocumentVersion | None = None,
) -> Message | None:
    title = str(version.composition.get("header", {}).get("title") or version.document.code)
    if parent is not None:
        parent.document = version.document
    raw = build_document(
        version, channel, event=event, number=number, at=now(), data=data, title=title, parent=parent
    )
    return send(
        channel,
        raw=raw,
        control_id=number,
        message_type=f"MDM^{event}",
        patient_number=f"patient:{version.document.patient.root_id}",
        about=version,
    )


def tell_cancelled(*, document_id: int) -> int:
    """T11 to whoever was sent any version of it. Raises Later while a signature of it is still to be told."""
    if is_owed("document_version.signed", f"document:{document_id}"):
        raise Later
    rows = Document.objects.select_related(
        "patient__merged_into", "encounter__department", "encounter__facility"
    )
    document = rows.get(pk=document_id)
    count = 0
    for channel in outgoing_channels(document.facility_id, TYPE):
        number = control_id("mdm", "cancel", document.pk, channel.pk)
        told = _told(channel, document, but_for=number)
        if told is not None:
            told.document = document
            count += _queue(channel, told, "T11", number, b"") is not None
    return count
