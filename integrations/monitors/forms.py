"""Shape of what this room's pages post."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Location, Organization, User
from emr.common.vietnamese import tidy
from encounters.results.vital_signs import SIGNS
from integrations.monitors.access import beds_for
from integrations.monitors.models import Monitor
from integrations.monitors.permissions import MANAGE
from integrations.monitors.selectors import SAID, STATES, wards_of
from integrations.transport.models import Channel

_MOST = 20


class MonitorFilterForm(forms.Form):
    """What the list is narrowed by."""

    q = forms.CharField(label=_("Name, label or ward"), max_length=80, required=False)
    state = forms.ChoiceField(
        label=_("Which"),
        required=False,
        choices=[
            ("all", _("All in use")),
            ("on", _("On a patient or at a bed")),
            ("free", _("Free")),
            ("retired", _("No longer in use")),
        ],
    )

    def question(self) -> dict[str, str]:
        """For `monitors_for`; what can't be read narrows nothing."""
        self.is_valid()
        state = self.cleaned_data.get("state") or "all"
        return {
            "words": tidy(self.cleaned_data.get("q") or ""),
            "state": state if state in STATES else "all",
        }


class _DepartmentField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class MonitorForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A monitor that is registered, or what is known of one."""

    department = _DepartmentField(Organization.objects.none(), label=_("Ward"))
    label = forms.CharField(
        label=_("Barcode on the monitor"),
        max_length=40,
        required=False,
        help_text=_("Scan it. Left empty, what the monitor calls itself."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "data-scan": True}),
    )

    class Meta:
        model = Monitor
        fields = ("channel", "identifier", "name", "label", "department", "is_active")
        labels = {
            "channel": _("Channel"),
            "identifier": _("What the monitor calls itself (OBX-18, else PV1-3)"),
            "name": _("What people call it"),
            "is_active": _("In use"),
        }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wards = wards_of(by, MANAGE)
        self.fields["department"].queryset = Organization.objects.filter(  # type: ignore[attr-defined]
            pk__in=[ward.pk for ward in wards]
        ).order_by("code")
        self.fields["name"].required = False
        if self.instance.pk is not None:
            # Another name is another monitor: what it sent stays its own.
            del self.fields["channel"], self.fields["identifier"]
            return
        del self.fields["is_active"]
        self.fields["channel"].queryset = Channel.objects.filter(  # type: ignore[attr-defined]
            facility_id=by.facility_id, direction=Channel.Direction.IN, performs=Channel.Performs.MONITORS
        ).order_by("name")

    def _post_clean(self) -> None:
        """The service says what is taken; the form's own look-up would say it in other words."""


class ScanForm(forms.Form):
    """What was scanned, and what was scanned before it."""

    code = forms.CharField(max_length=40, required=False)
    monitor = forms.UUIDField(required=False)
    stay = forms.UUIDField(required=False)
    key = forms.UUIDField(required=False, initial=uuid.uuid4)


class BedForm(forms.Form):
    """The bed that a monitor stands at."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    bed = forms.ModelChoiceField(Location.objects.none(), label=_("Bed"))

    def __init__(self, *args: Any, by: User, monitor: Monitor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        beds = beds_for(by, monitor)
        self.fields["bed"].queryset = Location.objects.filter(pk__in=[bed.pk for bed in beds])  # type: ignore[attr-defined]


class ConfirmForm(forms.Form):
    """Which values a nurse confirms, as they stood on the screen."""

    key = forms.UUIDField()
    confirmed = forms.BooleanField(required=False)
    consciousness = forms.DecimalField(required=False, min_value=0, max_value=4, decimal_places=0)
    oxygen_flow = forms.DecimalField(required=False, min_value=0, max_value=100, decimal_places=4)

    def readings(self) -> list[uuid.UUID]:
        """Their public ids, as many as there are signs at most; raises ValueError."""
        return [uuid.UUID(text) for text in self.data.getlist("reading")[:_MOST]]  # type: ignore[attr-defined]  # a QueryDict

    def said(self) -> dict[str, Decimal]:
        """What stood beside them as last time."""
        found = {name: self.cleaned_data.get(name) for name in SAID}
        return {name: value for name, value in found.items() if value is not None and name in SIGNS}
