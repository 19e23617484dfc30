"""The only way to a document: through its own patient and stay (S-01)."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.documents import permissions
from encounters.documents.models import CoursePrint, Document
from encounters.forms.selectors import authors_of
from encounters.visits.access import acts_here, demand_unlocked, encounters_for, is_locked, stay_reached
from patients.registry.access import emergency_ends_at, remember_emergency

_LOOKING = {permissions.READ, permissions.PRINT}


def documents_for(user: User, right: str = permissions.READ) -> QuerySet[Document]:
    """The documents of the stays that the person reaches with the right; for readers of listed charts those that were
    finished: a draft is no part of the record.
    """
    reached = encounters_for(user, right).values("pk")
    return _own(user, right).filter(encounter__in=reached)


def _own(user: User, right: str) -> QuerySet[Document]:
    own = Document.objects.filter(facility_id=user.facility_id)
    return own.filter(current_version__isnull=False) if user.is_listed_only(right) else own


def access_document(user: User, document_uuid: UUID, right: str = permissions.READ) -> Document:
    """The document of that public id; raises Denied (404 outside the person's reach)."""
    demand(user, right)
    document = (
        _own(user, right)
        .filter(stay_reached(user, right, "encounter"))
        .select_related(
            "facility",
            "patient",
            "encounter__patient",
            "encounter__department",
            "department",
            "author",
            "current_version__author",
        )
        .annotate(emergency_ends_at=emergency_ends_at(user, "patient"))
        .filter(uuid=document_uuid)
        .first()
    )
    if document is None:
        raise Denied(right, entity=Document.objects.filter(uuid=document_uuid).first())
    for patient in (document.patient, document.encounter.patient):
        remember_emergency(user, patient, document.emergency_ends_at)
    if right not in _LOOKING and not may_write(user, document, right):
        if not document.is_open_addendum:
            demand_unlocked(right, document.encounter)
        raise Denied(right, entity=document, hidden=False)
    return document


def right_to_write(user: User, code: str) -> str:
    """The right by which this person would write a form of that code: the doctors', or the one that the form names."""
    if user.has_right(permissions.WRITE):
        return permissions.WRITE
    named = authors_of(code, facility_id=user.facility_id)
    return named if named and user.has_right(named) else permissions.WRITE


def access_to_write(user: User, document_uuid: UUID) -> Document:
    """The document, to work on it; raises Denied (404 outside the person's reach, 403 where it isn't theirs to write)."""
    own = Document.objects.filter(facility_id=user.facility_id, uuid=document_uuid)
    code = own.values_list("code", flat=True).first() or ""
    return access_document(user, document_uuid, right_to_write(user, code))


def may_write(user: User, document: Document, right: str = permissions.WRITE) -> bool:
    """Whether the person may work on the document: in its department, and in an emergency on their own alone (S-11).

    In a closed record that is an addition not yet finished, and nothing else.
    """
    if is_locked(right, document.encounter):
        is_addition = right == permissions.WRITE and document.is_open_addendum
        return is_addition and user.has_right(permissions.APPEND, document.department_id)
    if user.has_right(right, document.department_id):
        return True
    return document.author_id == user.pk and acts_here(user, right, document.encounter)


@dataclass(frozen=True, slots=True)
class Moved:
    """The other side of a document that stood on the wrong patient; `document` None where the reader doesn't reach it."""

    is_origin: bool
    document: Document | None


def moved_sides(user: User, document: Document) -> list[Moved]:
    """Where the document came from and where it went; one query, two where there is something to tell."""
    sides = Document.objects.filter(Q(pk=document.moved_from_id) | Q(moved_from=document))
    known = list(sides.values_list("pk", flat=True))
    if not known:
        return []
    reached = documents_for(user).filter(pk__in=known).select_related("patient", "encounter")
    seen = {side.pk: side for side in reached}
    return [Moved(pk == document.moved_from_id, seen.get(pk)) for pk in known]


def access_course_print(user: User, print_uuid: UUID, right: str = permissions.PRINT) -> CoursePrint:
    """The print of that public id; raises Denied (404 outside the person's reach)."""
    demand(user, right)
    found = (
        CoursePrint.objects.filter(stay_reached(user, right, "encounter"), facility_id=user.facility_id)
        .select_related("encounter__department", "patient", "requested_by", "attachment__key")
        .filter(uuid=print_uuid)
        .first()
    )
    if found is None:
        raise Denied(right, entity=CoursePrint.objects.filter(uuid=print_uuid).first())
    return found
