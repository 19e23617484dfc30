"""The only way to somebody else's key: to look after it, in one's own facility."""

from uuid import UUID

from emr.accounts.access import Denied
from emr.accounts.models import User
from signatures.providers import permissions
from signatures.providers.models import Credential
from signatures.providers.selectors import keys_for


def access_key(user: User, key_uuid: UUID) -> Credential:
    """The key; another facility's is as if it weren't there."""
    found = keys_for(user).filter(uuid=key_uuid).first()
    if found is None:
        raise Denied(permissions.MANAGE, entity=Credential.objects.filter(uuid=key_uuid).first())
    return found
