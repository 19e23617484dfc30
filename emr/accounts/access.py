"""The door: declarations on views, and how a refusal is said."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django_stubs_ext import StrOrPromise

from emr.accounts import permissions
from emr.accounts.models import CoverDuty, User
from emr.common.doors import public, requires, signed_in

__all__ = ["Denied", "access_cover_duty", "cover_duties_for", "demand", "public", "requires", "signed_in"]


class Denied(PermissionDenied):
    """Refused. `hidden`: existence is a secret, so the person sees 404; else 403.

    The middleware rolls the request back and writes one audit line; `entity` and `patient_id` are for that line alone;
    `because` is shown instead of the usual advice (403).
    """

    def __init__(
        self,
        action: str,
        *,
        entity: models.Model | None = None,
        patient_id: int | None = None,
        hidden: bool = True,
        because: StrOrPromise = "",
    ) -> None:
        super().__init__(action)
        self.action = action
        self.entity = entity
        self.patient_id = patient_id if patient_id is not None else getattr(entity, "patient_id", None)
        self.hidden = hidden
        self.because = because


def cover_duties_for(user: User) -> QuerySet[CoverDuty]:
    """The cover duties that the person looks after: of the departments they head, or of the whole facility."""
    found = CoverDuty.objects.filter(facility_id=user.facility_id)
    if not user.has_right(permissions.REVIEW_COVER):
        return found.none()
    reach = user.departments_for(permissions.REVIEW_COVER)
    return found if isinstance(reach, str) else found.filter(department__in=reach)


def access_cover_duty(user: User, duty_uuid: UUID, *, own: bool = False) -> CoverDuty:
    """The duty of that public id: one's own, or one that the person looks after; raises Denied (404)."""
    among = CoverDuty.objects.filter(user=user) if own else cover_duties_for(user)
    found = among.select_related("department").filter(uuid=duty_uuid).first()
    if found is None:
        raise Denied("cover_duty.read", entity=CoverDuty.objects.filter(uuid=duty_uuid).first())
    return found


def demand(
    user: User, right: str, *, department_id: int | None = None, of: models.Model | None = None
) -> None:
    """Raise Denied (403) unless the person holds the right, in that department when one is named."""
    if not user.has_right(right, department_id):
        raise Denied(right, entity=of, hidden=False)
