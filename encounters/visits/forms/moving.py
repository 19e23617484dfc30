"""Transfer, another bed, and reasons for taking something back."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Location
from encounters.visits.forms.arriving import _offer_beds
from encounters.visits.forms.fields import (
    BedField,
    DepartmentField,
    DoctorField,
    EventForm,
    clinical_departments,
    doctors_of,
)


class TransferForm(EventForm):
    """To a department and a bed there; the present department means another bed."""

    department = DepartmentField(label=_("To which department"))
    bed = BedField()
    attending = DoctorField()
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        facility_id: int,
        beds: list[Location],
        not_before: dt.datetime | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.not_before = not_before
        self.fields["department"].queryset = clinical_departments(facility_id)  # type: ignore[attr-defined]
        self.fields["attending"].queryset = doctors_of(facility_id)  # type: ignore[attr-defined]
        _offer_beds(self.fields["bed"], beds, self.data.get("bed", ""), facility_id)


class ReasonForm(forms.Form):
    """Taking something back says why."""

    reason = forms.CharField(label=_("Reason"), max_length=300)
    without_bed = forms.BooleanField(label=_("The former bed is taken: return without a bed"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class MapForm(forms.Form):
    """Which department and bed the sender's words meant."""

    department = DepartmentField(label=_("Department"))
    bed = BedField()

    def __init__(self, *args: Any, facility_id: int, beds: list[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = clinical_departments(facility_id)  # type: ignore[attr-defined]
        _offer_beds(self.fields["bed"], beds, self.data.get("bed", ""), facility_id)
