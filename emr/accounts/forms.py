"""Shape of what people type to stand in for others."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import CoverDuty, Organization, User
from emr.common.clock import local_now


class CoverForm(forms.Form):
    """Which department, until when, why: three choices of which two are made already."""

    department = forms.ModelChoiceField(
        label=_("Department"), queryset=Organization.objects.none(), to_field_name="uuid", empty_label="…"
    )
    ends_at = forms.DateTimeField(label=_("Until"), input_formats=["%d/%m/%Y %H:%M"])
    reason = forms.ChoiceField(label=_("Reason"), choices=CoverDuty.Reason.choices)
    words = forms.CharField(label=_("In your words"), max_length=200, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"ends_at": _next_morning(), "reason": CoverDuty.Reason.NIGHT, **self.initial}
        mine = {role.department_id for role in user.current_roles}
        clinical = Organization.objects.filter(
            kind=Organization.Kind.DEPARTMENT, parent=user.facility_id, is_clinical=True, is_active=True
        )
        self.fields["department"].queryset = clinical.exclude(pk__in=mine).order_by("code")  # type: ignore[attr-defined]


def _next_morning() -> str:
    """Seven o'clock, when the day's people come."""
    at = local_now()
    morning = at.replace(hour=7, minute=0, second=0, microsecond=0)
    return f"{morning if morning > at else morning + dt.timedelta(days=1):%d/%m/%Y %H:%M}"
