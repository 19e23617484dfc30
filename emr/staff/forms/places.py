"""Shape of a department, a ward, a room, a bed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Location, Organization

_KINDS = [
    (Location.Kind.WARD.value, _("Ward")),
    (Location.Kind.ROOM.value, _("Room")),
    (Location.Kind.BED.value, _("Bed")),
]
_STATES = [
    (Location.Status.ACTIVE.value, _("In use")),
    (Location.Status.SUSPENDED.value, _("Out of use for now")),
    (Location.Status.INACTIVE.value, _("Closed")),
]


class DepartmentForm(forms.Form):
    """A department of the facility."""

    code = forms.CharField(label=_("Ministry's code"), max_length=20)
    name = forms.CharField(label=_("Name"), max_length=200)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    is_clinical = forms.BooleanField(label=_("Patients stay or are seen here"), required=False)
    is_active = forms.BooleanField(label=_("In use"), required=False)


class LocationForm(forms.Form):
    """A ward, a room or a bed of a department."""

    kind = forms.ChoiceField(label=_("Kind"), choices=_KINDS)
    code = forms.CharField(label=_("Code"), max_length=20)
    name = forms.CharField(label=_("Name"), max_length=100)
    parent = forms.ModelChoiceField(
        Location.objects.none(), label=_("Part of"), required=False, empty_label="—"
    )
    position = forms.IntegerField(label=_("Place in lists"), min_value=0, max_value=9999, initial=0)
    status = forms.ChoiceField(label=_("State"), choices=_STATES)
    is_intensive_care = forms.BooleanField(label=_("Days here count as intensive care"), required=False)

    def __init__(
        self, *args: Any, department: Organization, location: Location | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        rooms = department.locations.exclude(kind=Location.Kind.BED)
        if location is not None:
            rooms = rooms.exclude(pk=location.pk)
        self.fields["parent"].queryset = rooms  # type: ignore[attr-defined]  # a ModelChoiceField
