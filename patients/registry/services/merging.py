"""Two rows turn out to be one person, or not to be (R-11): a link that can be undone at any time."""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish
from patients.registry.models import MergeLink, Patient
from patients.registry.services.restricting import carry_restriction

_LOCK_SPACE = 2094072


def _one_at_a_time(facility_id: int) -> None:
    """Merges of a facility queue up, so that no two of them close a circle together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, facility_id])


def _links(facility_id: int) -> dict[int, int]:
    rows = MergeLink.objects.filter(facility_id=facility_id, undone_at=None)
    return dict(rows.values_list("duplicate_id", "survivor_id"))


def _root(patient_id: int, links: dict[int, int]) -> int:
    while patient_id in links:
        patient_id = links[patient_id]
    return patient_id


def _point(patient_ids: set[int], links: dict[int, int]) -> None:
    """Let each row name its last survivor."""
    for patient in Patient.objects.select_for_update().filter(pk__in=patient_ids).order_by("pk"):
        root = _root(patient.pk, links)
        survivor = None if root == patient.pk else root
        if patient.merged_into_id != survivor:
            patient.merged_into_id = survivor
            patient.version += 1
            patient.save(update_fields=["merged_into", "version"])


def _below(patient_id: int, links: dict[int, int]) -> set[int]:
    """The row and everything that was merged into it, directly or not."""
    found, border = {patient_id}, {patient_id}
    while border := {duplicate for duplicate, survivor in links.items() if survivor in border} - found:
        found |= border
    return found


@transaction.atomic
def merge_patients(
    *, survivor: Patient, duplicate: Patient, by: User | None, reason: str, source: str = ""
) -> MergeLink:
    """From now on the survivor's chart shows both; no row but the link and the pointers changes.

    A survivor that is merged itself stands for its own survivor. Refuses oneself, circles, another facility's row and
    a duplicate that is merged already.
    """
    if not reason.strip():
        raise DomainError(_("Give the reason for the merge."), code="no_reason", field="reason")
    if survivor.facility_id != duplicate.facility_id:
        raise DomainError(_("The two belong to different facilities."), code="other_facility")
    _one_at_a_time(survivor.facility_id)
    links = _links(survivor.facility_id)
    root = _root(survivor.pk, links)
    if root == duplicate.pk:
        message = (
            _("A patient can't be merged with themselves.")
            if survivor.pk == duplicate.pk
            else _("These two are merged already, the other way round.")
        )
        raise DomainError(message, code="same_patient")
    if duplicate.pk in links:
        code = "already_merged" if _root(duplicate.pk, links) == root else "merged_elsewhere"
        raise DomainError(_("This patient is merged already; undo that merge first."), code=code)
    link = MergeLink.objects.create(
        facility_id=survivor.facility_id,
        survivor_id=root,
        duplicate=duplicate,
        reason=reason.strip(),
        merged_by=by,
    )
    links[duplicate.pk] = root
    _point(_below(duplicate.pk, links), links)
    carry_restriction(survivor_id=root)
    duplicate.refresh_from_db(fields=["merged_into", "version"])
    record("patient.merge", by=by, of=link, patient=duplicate, detail={"survivor_id": root, "source": source})
    publish(
        "patient.merged",
        order_key=f"patient:{root}",
        survivor_id=root,
        duplicate_id=duplicate.pk,
        link_id=link.pk,
    )
    return link


@transaction.atomic
def unmerge_patients(*, link: MergeLink, by: User | None, reason: str) -> None:
    """Undo one merge: both stand alone again with everything that was ever entered for each."""
    if not reason.strip():
        raise DomainError(_("Give the reason for undoing the merge."), code="no_reason", field="reason")
    _one_at_a_time(link.facility_id)
    link = MergeLink.objects.select_for_update().get(pk=link.pk)
    if link.undone_at is not None:
        raise DomainError(_("This merge is undone already."), code="already_undone")
    link.undone_at, link.undone_by, link.undone_reason = now(), by, reason.strip()
    link.save(update_fields=["undone_at", "undone_by", "undone_reason"])
    links = _links(link.facility_id)
    _point(_below(link.duplicate_id, links), links)
    record(
        "patient.unmerge",
        by=by,
        of=link,
        patient=link.duplicate,
        detail={"survivor_id": link.survivor_id},
    )
    publish(
        "patient.unmerged",
        order_key=f"patient:{link.survivor_id}",
        survivor_id=link.survivor_id,
        duplicate_id=link.duplicate_id,
        link_id=link.pk,
    )
