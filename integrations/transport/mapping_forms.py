"""Shape of the input on the pages of the mapping tables."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.transport.mapping import LARGEST_FILE
from integrations.transport.models import NeighbourCode

STATES = (
    ("unmapped", gettext_lazy("To be mapped")),
    ("mapped", gettext_lazy("Mapped")),
    ("all", gettext_lazy("All codes")),
)


class MappingFilterForm(forms.Form):
    """What the table is narrowed by; codes, no patient among them, so the address may carry it."""

    q = forms.CharField(label=gettext_lazy("Code or name"), required=False, max_length=120)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), required=False, choices=[("", "—"), *NeighbourCode.Kind.choices]
    )
    neighbour = forms.ChoiceField(label=gettext_lazy("Neighbour"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False, choices=STATES)

    def __init__(self, *args: Any, neighbours: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["neighbour"].choices = [("", "—"), *neighbours]  # type: ignore[attr-defined]  # a ChoiceField

    def question(self) -> dict[str, str]:
        """The arguments of `selectors.mappings_for`; what doesn't fit isn't asked. Without a state: what is to be mapped."""
        self.is_valid()
        asked = self.cleaned_data
        return {
            "words": asked.get("q") or "",
            "kind": asked.get("kind") or "",
            "neighbour": asked.get("neighbour") or "",
            "state": asked.get("state") or "unmapped",
        }


class OurCodeForm(forms.Form):
    """Our code for one of theirs: chosen from the list, else as typed."""

    mapped_to = forms.CharField(required=False, max_length=200)
    mapped_to_text = forms.CharField(required=False, max_length=200)

    @property
    def code(self) -> str:
        """What was chosen or typed; the box shows "code · title", of which the code alone counts."""
        typed: str = self.cleaned_data["mapped_to_text"] or ""
        return self.cleaned_data["mapped_to"] or typed.split(" · ", 1)[0]


class NewMappingForm(OurCodeForm):
    """A mapping entered by hand, before the code is first seen."""

    neighbour = forms.ChoiceField(label=gettext_lazy("Neighbour"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=NeighbourCode.Kind.choices)
    code_sent = forms.CharField(label=gettext_lazy("Their code"), max_length=200)
    field_order = ["neighbour", "kind", "code_sent", "mapped_to"]

    def __init__(self, *args: Any, neighbours: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["neighbour"].choices = neighbours  # type: ignore[attr-defined]  # a ChoiceField

    def clean_neighbour(self) -> UUID:
        """The public id of one of its channels."""
        return UUID(self.cleaned_data["neighbour"])


class MappingFileForm(forms.Form):
    """A file to look through, or (`content`) the one that was looked through, to be taken in."""

    file = forms.FileField(label=gettext_lazy("CSV file"), required=False)
    content = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def clean_file(self) -> str:
        """The file's text."""
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 1 MB."))
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(
                _("The file is not UTF-8: save it as “CSV UTF-8” and try again.")
            ) from error
        return text

    def clean_content(self) -> str:
        """A browser writes every line end as CR LF; so does a CSV."""
        content: str = self.cleaned_data["content"]
        if len(content.encode()) > 2 * LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 1 MB."))
        return content

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("file") and not cleaned.get("content"):
            self.add_error("file", _("Choose a file."))
        return cleaned
