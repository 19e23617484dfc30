"""Files that grow: proof of a seal is appended as a newer revision, the file before it stays. A room above keeps them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from emr.storage.models import Attachment


@dataclass(frozen=True, slots=True)
class Revision:
    """What was last appended to a file: `number` 1 is the first after the file itself, `level` what the bytes now prove."""

    number: int
    attachment: Attachment
    level: str


@dataclass(frozen=True, slots=True)
class Keeper:
    """`last`: {file: its last revision} of these files, one query; `holds`: whether a revision has this SHA-256."""

    last: Callable[[Collection[int]], dict[int, Revision]]
    holds: Callable[[str], bool]


_keepers: list[Keeper] = []


def register_keeper(keeper: Keeper) -> None:
    """Called by the room that appends, in AppConfig.ready(); again replaces it."""
    _keepers[:] = [keeper]


def last_revisions(first_ids: Collection[int]) -> dict[int, Revision]:
    """{file: what was last appended to it}; files that are as they were stored are left out. One query."""
    return _keepers[0].last(first_ids)


def last_revision(first_id: int) -> Revision | None:
    """What was last appended to this file; None: it is as it was stored. One query."""
    return last_revisions([first_id]).get(first_id)


def newest_of(first: Attachment) -> Attachment:
    """The file as it is now: its last revision, or itself. One query."""
    revision = last_revision(first.pk)
    return first if revision is None else revision.attachment


def is_revision(sha256: str) -> bool:
    """Whether exactly these bytes are a revision of a file."""
    return _keepers[0].holds(sha256)
