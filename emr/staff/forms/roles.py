"""Shape of a bundle as it is edited."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from emr.accounts import roles


class CopyForm(forms.Form):
    """The name of a new role."""

    name = forms.CharField(label=_("Name of the new role"), max_length=80)


def read_grants(posted: QueryDict) -> dict[str, str]:
    """{right: scope} of fields named after the rights; what is unknown is left out."""
    scopes = {scope.value for scope in roles.Scope}
    return {right: scope for right in roles.RIGHTS if (scope := posted.get(right)) in scopes}
