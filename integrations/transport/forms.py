"""Shape of the input on the integration pages."""

import ipaddress
import re
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.transport import peer_certificates
from integrations.transport.client import peers_folder
from integrations.transport.folders import folder_names
from integrations.transport.models import Channel, MessageState

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")
_TYPE = re.compile(r"[A-Z]{3}(\^[A-Z0-9]{2,3})?$")


class MessageFilterForm(forms.Form):
    """What the list of messages is narrowed by; it travels by POST, since a patient's number is among it (S-55)."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, choices=[("", "—"), *MessageState.State.choices]
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"), required=False, choices=[("", "—"), *Channel.Direction.choices]
    )
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    message_type = forms.CharField(label=gettext_lazy("Message type"), required=False, max_length=16)
    control_id = forms.CharField(label=gettext_lazy("Control id (MSH-10)"), required=False, max_length=200)
    patient_number = forms.CharField(
        label=gettext_lazy("Patient number (exact)"), required=False, max_length=200
    )
    order_number = forms.CharField(label=gettext_lazy("Order number (exact)"), required=False, max_length=80)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, channels: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].choices = [("", "—"), *channels]  # type: ignore[attr-defined]  # a ChoiceField


class ReplayForm(forms.Form):
    """An edited message, marks and all."""

    text = forms.CharField(
        label=gettext_lazy("Message"),
        strip=False,
        max_length=2_000_000,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
    )


class DismissForm(forms.Form):
    """Why a message isn't needed."""

    note = forms.CharField(label=gettext_lazy("Why isn't it needed?"), max_length=300)


class LinesField(forms.CharField):
    """A list, one entry a line (or separated by commas)."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> Any:
        return [entry.strip() for entry in re.split(r"[\n,]", super().clean(value)) if entry.strip()]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


_FORBIDDEN_PATH = re.compile(r"[^!-~]|[\\#]")


class _ChannelForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What both directions have in common: over which protocol, and what that needs."""

    folder = forms.ChoiceField(
        label=gettext_lazy("Folder"),
        required=False,
        help_text=gettext_lazy(
            "An IT person makes it, or mounts it, below EMR_HOME/exchange and the facility's code."
        ),
    )
    # {protocol: fields that it can't do without}
    needs: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __init__(self, *args: Any, facility_code: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict.fromkeys([*folder_names(facility_code), *filter(None, [self.instance.folder])])
        self.fields["folder"].choices = [("", "—"), *[(name, name) for name in names]]  # type: ignore[attr-defined]  # a ChoiceField
        protocol = self.fields["protocol"]
        protocol.required = False
        protocol.choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (value, label) for value, label in Channel.Protocol.choices if value in self.needs
        ]

    def clean(self) -> dict[str, Any]:
        """What the protocol needs is there; what belongs to another is empty."""
        cleaned = super().clean() or {}
        protocol = cleaned.get("protocol") or self.instance.protocol
        for name in self.needs.get(protocol, ()):
            if name not in self.errors and not cleaned.get(name):
                self.add_error(name, _("This channel needs it."))
        if protocol != Channel.Protocol.FOLDER:
            cleaned["folder"] = ""
        return cleaned


class CertificatesField(forms.CharField):
    """Certificates of a neighbour as PEM, or their SHA-256, one a line; kept as fingerprints."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def clean(self, value: Any) -> Any:
        try:
            found = peer_certificates.fingerprints_in(super().clean(value))
        except ValueError as error:
            raise forms.ValidationError(_("This is neither a PEM certificate nor a SHA-256.")) from error
        if len(found) > peer_certificates.MOST:
            raise forms.ValidationError(_("At most %(n)d certificates.") % {"n": peer_certificates.MOST})
        return found

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class ChannelForm(_ChannelForm):
    """A neighbour: who, from where, what."""

    needs: ClassVar[dict[str, tuple[str, ...]]] = {
        "mllp": ("allowed_addresses",),
        "http": ("allowed_addresses",),
        "folder": ("folder",),
    }
    allowed_addresses = LinesField(
        label=gettext_lazy("Addresses it may call from"),
        required=False,
        help_text=gettext_lazy("One a line: 10.1.2.3 or 10.1.2.0/24."),
    )
    peer_certificates = CertificatesField(
        label=gettext_lazy("Certificates it must show one of"),
        required=False,
        help_text=gettext_lazy(
            "PEM, or SHA-256 one a line; two while one is renewed. Empty: the token is enough."
        ),
    )
    message_types = LinesField(
        label=gettext_lazy("Messages it may send"),
        help_text=gettext_lazy("One a line: ADT for every event, or ADT^A01 for one."),
    )
    processing_ids = forms.MultipleChoiceField(
        label=gettext_lazy("Processing ids (MSH-11)"),
        choices=[
            ("P", gettext_lazy("P: production")),
            ("T", gettext_lazy("T: training")),
            ("D", gettext_lazy("D: debugging")),
        ],
        widget=forms.CheckboxSelectMultiple,
        initial=["P"],
    )
    charset = forms.ChoiceField(
        label=gettext_lazy("Character set"),
        required=False,
        choices=[("", gettext_lazy("As the message says, or as it looks")), ("utf-8", "UTF-8"), ("cp1258", "Windows-1258"),
                 ("tcvn3", "TCVN 5712 (ABC)"), ("vni", "VNI"), ("latin-1", "ISO 8859-1")],
    )  # fmt: skip

    class Meta:
        model = Channel
        fields = (
            "name", "sending_application", "sending_facility", "allowed_addresses", "message_types", "processing_ids",
            "charset", "duplicate_key", "performs", "unknown_codes", "protocol", "folder", "poll_seconds",
            "peer_certificates",
        )  # fmt: skip
        labels = {
            "name": gettext_lazy("Name"),
            "sending_application": gettext_lazy("Sending application (MSH-3)"),
            "sending_facility": gettext_lazy("Sending facility (MSH-4)"),
            "duplicate_key": gettext_lazy("The same message is recognised by"),
            "performs": gettext_lazy("What is done there"),
            "protocol": gettext_lazy("How it comes"),
            "poll_seconds": gettext_lazy("Seconds between two looks"),
            "unknown_codes": gettext_lazy("A result whose test's code isn't known"),
        }
        help_texts = {"sending_application": "", "sending_facility": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("performs", "unknown_codes", "poll_seconds"):  # left out, they stay as they are
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Certificates are asked for over HTTP alone, and only where the proxy passes them on: else nobody came in."""
        cleaned = super().clean()
        if (cleaned.get("protocol") or self.instance.protocol) != Channel.Protocol.HTTP:
            cleaned["peer_certificates"] = []
        elif cleaned.get("peer_certificates") and not peer_certificates.are_passed_on():
            self.add_error(
                "peer_certificates",
                _("The proxy in front doesn't pass certificates on (EMR_PROXY_CERTIFICATES)."),
            )
        return cleaned

    def clean_allowed_addresses(self) -> list[str]:
        """Every entry an address or a range."""
        for entry in self.cleaned_data["allowed_addresses"]:
            try:
                ipaddress.ip_network(entry, strict=False)
            except ValueError as error:
                raise forms.ValidationError(
                    _("%(entry)s is neither an address nor a range.") % {"entry": entry}
                ) from error
        return list(self.cleaned_data["allowed_addresses"])

    def clean_message_types(self) -> list[str]:
        """Every entry a type, or a type and an event."""
        return _types(self.cleaned_data["message_types"])


def _types(entries: list[str]) -> list[str]:
    types = [entry.upper() for entry in entries]
    for entry in types:
        if not _TYPE.match(entry):
            raise forms.ValidationError(_("%(entry)s is no message type.") % {"entry": entry})
    return types


def certificate_choices() -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
    """(authorities, certificates of ours) that an IT person has laid in EMR_HOME/peers, as a field's choices."""
    names = [file.stem for file in sorted(peers_folder().glob("*.pem"))]
    own = [name for name in names if (peers_folder() / f"{name}.key").exists()]
    believed = ("", gettext_lazy("Those that the server believes"))
    return [believed, *[(name, name) for name in names]], [("", "—"), *[(name, name) for name in own]]


def host_name(entry: str) -> str:
    """A computer's name or address, and nothing else. Raises ValidationError."""
    address = entry.strip()
    if address and not _HOST.fullmatch(address):
        raise forms.ValidationError(
            _("%(entry)s is neither a computer's name nor an address.") % {"entry": address}
        )
    return address


class OutgoingChannelForm(_ChannelForm):
    """A neighbour that is spoken to: where, how, in whose name."""

    needs: ClassVar[dict[str, tuple[str, ...]]] = {
        "mllp": ("address", "port"),
        "http": ("address", "port"),
        "folder": ("folder",),
    }

    message_types = LinesField(
        label=gettext_lazy("Messages it is to get"),
        help_text=gettext_lazy("One a line: ADT for every event, or ADT^A01 for one."),
    )
    processing_ids = forms.ChoiceField(
        label=gettext_lazy("Processing id (MSH-11)"),
        choices=[
            ("P", gettext_lazy("P: production")),
            ("T", gettext_lazy("T: training")),
            ("D", gettext_lazy("D: debugging")),
        ],
    )
    charset = forms.ChoiceField(
        label=gettext_lazy("Character set"),
        required=False,
        choices=[
            ("", "UTF-8"),
            ("cp1258", "Windows-1258"),
            ("tcvn3", "TCVN 5712 (ABC)"),
            ("latin-1", "ISO 8859-1"),
        ],
        help_text=gettext_lazy(
            "What the set lacks isn't sent: the message goes to the dead letters and says which sign."
        ),
    )
    credential = forms.ChoiceField(
        label=gettext_lazy("Token to show"),
        required=False,
        help_text=gettext_lazy("A file NAME.token in EMR_HOME/peers."),
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
            "name", "receiving_application", "receiving_facility", "sending_application", "sending_facility", "performs",
            "protocol", "folder", "path", "credential", "charset", "address", "port", "message_types", "processing_ids",
            "acknowledgement", "uses_tls", "tls_name", "authority",
            "client_certificate", "lanes", "connect_seconds", "answer_seconds", "retry_seconds",
        )  # fmt: skip
        labels = {
            "name": gettext_lazy("Name"),
            "receiving_application": gettext_lazy("Receiving application (MSH-5)"),
            "receiving_facility": gettext_lazy("Receiving facility (MSH-6)"),
            "sending_application": gettext_lazy("Our application (MSH-3)"),
            "sending_facility": gettext_lazy("Our facility (MSH-4)"),
            "protocol": gettext_lazy("How it goes out"),
            "path": gettext_lazy("Path (HTTP)"),
            "address": gettext_lazy("Address"),
            "port": gettext_lazy("Port"),
            "acknowledgement": gettext_lazy("A message is delivered by"),
            "performs": gettext_lazy("What is done there"),
            "uses_tls": gettext_lazy("Encrypted (TLS)"),
            "tls_name": gettext_lazy("Name in its certificate, where it isn't the address"),
            "lanes": gettext_lazy("Messages under way at once"),
            "connect_seconds": gettext_lazy("Seconds to connect"),
            "answer_seconds": gettext_lazy("Seconds to wait for the answer"),
            "retry_seconds": gettext_lazy("Longest pause between two tries, in seconds"),
        }
        help_texts = {
            "sending_application": "",
            "sending_facility": "",
            "lanes": gettext_lazy(
                "One keeps the order of all; with more, each patient's messages stay in order."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        authorities, own = certificate_choices()
        self.fields["authority"].choices = authorities  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["client_certificate"].choices = own  # type: ignore[attr-defined]  # a ChoiceField
        tokens = [file.stem for file in sorted(peers_folder().glob("*.token"))]
        self.fields["credential"].choices = [("", "—"), *[(name, name) for name in tokens]]  # type: ignore[attr-defined]  # a ChoiceField
        for name in ("receiving_application", "receiving_facility"):
            self.fields[name].required = True
        self.fields["performs"].required = False  # left out, it stays as it is
        if self.instance.pk and self.instance.processing_ids:
            self.initial["processing_ids"] = self.instance.processing_ids[0]

    def clean_address(self) -> str:
        """A name or an IP address, and nothing else."""
        return host_name(self.cleaned_data["address"])

    def clean_message_types(self) -> list[str]:
        """Every entry a type, or a type and an event."""
        return _types(self.cleaned_data["message_types"])

    def clean_path(self) -> str:
        """What stands behind the address, from its stroke on."""
        path: str = self.cleaned_data["path"].strip()
        if path and (not path.startswith("/") or _FORBIDDEN_PATH.search(path)):
            raise forms.ValidationError(_("A path begins with / and has no blanks."))
        return path

    def clean_processing_ids(self) -> list[str]:
        """As the list that incoming channels have."""
        return [self.cleaned_data["processing_ids"]]
