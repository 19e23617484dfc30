"""Shape of a new key."""

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.launch.models import LaunchKey


class KeyForm(forms.Form):
    """Whose key, under which name, and what its links may do."""

    issuer = forms.CharField(
        max_length=60, label=_("Issuer"), help_text=_("What the neighbour calls itself in its links (iss).")
    )
    key_id = forms.CharField(
        max_length=40,
        label=_("Name of the key"),
        help_text=_("Stands in each link (kid), for example 2026-11."),
    )
    names_by = forms.ChoiceField(
        choices=LaunchKey.Names, label=_("It names staff by"), help_text=_("What its links say as sub.")
    )
    public_key = forms.CharField(
        required=False,
        max_length=4000,
        label=_("Public key (PEM)"),
        help_text=_("P-256 or RSA. Leave it empty to have a shared secret made, which is shown once."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
    )
    may_sign_in = forms.BooleanField(
        required=False,
        initial=True,
        label=_("A link signs its person in"),
        help_text=_(
            "As the hospital's own account does: a second factor is asked for all the same. "
            "Without this, a link only opens a chart for who is signed in already."
        ),
    )
