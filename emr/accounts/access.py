"""The door: declarations on views, and how a refusal is said."""

from django.core.exceptions import PermissionDenied
from django.db import models

from emr.accounts.models import User
from emr.common.doors import public, requires, signed_in

__all__ = ["Denied", "demand", "public", "requires", "signed_in"]


class Denied(PermissionDenied):
    """Refused. `hidden`: existence is a secret, so the person sees 404; else 403.

    The middleware rolls the request back and writes one audit line; `entity` and `patient_id` are for that line alone.
    """

    def __init__(
        self,
        action: str,
        *,
        entity: models.Model | None = None,
        patient_id: int | None = None,
        hidden: bool = True,
    ) -> None:
        super().__init__(action)
        self.action = action
        self.entity = entity
        self.patient_id = patient_id if patient_id is not None else getattr(entity, "patient_id", None)
        self.hidden = hidden


def demand(
    user: User, right: str, *, department_id: int | None = None, of: models.Model | None = None
) -> None:
    """Raise Denied (403) unless the person holds the right, in that department when one is named."""
    if not user.has_right(right, department_id):
        raise Denied(right, entity=of, hidden=False)
