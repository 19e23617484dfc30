"""The only way to an extract."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from signatures.sealing import permissions
from signatures.sealing.models import LogExtract
from signatures.sealing.selectors import extracts_of


def access_extract(user: User, extract_uuid: UUID) -> LogExtract:
    """The extract, of the person's own facility; raises Denied."""
    demand(user, permissions.EXPORT)
    extract = extracts_of(user).filter(uuid=extract_uuid).first()
    if extract is None:
        raise Denied(permissions.EXPORT)
    return extract
