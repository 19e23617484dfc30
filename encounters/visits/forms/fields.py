"""Fields that several forms of a stay share."""

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.accounts.models import Location, Organization, PractitionerRole, User
from emr.common.clock import local_now, now
from emr.common.errors import DomainError

WEIGHS_LIKE_A_CHILD_MONTHS = 12


def clinical_departments(facility_id: int) -> QuerySet[Organization]:
    """Where patients can be."""
    return Organization.objects.filter(
        kind=Organization.Kind.DEPARTMENT, parent=facility_id, is_active=True, is_clinical=True
    ).order_by("code")


def doctors_of(facility_id: int) -> QuerySet[User]:
    """Who can be an attending doctor: whoever holds a doctor's role now."""
    moment = now()
    held = PractitionerRole.objects.filter(
        role__in=["doctor", "head_of_department"], starts_at__lte=moment
    ).exclude(ends_at__lte=moment)
    return User.objects.filter(
        facility_id=facility_id, is_active=True, pk__in=held.values("user_id")
    ).order_by("sort_key")


class DepartmentField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A department, chosen with one click."""

    def __init__(self, label: StrOrPromise, **kwargs: Any) -> None:
        super().__init__(
            Organization.objects.none(), label=label, widget=forms.RadioSelect, empty_label=None, **kwargs
        )

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class BedField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A free bed, or none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            Location.objects.none(), label=_("Bed"), required=False, empty_label=_("No bed yet"), **kwargs
        )

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.parent.name} · {obj.name}" if obj.parent else str(obj.name)


class DoctorField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """The attending doctor."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            User.objects.none(), label=_("Attending doctor"), required=False, empty_label="—", **kwargs
        )

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.titled_name)


class EventForm(forms.Form):
    """Something that happened at a time; entered late it says why (R-21).

    `not_before`: the event that came before. Pages show minutes: in the same minute the later event takes the earlier's
    seconds.
    """

    at = forms.DateTimeField(label=_("Time"), initial=lambda: local_now().replace(second=0, microsecond=0))
    late_reason = forms.CharField(
        label=_("Reason for entering it late"),
        required=False,
        max_length=300,
        help_text=_("Only for what happened more than a day ago, for example while the network was down."),
    )
    not_before: dt.datetime | None = None

    def clean_at(self) -> dt.datetime:
        """The instant; never before the same minute's earlier event."""
        at: dt.datetime = self.cleaned_data["at"]
        floor = self.not_before
        if floor is not None and floor.replace(second=0, microsecond=0) == at:
            return floor
        return at

    def refuse(self, refusal: DomainError, names: dict[str, str] | None = None) -> None:
        """Show what a service refused beside the field it concerns, else above the form."""
        field = (names or {}).get(refusal.field or "", refusal.field)
        self.add_error(field if field in self.fields else None, str(refusal))


def new_key() -> uuid.UUID:
    """The key of a form that is shown: sent twice, it is carried out once."""
    return uuid.uuid4()


def minute(moment: dt.datetime | None) -> dt.datetime | None:
    """The instant as a page shows it."""
    return None if moment is None else timezone.localtime(moment).replace(second=0, microsecond=0)
