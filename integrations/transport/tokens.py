"""The token that a neighbour shows over HTTP: made here, shown once, kept as its hash."""

import hashlib
import hmac
import secrets

from django.db import transaction

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from integrations.transport.models import Channel


@transaction.atomic
def make_token(channel: Channel, *, by: User) -> str:
    """A new token for an incoming HTTP channel; the one before it holds no more. It can't be read again."""
    token = secrets.token_urlsafe(32)
    channel.token_hash, channel.token_made_at = _hash(token), now()
    channel.save(update_fields=["token_hash", "token_made_at"])
    record("channel.token", by=by, of=channel)
    return token


def is_token_of(channel: Channel, token: str) -> bool:
    """Whether the token is the channel's; a channel without one admits nobody."""
    return bool(channel.token_hash) and hmac.compare_digest(channel.token_hash, _hash(token))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
