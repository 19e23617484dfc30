"""Shape of what the pages send; the rules are the services'."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from encounters.scanning.services import Action, Upload
from encounters.scanning.services.receiving import MEGABYTES, MOST_FILES

_TOGETHER = 2 * MEGABYTES


class _Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Several files of one input."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Each file by itself."""
        sent = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(_FilesField, self).clean(one, initial) for one in sent]


class UploadForm(forms.Form):
    """Files of paper; in a chart also the form that they are of."""

    key = forms.UUIDField()
    code = forms.CharField(max_length=20, required=False)
    scans = _FilesField(
        label=_("Scan or photograph"),
        required=False,
        allow_empty_file=True,
        max_length=200,
        widget=_Files(attrs={"accept": "application/pdf,image/jpeg,image/png,image/tiff"}),
    )

    def clean_scans(self) -> list[Any]:
        """Refuse more at once than the server may hold in memory."""
        scans: list[Any] = self.cleaned_data["scans"]
        if sum(one.size or 0 for one in scans) > _TOGETHER * 1024**2:
            raise forms.ValidationError(
                _("Together the files are larger than %(size)d MB. Send them in parts."),
                params={"size": _TOGETHER},
            )
        return scans

    @property
    def uploads(self) -> list[Upload]:
        """The files, each read no further than one may be large."""
        most = MEGABYTES * 1024**2 + 1
        return [
            Upload(name=str(one.name or ""), data=one.read(most))
            for one in self.cleaned_data["scans"][: MOST_FILES + 1]
        ]


def said(form: forms.Form) -> str:
    """What is wrong with the form, in one line."""
    return " ".join(str(error) for errors in form.errors.values() for error in errors)


class FileForm(forms.Form):
    """Pages to be filed to a form."""

    pages = forms.TypedMultipleChoiceField(coerce=str, required=False)
    code = forms.CharField(max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pages"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (uuid, uuid) for uuid in (self.data.getlist("pages") if hasattr(self.data, "getlist") else [])
        ]


class ActionForm(forms.Form):
    """What is to be done to a page."""

    action = forms.ChoiceField(choices=[(action.value, action.value) for action in Action])


class DescribeForm(forms.Form):
    """Of which day the paper is, and where it lies."""

    day = forms.DateField(label=_("Day of the paper"), required=False)
    shelf = forms.CharField(label=_("Where the paper lies (shelf, box)"), max_length=80, required=False)


class AcceptForm(forms.Form):
    """The state that was looked at."""

    revision = forms.IntegerField(min_value=1)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
