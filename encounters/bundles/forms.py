"""Shapes of what is asked of records' files."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from encounters.bundles.models import RecordExtract
from encounters.bundles.order import TITLES

STATES = [
    ("asked", _("To be approved")),
    ("open", _("Can be taken")),
    ("over", _("Term over")),
    ("refused", _("Refused or withdrawn")),
    ("all", _("All")),
]


class ExtractForm(forms.Form):
    """For whom, what for, until when, which parts; `pieces`: what may be chosen, with "at" as an instant."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    receiver_kind = forms.ChoiceField(label=_("Who receives it"), choices=RecordExtract.Receiver.choices)
    receiver = forms.CharField(label=_("Name, organisation"), max_length=200)
    purpose = forms.CharField(label=_("Purpose"), max_length=300)
    reference = forms.CharField(label=_("Number of the request or letter"), max_length=100, required=False)
    expires_on = forms.DateField(label=_("May be taken until"), input_formats=["%d/%m/%Y", "%Y-%m-%d"])
    whole = forms.MultipleChoiceField(
        label=_("Whole parts of the record"), widget=forms.CheckboxSelectMultiple, required=False
    )
    parts = forms.MultipleChoiceField(
        label=_("Single documents"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, pieces: list[dict[str, Any]], last: dt.date, **more: Any) -> None:
        super().__init__(*args, **more)
        self.pieces = pieces
        self.fields["whole"].choices = [  # type: ignore[attr-defined]  # MultipleChoiceField has them
            (part, TITLES[part]) for part in dict.fromkeys(piece["part"] for piece in pieces)
        ]
        self.fields["parts"].choices = [  # type: ignore[attr-defined]
            (one["uuid"], f"{timezone.localtime(one['at']):%d/%m/%Y} {one['code']} {one['title']}")
            for one in pieces
        ]
        self.fields["expires_on"].initial = f"{last:%d/%m/%Y}"

    def clean(self) -> dict[str, Any]:
        """Whole parts are their documents."""
        told = super().clean() or self.cleaned_data
        whole, single = set(told.pop("whole", [])), set(told.get("parts", []))
        told["parts"] = [one["uuid"] for one in self.pieces if one["part"] in whole or one["uuid"] in single]
        if not told["parts"]:
            self.add_error("whole", _("Choose what the extract holds."))
        return told
