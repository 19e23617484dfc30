"""MDM onto the chart: each message a version of a document, or nothing."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import Q

from emr.audit.services import record
from emr.storage.services import store_bytes
from encounters.visits.models import Encounter
from integrations.hl7v2.identifying import patient_of
from integrations.hl7v2.inbox import Applied
from integrations.hl7v2.outcomes import CannotApply, NotYet
from integrations.mdm.models import ReceivedDocument
from integrations.mdm.reading import ADDENDUM, CANCEL, EDIT, EVENTS, REPLACEMENT, STATUS, Mdm, read_mdm
from integrations.transport.models import Channel, Message
from patients.registry.access import same_person_ids
from patients.registry.models import Patient


def apply_mdm(message: Message) -> Applied:
    """File the document's version; raises CannotApply, NotYet, Hl7Error.

    An edit, a replacement or a cancellation of a document that we don't have waits for it, and then needs a person.
    """
    mdm = read_mdm(message)
    event = mdm.msh.trigger_event
    if event not in EVENTS:
        raise CannotApply("unsupported", type=message.message_type)
    patient = _patient(mdm)
    source = source_of(mdm.channel)
    _one_at_a_time(f"{mdm.channel.facility_id}:{source}:{mdm.txa.parent or mdm.txa.number}")
    former = _former(mdm, source)
    if former is not None and former.patient.root_id != patient.root_id:
        raise CannotApply("document_of_another", number=mdm.txa.number)
    if former is None and event in {EDIT, REPLACEMENT, CANCEL}:
        raise NotYet("unknown_document", number=mdm.txa.parent if event == REPLACEMENT else mdm.txa.number)
    if former is not None and former.told_at > mdm.told_at:
        mdm.remark_older(former.number)
        return Applied(False, mdm.remarks)
    if event == CANCEL:
        return Applied(_cancel(mdm, former), mdm.remarks)
    return Applied(_file(mdm, patient, source, former), mdm.remarks)


def source_of(channel: Channel) -> str:
    """The neighbour that numbers its documents: one system, however many channels lead to it."""
    return f"hl7:{channel.sending_facility}:{channel.sending_application}"[:80]


def _one_at_a_time(key: str) -> None:
    """Two messages about one document come one after the other, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"mdm:{key}"])


def _patient(mdm: Mdm) -> Patient:
    otherwise = CannotApply("document_of_another", number=mdm.txa.number)
    return patient_of(mdm.channel, mdm.pid, otherwise=otherwise)


def _former(mdm: Mdm, source: str) -> ReceivedDocument | None:
    """The newest row of the line that the message goes on: by its own number, for a replacement by its parent's."""
    rows = ReceivedDocument.objects.filter(facility_id=mdm.channel.facility_id, source=source)
    numbers = [mdm.txa.number]
    if mdm.msh.trigger_event == REPLACEMENT and mdm.txa.parent:
        numbers.append(mdm.txa.parent)
    known = rows.filter(number__in=numbers).order_by("-id").first()
    if known is None:
        return None
    return rows.filter(line=known.line).select_related("patient__merged_into").order_by("-version").first()


def _stay(mdm: Mdm, patient: Patient) -> Encounter | None:
    """The visit that is named, else the one at the document's time; none is no obstacle, another person's is."""
    stays = Encounter.objects.filter(
        facility_id=mdm.channel.facility_id, patient__in=same_person_ids(patient)
    )
    stays = stays.exclude(status__in=[Encounter.Status.CANCELLED, Encounter.Status.ENTERED_IN_ERROR])
    named = mdm.pv1.visit_number.id_number or mdm.pid.patient_account_number.id_number
    if named and (stay := stays.filter(identifier=named[:40]).first()):
        return stay
    others = Encounter.objects.filter(facility_id=mdm.channel.facility_id, identifier=named[:40])
    if named and others.exclude(patient__in=same_person_ids(patient)).exists():
        raise CannotApply("document_of_another", number=mdm.txa.number)
    at = _happened_at(mdm)
    during = stays.filter(Q(ended_at=None) | Q(ended_at__gte=at), started_at__lte=at)
    return during.order_by("-started_at").first()


def _happened_at(mdm: Mdm) -> Any:
    for time in (mdm.txa.activity_at, mdm.txa.originated_at):
        if time is not None:
            return time.at
    return mdm.told_at


def _file(mdm: Mdm, patient: Patient, source: str, former: ReceivedDocument | None) -> bool:
    if mdm.msh.trigger_event == STATUS and not mdm.findings and former is not None:
        return _carry_on(
            mdm,
            former,
            status=former.status,
            completion=mdm.txa.completion[:2],
            confidentiality=mdm.confidentiality(former.confidentiality),
        )
    content = mdm.content()
    confidentiality = mdm.confidentiality(former.confidentiality if former is not None else "N")
    digest = hashlib.sha256(content.data or content.text.encode()).hexdigest()
    is_same = former is not None and (
        former.number,
        former.sha256,
        former.completion,
        former.status,
        former.confidentiality,
    ) == (
        mdm.txa.number,
        digest,
        mdm.txa.completion[:2],
        ReceivedDocument.Status.CURRENT,
        confidentiality,
    )
    if is_same:
        return False
    facility = mdm.channel.facility
    file = (
        store_bytes(content.data, content_type=content.content_type, facility=facility)
        if content.data
        else None
    )
    stay = _stay(mdm, patient)
    kind = mdm.txa.kind
    row = ReceivedDocument.objects.create(
        facility=facility,
        patient=patient,
        encounter=stay,
        source=source,
        sender=mdm.channel.name,
        number=mdm.txa.number,
        line=former.line if former is not None else mdm.txa.number,
        version=former.version + 1 if former is not None else 1,
        completion=mdm.txa.completion[:2],
        confidentiality=confidentiality,
        kind=kind.identifier[:60],
        title=(content.title or kind.text or mdm.txa.file_name or kind.identifier or mdm.txa.number)[:200],
        adds_to=mdm.txa.parent if mdm.msh.trigger_event == ADDENDUM else "",
        author=(mdm.txa.originator.name or mdm.txa.provider.name)[:120],
        authenticator=(mdm.txa.signed_by.name or mdm.txa.authenticator.name)[:120],
        happened_at=_happened_at(mdm),
        told_at=mdm.told_at,
        file=file,
        text=content.text,
        sha256=digest,
        message=mdm.message,
    )
    _tell(mdm, row, "file")
    return True


def _cancel(mdm: Mdm, former: ReceivedDocument | None) -> bool:
    if former is None or former.is_cancelled:
        return False
    return _carry_on(
        mdm,
        former,
        status=ReceivedDocument.Status.CANCELLED,
        completion=former.completion,
        confidentiality=mdm.confidentiality(former.confidentiality),
    )


def _carry_on(
    mdm: Mdm, former: ReceivedDocument, *, status: str, completion: str, confidentiality: str
) -> bool:
    """The same content once more under another state; False when the state is that already."""
    if (former.status, former.completion, former.confidentiality) == (status, completion, confidentiality):
        return False
    kept: Mapping[str, Any] = {
        field.attname: getattr(former, field.attname)
        for field in ReceivedDocument._meta.concrete_fields
        if field.attname not in {"id", "uuid", "created_at"}
    }
    changed = {
        "status": status,
        "completion": completion,
        "confidentiality": confidentiality,
        "version": former.version + 1,
        "told_at": mdm.told_at,
        "message_id": mdm.message.pk,
    }
    row = ReceivedDocument.objects.create(**(dict(kept) | changed))
    _tell(mdm, row, "take_back" if status == ReceivedDocument.Status.CANCELLED else "file")
    return True


def _tell(mdm: Mdm, row: ReceivedDocument, verb: str) -> None:
    detail = {"number": row.number, "version": row.version, "sha256": row.sha256}
    if row.is_restricted:
        detail["confidentiality"] = row.confidentiality
    record(f"received_document.{verb}", by=mdm.channel.account, of=row, detail=detail)
