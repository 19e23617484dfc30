"""The only way to received documents as a user: through the patient, or the stay that they belong to."""

from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from emr.common.clock import now
from encounters.documents.permissions import READ
from integrations.mdm.models import ReceivedDocument
from patients.registry.access import access_patient, listed_stays, reached, same_person_ids
from patients.registry.models import CareContext, Confidentiality, Patient


def _within_reach(user: User) -> QuerySet[ReceivedDocument]:
    """By the patient alone, or the stay."""
    rows = ReceivedDocument.objects.filter(reached(user, READ, "patient"), facility_id=user.facility_id)
    if user.is_listed_only(READ):
        # By mandate alone: what belongs to the stays that it lists, where it doesn't list the whole chart.
        whole = reached(user, READ, "patient", whole=True)
        rows = rows.filter(whole | Q(encounter__in=listed_stays(user, READ)))
    return rows


def _usual() -> Q:
    """The newest version of the row's line says that it isn't kept closely."""
    line = ReceivedDocument.objects.filter(
        facility=OuterRef("facility"), source=OuterRef("source"), line=OuterRef("line")
    )
    newest = Subquery(line.order_by("-version").values("confidentiality")[:1])
    return Q(Exact(newest, Value(Confidentiality.NORMAL)))


def _in_person(user: User) -> Q:
    """Whether the person cares for the row's patient in person: attends, is named, or opened the chart in an emergency."""
    moment = now()
    care = CareContext.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=moment), practitioner=user, starts_at__lte=moment
    ).exclude(reason=CareContext.LISTED)
    root = Coalesce(OuterRef("patient__merged_into_id"), OuterRef("patient_id"))
    return Q(Exists(care.filter(Exact(Coalesce("patient__merged_into_id", "patient_id"), root))))


def _reached(user: User) -> QuerySet[ReceivedDocument]:
    return _within_reach(user).filter(_usual() | _in_person(user))


def kept_closely(user: User, patient: Patient) -> int:
    """How many documents of the patient's their senders keep from this person."""
    rows = _within_reach(user).filter(patient__in=same_person_ids(patient))
    hidden = rows.exclude(_usual() | _in_person(user))
    return hidden.values("source", "line").distinct().count()


def received_for(user: User, patient_uuid: UUID) -> tuple[Patient, QuerySet[ReceivedDocument]]:
    """The patient, and the newest version of each document, the last first; raises Denied (404)."""
    patient = access_patient(user, patient_uuid, READ)
    rows = _reached(user).filter(patient__in=same_person_ids(patient))
    newest = rows.order_by().values("source", "line").annotate(newest=Max("id")).values("newest")
    found = rows.filter(pk__in=newest).defer("text").select_related("encounter")
    return patient, found.order_by("-happened_at", "-id")


def access_received(user: User, document_uuid: UUID) -> ReceivedDocument:
    """One version; raises Denied (404 outside the person's reach)."""
    demand(user, READ)
    found = (
        _reached(user)
        .select_related("patient__merged_into", "encounter", "file__key", "message")
        .filter(uuid=document_uuid)
        .first()
    )
    if found is None:
        raise Denied(READ, entity=ReceivedDocument.objects.filter(uuid=document_uuid).first())
    return found


def versions_of(user: User, document: ReceivedDocument) -> list[ReceivedDocument]:
    """The whole line, newest first."""
    rows = _reached(user).filter(source=document.source, line=document.line)
    return list(rows.defer("text").order_by("-version"))
