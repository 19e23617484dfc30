"""Shape of a file taken in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.loading.models import FirstLoad, LoadLine


class FileForm(forms.Form):
    """Which kind of list, the file, and for open stays the hour at which they were open."""

    kind = forms.ChoiceField(choices=FirstLoad.Kind, label=_("What the file holds"))
    file = forms.FileField(label=_("File (.csv, .xlsx or .xml)"), max_length=200)
    cutover_at = forms.DateTimeField(
        required=False,
        label=_("Cut-over hour"),
        help_text=_("Open stays alone: the hour at which the HIS wrote the list."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".csv,.xlsx,.xml"


class LinesForm(forms.Form):
    """Which lines are shown."""

    only = forms.ChoiceField(
        required=False,
        label=_("Lines"),
        choices=[("", _("All lines")), ("remark", _("With remarks")), *LoadLine.Result.choices],
    )
