"""Shape of the input on the pages of reconciliation."""

import datetime as dt
import hashlib
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.common.clock import local_today
from integrations.reconciling.kinds import GROUPS, KINDS, MATTERS, Finding
from integrations.reconciling.neighbours import EMR, Neighbour

_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
_FIRST = dt.date(2000, 1, 1)
# A day on which more is wrong than a person can say something about line by line gets one note for the rest.
MOST_NOTES = 50


class DayForm(forms.Form):
    """Which day; nothing, or nonsense, is yesterday."""

    day = forms.DateField(
        label=pgettext_lazy("reconciliation", "Day"), required=False, input_formats=_FORMATS
    )

    @property
    def on(self) -> dt.date:
        """The day asked for."""
        asked = self.cleaned_data.get("day") if self.is_valid() else None
        usable = asked is not None and _FIRST <= asked <= local_today()
        return asked if usable and asked else local_today() - dt.timedelta(days=1)


class _NarrowedForm(DayForm):
    """A list of one day, narrowed to a neighbour and to a part of a number."""

    neighbour = forms.ChoiceField(label=gettext_lazy("System"), required=False)
    q = forms.CharField(
        label=gettext_lazy("Number"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-scan": ""}),
    )

    def __init__(self, *args: Any, neighbours: list[Neighbour], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(one.key, one.name) for one in neighbours]
        self.fields["neighbour"].choices = [("", "—"), *named, ("EMR", "EMR")]  # type: ignore[attr-defined]  # a ChoiceField

    def asked(self, name: str) -> str:
        """What was chosen; "" for nothing, and for what isn't to be chosen."""
        return (
            str(self.cleaned_data.get(name) or "") if self.is_bound and hasattr(self, "cleaned_data") else ""
        )

    def fits(self, *, neighbour: str, number: str) -> bool:
        """Whether a line is of the system that was asked for, and its number holds what was typed."""
        wanted, words = self.asked("neighbour"), self.asked("q").strip().upper()
        if wanted and neighbour != (EMR if wanted == "EMR" else wanted):
            return False
        return words in number.upper()


class FindingsForm(_NarrowedForm):
    """What the list of findings is narrowed by."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What does not fit"),
        required=False,
        choices=[
            ("", "—"),
            *(
                (title, [(code, kind.title) for code, kind in KINDS.items() if kind.group == group])
                for group, title in GROUPS.items()
            ),
        ],
    )


class ToldForm(_NarrowedForm):
    """What the list of what was told is narrowed by."""

    matter = forms.ChoiceField(
        label=gettext_lazy("Matter"),
        required=False,
        choices=[(matter, MATTERS[matter]) for matter in MATTERS if matter not in {"message", "order-out"}],
    )
    only = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[("", gettext_lazy("all")), ("missing", gettext_lazy("those that aren't here"))],
    )


class SignForm(forms.Form):
    """The sign-off: what was shown, one note for all, and one for each of the first findings."""

    day = forms.DateField(widget=forms.HiddenInput, input_formats=_FORMATS)
    shown = forms.CharField(widget=forms.HiddenInput, max_length=64)
    note = forms.CharField(
        label=gettext_lazy("Note for all open findings"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, findings: list[Finding], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.findings = findings[:MOST_NOTES]
        for finding in self.findings:
            self.fields[_name(finding)] = forms.CharField(
                label=_("Note about %(number)s") % {"number": finding.number},
                required=False,
                max_length=300,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )

    @property
    def notes(self) -> dict[tuple[str, str, str], str]:
        """{Finding.id: what was said about it}."""
        return {finding.id: self.cleaned_data[_name(finding)] for finding in self.findings}

    def lines(self) -> list[tuple[Finding, forms.BoundField]]:
        """Each of the first findings with its field."""
        return [(finding, self[_name(finding)]) for finding in self.findings]


def _name(finding: Finding) -> str:
    """The field's name: the same for the same finding, whatever has come or gone beside it."""
    return f"note-{hashlib.sha256('|'.join(finding.id).encode()).hexdigest()[:16]}"
