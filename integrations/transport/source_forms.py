"""Shape of the input for a channel that reads a database's view: names alone, never SQL."""

import re
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.transport.client import peers_folder
from integrations.transport.forms import LinesField, certificate_choices, host_name
from integrations.transport.intakes import SqlSource
from integrations.transport.models import Channel
from integrations.transport.rows import SHAPES
from integrations.transport.wires import IDENTIFIER

_PAIR = re.compile(r"([a-z_]{2,20})(?:\s*=\s*(\S+))?$")


def _identifier(name: str) -> str:
    name = name.strip()
    if name and not IDENTIFIER.fullmatch(name):
        raise forms.ValidationError(
            _("%(entry)s is no name of a table or column: letters, digits and _ alone.")
            % {"entry": name[:60]}
        )
    return name


class SqlChannelForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Whose database, how it is reached."""

    credential = forms.ChoiceField(
        label=gettext_lazy("The password's file"),
        help_text=gettext_lazy("A file NAME.password in EMR_HOME/peers."),
    )
    client_certificate = forms.ChoiceField(label=gettext_lazy("Our certificate"), required=False)
    authority = forms.ChoiceField(
        label=gettext_lazy("Authority of the neighbour's certificate"),
        required=False,
        help_text=gettext_lazy("Certificates lie in EMR_HOME/peers: NAME.pem, and NAME.key for ours."),
    )

    class Meta:
        model = Channel
        fields = (
            "name", "sending_application", "sending_facility", "address", "port", "credential", "uses_tls", "tls_name",
            "authority", "client_certificate", "poll_seconds", "connect_seconds", "retry_seconds",
        )  # fmt: skip
        labels = {
            "name": gettext_lazy("Name"),
            "sending_application": gettext_lazy("The system's name (as MSH-3 would say it)"),
            "sending_facility": gettext_lazy("Its facility (as MSH-4 would say it)"),
            "address": gettext_lazy("Address"),
            "port": gettext_lazy("Port"),
            "uses_tls": gettext_lazy("Encrypted (TLS)"),
            "tls_name": gettext_lazy("Name in its certificate, where it isn't the address"),
            "poll_seconds": gettext_lazy("Seconds between two looks at the database"),
            "connect_seconds": gettext_lazy("Seconds to connect"),
            "retry_seconds": gettext_lazy("Longest pause between two tries, in seconds"),
        }
        help_texts = {
            "sending_application": gettext_lazy(
                "The same as in its messages: codes are mapped once for both."
            ),
            "sending_facility": "",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        authorities, own = certificate_choices()
        self.fields["authority"].choices = authorities  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["client_certificate"].choices = own  # type: ignore[attr-defined]  # likewise
        names = [file.stem for file in sorted(peers_folder().glob("*.password"))]
        names = list(dict.fromkeys([*names, *filter(None, [self.instance.credential])]))
        self.fields["credential"].choices = [("", "—"), *[(name, name) for name in names]]  # type: ignore[attr-defined]  # likewise
        for name in ("address", "port"):
            self.fields[name].required = True

    def clean_address(self) -> str:
        """A name or an IP address, and nothing else."""
        return host_name(self.cleaned_data["address"])


class SqlSourceForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Which view, which columns, by which what is new is known."""

    columns = LinesField(
        label=gettext_lazy("Columns that are read"),
        help_text=gettext_lazy(
            "One a line: our name = the view's column; our name alone where both are the same."
        ),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
    )

    class Meta:
        model = SqlSource
        fields = (
            "driver", "database", "username", "view", "kind", "columns", "key_column", "changed_column", "overlap",
            "statement_seconds",
        )  # fmt: skip
        labels: ClassVar[dict[str, Any]] = {
            "driver": gettext_lazy("Kind of database"),
            "database": gettext_lazy("Database"),
            "username": gettext_lazy("User"),
            "view": gettext_lazy("View"),
            "kind": gettext_lazy("What a row says"),
            "key_column": gettext_lazy("Key: a column that is each row's own"),
            "changed_column": gettext_lazy("Column of changes: when the row was last written"),
            "overlap": gettext_lazy("Read again so far back: seconds, or keys"),
            "statement_seconds": gettext_lazy("Seconds for one page of rows"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "username": gettext_lazy("One that may read this view and nothing else."),
            "view": gettext_lazy("VIEW or SCHEMA.VIEW, written as the database has it."),
            "changed_column": gettext_lazy("Left empty, rows are only ever added and the key is a growing number."),
            "overlap": gettext_lazy("As long as the longest transaction over there takes: what it wrote shows up late."),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            pairs = self.instance.columns.items()
            self.initial["columns"] = [
                ours if ours == theirs else f"{ours} = {theirs}" for ours, theirs in pairs
            ]

    def clean_view(self) -> str:
        """A name, or two with a point between them."""
        parts = self.cleaned_data["view"].strip().split(".")
        if len(parts) > 2:
            raise forms.ValidationError(_("A view's name has at most a schema's name before it."))
        return ".".join(_identifier(part) or _identifier("?") for part in parts)

    def clean_key_column(self) -> str:
        """An identifier."""
        return _identifier(self.cleaned_data["key_column"])

    def clean_changed_column(self) -> str:
        """An identifier, or nothing."""
        return _identifier(self.cleaned_data["changed_column"])

    def clean_columns(self) -> dict[str, str]:
        """{our name: theirs}."""
        found: dict[str, str] = {}
        for entry in self.cleaned_data["columns"]:
            pair = _PAIR.match(entry)
            if pair is None:
                raise forms.ValidationError(_("This line names no column: %(entry)s") % {"entry": entry[:60]})
            if pair[1] in found:
                raise forms.ValidationError(_("%(name)s stands there twice.") % {"name": pair[1]})
            found[pair[1]] = _identifier(pair[2] or pair[1])
        return found

    def clean(self) -> dict[str, Any]:
        """The names are those of the kind of row, and none that it needs is missing."""
        cleaned = super().clean() or {}
        shape, columns = SHAPES.get(cleaned.get("kind", "")), cleaned.get("columns")
        if shape is None or columns is None:
            return cleaned
        if unknown := sorted(set(columns) - set(shape.columns)):
            self.add_error(
                "columns",
                _("Such a row has no %(names)s. It has: %(known)s.")
                % {"names": ", ".join(unknown), "known": ", ".join(shape.columns)},
            )
        if missing := sorted(shape.needed - set(columns)):
            self.add_error("columns", _("These are needed: %(names)s.") % {"names": ", ".join(missing)})
        return cleaned
