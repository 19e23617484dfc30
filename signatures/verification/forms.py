"""Shape of what is sent for verification."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LARGEST = 20 * 1024 * 1024


class UploadForm(forms.Form):
    """A PDF; looked at and forgotten."""

    file = forms.FileField(
        label=gettext_lazy("PDF file"),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,.pdf"}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is too large to be looked at."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            raise forms.ValidationError(
                _("The file is larger than %(size)d MB.") % {"size": LARGEST // 1024 // 1024}
            )
        return file


class CodeForm(forms.Form):
    """The sixteen letters and digits printed on a document."""

    code = forms.CharField(label=gettext_lazy("Code printed on the document"), max_length=40)
