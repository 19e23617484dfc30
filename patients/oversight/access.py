"""The only way to a finding."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from patients.oversight import permissions
from patients.oversight.models import LookupFinding
from patients.oversight.selectors import findings_for


def access_finding(user: User, finding_uuid: UUID) -> LookupFinding:
    """The finding, within the person's reach; raises Denied."""
    demand(user, permissions.REVIEW)
    finding = findings_for(user).select_related("patient").filter(uuid=finding_uuid).first()
    if finding is None:
        raise Denied(permissions.REVIEW)
    return finding
