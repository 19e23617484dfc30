"""Shapes of what is asked of records' files."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from encounters.bundles.models import RecordExtract

STATES = [
    ("asked", _("To be approved")),
    ("open", _("Can be taken")),
    ("over", _("Term over")),
    ("refused", _("Refused or withdrawn")),
    ("all", _("All")),
]


class ExtractForm(forms.Form):
    """For whom, what for, until when, which parts; `choices`: (public id, title) of what may be chosen."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    receiver_kind = forms.ChoiceField(label=_("Who receives it"), choices=RecordExtract.Receiver.choices)
    receiver = forms.CharField(label=_("Name, organisation"), max_length=200)
    purpose = forms.CharField(label=_("Purpose"), max_length=300)
    reference = forms.CharField(label=_("Number of the request or letter"), max_length=100, required=False)
    expires_on = forms.DateField(label=_("May be taken until"), input_formats=["%d/%m/%Y", "%Y-%m-%d"])
    parts = forms.MultipleChoiceField(
        label=_("What it holds"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what the extract holds.")},
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], last: dt.date, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["parts"].choices = choices  # type: ignore[attr-defined]  # MultipleChoiceField has them
        self.fields["expires_on"].initial = f"{last:%d/%m/%Y}"
