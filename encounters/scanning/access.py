"""The only way to paper: through its stay; to a page that isn't filed yet, through who brought it in (S-01)."""

from uuid import UUID

from django.db.models import Q, QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from emr.accounts.roles import EVERYWHERE
from encounters.scanning import permissions
from encounters.scanning.models import Paper, ScanBatch, ScannedPage
from encounters.visits.access import acts_here, stay_reached
from patients.registry.access import emergency_ends_at, remember_emergency


def papers_for(user: User, right: str = permissions.READ) -> QuerySet[Paper]:
    """The paper of the stays that the person reaches; for readers of listed charts what was sealed: the rest is no part of
    the record yet.
    """
    own = Paper.objects.filter(stay_reached(user, right, "encounter"), facility_id=user.facility_id)
    return own.filter(status=Paper.Status.SEALED) if user.is_listed_only(right) else own


def access_paper(user: User, paper_uuid: UUID, right: str = permissions.READ) -> Paper:
    """The paper of that public id; raises Denied (404 outside the person's reach, 403 where the right doesn't hold)."""
    demand(user, right)
    paper = (
        papers_for(user)
        .select_related(
            "facility",
            "patient",
            "encounter__patient",
            "encounter__department",
            "encounter__facility",
            "department",
            "created_by",
            "checked_by",
            "version__document",
            "sealed__key",
        )
        .annotate(emergency_ends_at=emergency_ends_at(user, "patient"))
        .filter(uuid=paper_uuid)
        .first()
    )
    if paper is None:
        raise Denied(right, entity=Paper.objects.filter(uuid=paper_uuid).first())
    for patient in (paper.patient, paper.encounter.patient):
        remember_emergency(user, patient, paper.emergency_ends_at)
    if right != permissions.READ and not acts_here(user, right, paper.encounter):
        raise Denied(right, entity=paper, hidden=False)
    return paper


def batches_for(user: User) -> QuerySet[ScanBatch]:
    """What the person sent."""
    return ScanBatch.objects.filter(facility_id=user.facility_id, uploaded_by=user)


def access_batch(user: User, batch_uuid: UUID) -> ScanBatch:
    """One's own batch; raises Denied (404)."""
    demand(user, permissions.UPLOAD)
    found = batches_for(user).filter(uuid=batch_uuid).first()
    if found is None:
        raise Denied(permissions.UPLOAD, entity=ScanBatch.objects.filter(uuid=batch_uuid).first())
    return found


def unfiled_for(user: User) -> QuerySet[ScannedPage]:
    """Pages that belong nowhere yet: one's own; for who files for the whole facility everybody's, except those that came
    into a chart, or name one, which the person doesn't reach.
    """
    waiting = ScannedPage.objects.filter(facility_id=user.facility_id, paper=None, removed_at=None)
    if not user.has_right(permissions.UPLOAD):
        return waiting.none()
    own = Q(batch__uploaded_by=user)
    if user.departments_for(permissions.UPLOAD) != EVERYWHERE:
        return waiting.filter(own)
    handed_in = Q(batch__encounter=None) | stay_reached(user, permissions.READ, "batch__encounter")
    named = Q(found=None) | stay_reached(user, permissions.READ, "found")
    return waiting.filter(own | (handed_in & named))


def access_unfiled(user: User, page_uuid: UUID) -> ScannedPage:
    """A page that waits to be filed; raises Denied (404)."""
    demand(user, permissions.UPLOAD)
    page = (
        unfiled_for(user)
        .select_related("batch__encounter__patient", "found__patient", "image__key", "thumbnail__key")
        .filter(uuid=page_uuid)
        .first()
    )
    if page is None:
        raise Denied(permissions.UPLOAD, entity=ScannedPage.objects.filter(uuid=page_uuid).first())
    return page


def access_page(user: User, page_uuid: UUID) -> ScannedPage:
    """A page to be looked at: of paper that the person reaches, or one that waits and is theirs to file; raises Denied."""
    page = (
        ScannedPage.objects.filter(facility_id=user.facility_id, uuid=page_uuid, paper__isnull=False)
        .select_related("paper", "image__key", "thumbnail__key")
        .first()
    )
    if page is None or page.paper is None:
        return access_unfiled(user, page_uuid)
    access_paper(user, page.paper.uuid)
    return page


def access_original(user: User, page_uuid: UUID) -> ScanBatch:
    """The file as it was sent, for who may look at this page; raises Denied (404), for a file that holds anything else
    than this patient's pages to everybody but its sender.
    """
    page = access_page(user, page_uuid)
    batch = ScanBatch.objects.select_related("original__key").get(pk=page.batch_id)
    if batch.uploaded_by_id == user.pk:
        return batch
    if page.paper_id is None or page.patient_id is None:
        raise Denied(permissions.READ, entity=batch)
    if batch.pages.filter(is_blank=False).exclude(patient_id=page.patient_id).exists():
        raise Denied(permissions.READ, entity=batch)
    return batch
