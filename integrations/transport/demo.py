"""The demo hospital's neighbours: HIS, LIS and RIS of facility 99999, calling from this machine and called on it."""

from django.conf import settings

from emr.accounts.models import Organization
from emr.local.programs import DEMO_NEIGHBOURS
from integrations.transport.models import Channel
from integrations.transport.services import channel_account

# name → (title of its account, message types)
NEIGHBOURS = {
    "HIS": ("Hệ thống HIS", ["ADT", "SIU", "ORM", "OML", "RDE", "ORR", "ORL", "RRE", "MDM"]),
    "LIS": ("Hệ thống LIS", ["ORU", "ORM", "OML", "ORR", "ORL", "MDM"]),
    "RIS": ("Hệ thống RIS/PACS", ["ORU", "ORM", "OML", "ORR", "ORL", "MDM"]),
}
LOOPBACK = ["127.0.0.0/8", "::1/128"]


# The simulators that `make run` starts: what each takes.
PERFORMS = {
    "HIS": Channel.Performs.HIS,
    "LIS": Channel.Performs.LABORATORY,
    "RIS": Channel.Performs.IMAGING,
}
SIMULATED = {"LIS": ["OML^O21"], "RIS": ["ORM^O01"], "HIS": ["RDE^O11", "OML^O21"]}


def load(facility: Organization) -> list[Channel]:
    """The three channels, made once; what was changed since stays changed."""
    return [_channel(facility, name, title, types) for name, (title, types) in NEIGHBOURS.items()]


def load_simulated(facility: Organization) -> None:
    """Channels to the simulators of this instance, whose ports follow the listener's."""
    for name, message_types in SIMULATED.items():
        port = settings.EMR_MLLP_PORT + DEMO_NEIGHBOURS[name]
        if port > 65535:
            continue
        channel, is_new = Channel.objects.get_or_create(
            facility=facility,
            direction=Channel.Direction.OUT,
            name=f"{name} (mô phỏng)",
            defaults={
                "sending_application": "EMR",
                "sending_facility": facility.code,
                "receiving_application": name,
                "receiving_facility": facility.code,
                "performs": PERFORMS[name],
                "allowed_addresses": [],
                "message_types": message_types,
                "processing_ids": ["P"],
                "address": "127.0.0.1",
                "port": port,
                "account": channel_account(facility, name, NEIGHBOURS[name][0]),
            },
        )
        if not is_new and channel.port != port:
            channel.port = port
            channel.save(update_fields=["port"])


def _channel(facility: Organization, name: str, title: str, message_types: list[str]) -> Channel:
    found = Channel.objects.filter(
        facility=facility, sending_application=name, direction=Channel.Direction.IN
    ).first()
    if found is not None:
        return found
    return Channel.objects.create(
        facility=facility,
        name=name,
        sending_application=name,
        sending_facility=facility.code,
        performs=PERFORMS[name],
        allowed_addresses=LOOPBACK,
        message_types=message_types,
        # The demo isn't production: test (T) and training (D) messages may come in as well.
        processing_ids=["P", "T", "D"],
        account=channel_account(facility, name, title),
    )
