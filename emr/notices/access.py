"""The only way to a notice as a user: through one's own copy of it."""

from uuid import UUID

from emr.accounts.access import Denied
from emr.accounts.models import User
from emr.notices.models import NoticeRecipient


def access_notice(user: User, uuid: UUID) -> NoticeRecipient:
    """The person's own copy; 404 for a notice that was sent to others."""
    found = (
        NoticeRecipient.objects.filter(user=user, notice__uuid=uuid)
        .select_related("notice__closed_by", "notice__department", "notice__facility")
        .first()
    )
    if found is None:
        raise Denied("notice.read")
    return found
