"""Setting up a channel that reads a database's view, and having it looked at now or read from its beginning."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from integrations.transport.intakes import Intake, SqlSource
from integrations.transport.models import Channel
from integrations.transport.services import channel_account

# What was read is another matter when one of these changes: it is read from its beginning again.
_PLACE = ("driver", "database", "view", "kind", "columns", "key_column", "changed_column")


@transaction.atomic
def save_source(channel: Channel, source: SqlSource, *, by: User) -> Channel:
    """Keep a new or changed channel with its view. Another view, or other columns, are read from their beginning."""
    is_new = channel.pk is None
    if is_new:
        channel.facility = by.facility
        channel.direction, channel.protocol = Channel.Direction.IN, Channel.Protocol.SQL
        channel.allowed_addresses, channel.message_types, channel.processing_ids = [], [], ["P"]
        channel.performs = Channel.Performs.HIS  # its rows are patients, stays and orders
        channel.account = channel_account(by.facility, "-".join(channel.neighbour), channel.name)
    others = Channel.objects.filter(
        facility=channel.facility, protocol=Channel.Protocol.SQL, name=channel.name
    )
    if others.exclude(pk=channel.pk).exists():
        raise DomainError(_("Another channel of this kind has this name."), code="name_taken", field="name")
    before = SqlSource.objects.filter(pk=source.pk).first()
    channel.save()
    source.channel, source.facility = channel, channel.facility
    source.save()
    if before is not None and any(getattr(before, name) != getattr(source, name) for name in _PLACE):
        read_again(channel)
    record("channel.add" if is_new else "channel.change", by=by, of=channel)
    return channel


def read_again(channel: Channel) -> None:
    """From the beginning: what is there already is known by its content and taken no second time."""
    Intake.objects.filter(channel=channel).update(position={}, is_at_end=True)


@transaction.atomic
def look_now(channel: Channel, *, from_start: bool, by: User) -> None:
    """Have the worker look within seconds, whatever pause is left. Refuses a channel that fetches nothing."""
    if channel.protocol not in {Channel.Protocol.SQL, Channel.Protocol.FOLDER} or channel.direction != "in":
        raise DomainError(_("Only a channel that fetches can be looked at."))
    if from_start:
        read_again(channel)
    Intake.objects.filter(channel=channel).update(looked_at=None)
    record("channel.look", by=by, of=channel, detail={"from_start": from_start})
