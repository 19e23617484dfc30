"""Questions about files."""

from collections.abc import Collection

from emr.storage.models import Attachment, AttachmentRevision


def newest_of(first: Attachment) -> Attachment:
    """The file as it is now: its last revision, or itself. One query."""
    revision = last_revision(first.pk)
    return first if revision is None else revision.attachment


def last_revision(first_id: int) -> AttachmentRevision | None:
    """What was last appended to this file; None: it is as it was stored. One query."""
    return last_revisions([first_id]).get(first_id)


def last_revisions(first_ids: Collection[int]) -> dict[int, AttachmentRevision]:
    """{file: what was last appended to it}; files that are as they were stored are left out. One query."""
    rows = (
        AttachmentRevision.objects.filter(first__in=first_ids)
        .select_related("attachment__key")
        .order_by("first", "-number")
        .distinct("first")
    )
    return {row.first_id: row for row in rows}
