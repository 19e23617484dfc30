"""Shape of the input about notices."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emr.accounts import roles
from emr.notices.channels import channels
from emr.notices.kinds import TOLD, Level, Step
from emr.notices.models import Contact, NoticeDelivery
from emr.notices.services.ladders import LONGEST_MINUTES

_PHONE = re.compile(r"\+[1-9][0-9]{7,14}$")
RUNGS = 6


class InboxFilterForm(forms.Form):
    """What the inbox is narrowed by."""

    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[("open", gettext_lazy("Still open")), ("all", gettext_lazy("All"))],
    )
    level = forms.ChoiceField(
        label=gettext_lazy("Level"),
        required=False,
        choices=[("", gettext_lazy("Every level")), *Level.choices],
    )
    q = forms.CharField(label=gettext_lazy("Number or words"), required=False, max_length=80)


class DeliveryFilterForm(forms.Form):
    """What the list of messages sent is narrowed by."""

    status = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("Every state")),
            (NoticeDelivery.Status.NOT_DONE, gettext_lazy("Failed")),
            (NoticeDelivery.Status.PREPARATION, gettext_lazy("On its way")),
            (NoticeDelivery.Status.ON_HOLD, gettext_lazy("Held by quiet hours")),
            (NoticeDelivery.Status.COMPLETED, gettext_lazy("Sent")),
            (NoticeDelivery.Status.STOPPED, gettext_lazy("Not needed any more")),
        ],
    )
    channel = forms.ChoiceField(label=gettext_lazy("Way"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = [(code, channel.title) for code, channel in channels().items()]
        self.fields["channel"].choices = [("", _("Every way")), *ways]  # type: ignore[attr-defined]  # a ChoiceField


class ContactForm(forms.ModelForm[Contact]):
    """One's own contact data and quiet hours."""

    muted_channels = forms.MultipleChoiceField(
        label=gettext_lazy("Only for urgent notices"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Contact
        fields = ("email", "phone", "chat", "muted_channels", "quiet_from", "quiet_until")
        labels = {
            "email": gettext_lazy("E-mail"),
            "phone": gettext_lazy("Mobile telephone"),
            "chat": gettext_lazy("Chat name"),
            "quiet_from": gettext_lazy("Quiet from"),
            "quiet_until": gettext_lazy("Quiet until"),
        }
        help_texts = {
            "phone": gettext_lazy("For text messages, with the country: +84912345678, or 0912 345 678."),
            "chat": gettext_lazy("As the hospital's chat service knows you."),
            "quiet_from": "",
            "quiet_until": gettext_lazy("Messages wait until then; urgent ones don't."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["muted_channels"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (code, channel.title) for code, channel in channels().items()
        ]
        self.fields["email"].widget.attrs["autocomplete"] = "email"
        self.fields["phone"].widget.attrs["autocomplete"] = "tel"

    def clean_phone(self) -> str:
        """A number with its country; one that begins with 0 is Vietnamese."""
        typed = re.sub(r"[\s.()-]", "", self.cleaned_data["phone"])
        number = f"+84{typed[1:]}" if typed.startswith("0") else typed
        if number and not _PHONE.match(number):
            raise forms.ValidationError(_("This is no telephone number. Type for example 0912 345 678."))
        return number

    def clean_chat(self) -> str:
        """One line without anything that can't be seen."""
        name: str = self.cleaned_data["chat"].strip()
        if not name.isprintable():
            raise forms.ValidationError(_("This is no chat name."))
        return name

    def clean(self) -> dict[str, Any]:
        """Quiet hours have a beginning and an end."""
        found = super().clean() or self.cleaned_data
        begin, end = found.get("quiet_from"), found.get("quiet_until")
        if (begin is None) != (end is None) and not self.errors:
            missing = "quiet_until" if end is None else "quiet_from"
            self.add_error(missing, _("Quiet hours need a beginning and an end."))
        if begin is not None and begin == end:
            self.add_error("quiet_until", _("The end must differ from the beginning."))
        return found


class StepForm(forms.Form):
    """One rung; an empty row is none."""

    after_minutes = forms.IntegerField(
        label=gettext_lazy("After minutes"), required=False, min_value=0, max_value=LONGEST_MINUTES
    )
    audience = forms.ChoiceField(label=gettext_lazy("Who is told"), required=False)
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Besides the inbox"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [("", "—"), (TOLD, _("Those told who haven't answered")), *roles.CHOICES]
        self.fields["audience"].choices = people  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["channels"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (code, channel.title) for code, channel in channels().items()
        ]

    def clean(self) -> dict[str, Any]:
        """A time needs people, and people a time."""
        found = super().clean() or self.cleaned_data
        has_time, has_people = found.get("after_minutes") is not None, bool(found.get("audience"))
        if has_time != has_people and not self.errors:
            name = "audience" if has_time else "after_minutes"
            self.add_error(name, _("A rung needs a time and people."))
        return found


_StepFormSet = forms.formset_factory(StepForm, extra=0, min_num=RUNGS, max_num=RUNGS, absolute_max=RUNGS)


def ladder_forms(data: Any = None, *, steps: Sequence[Step] = ()) -> Any:
    """The rungs as a formset, with room for more."""
    if data is not None:
        return _StepFormSet(data, prefix="step")
    initial: list[dict[str, Any]] = [
        {"after_minutes": step.after_minutes, "audience": step.audience, "channels": list(step.channels)}
        for step in steps[:RUNGS]
    ]
    return _StepFormSet(prefix="step", initial=initial)


def steps_of(forms_of_ladder: Any) -> list[Step]:
    """What was typed, without the empty rows."""
    return [
        Step(row["after_minutes"], row["audience"], tuple(row["channels"]))
        for row in (form.cleaned_data for form in forms_of_ladder)
        if row.get("audience")
    ]
