"""What has to be well for the house to work; each room registers its own part, and what to do when it isn't."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from emr.common import wall
from emr.common.policies import gaps


class Caution(str):
    """A reason that isn't urgent yet: nothing fails today."""

    __slots__ = ()


Check = Callable[[], str]
CROWDED = 0.8  # of the connections that PostgreSQL gives
_GIGABYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `check` returns "" when it is well, a reason in plain words, or a Caution.

    Everybody may read the state of a part that `is_public` under `/health/ready`; others are for the IT person's page.
    """

    name: str
    check: Check
    required: bool
    title: StrOrPromise
    advice: StrOrPromise
    is_public: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """How a part is at this moment."""

    part: Part
    reason: str

    @property
    def state(self) -> str:
        """ "well", "caution" or "broken"."""
        if not self.reason:
            return "well"
        return "caution" if isinstance(self.reason, Caution) else "broken"


_parts: dict[str, Part] = {}


def register_part(
    name: str,
    check: Check,
    *,
    required: bool = False,
    title: StrOrPromise = "",
    advice: StrOrPromise = "",
    is_public: bool = False,
) -> None:
    """Let the IT person's page name this part, and `/health/ready` where it is public; a required one makes that 503."""
    _parts[name] = Part(name, check, required, title or name, advice, is_public)


def parts() -> list[Part]:
    """All that is registered."""
    return list(_parts.values())


def findings(*, public_alone: bool = False) -> list[Finding]:
    """Every part asked once, in the language of who asks."""
    return [Finding(part, _ask(part)) for part in _parts.values() if part.is_public or not public_alone]


def _ask(part: Part) -> str:
    try:
        with wall.everywhere():  # numbers of the whole house, nobody's in particular
            return part.check()
    except Exception as error:
        return type(error).__name__  # its text may quote a row


def readiness() -> tuple[bool, dict[str, dict[str, object]]]:
    """(ready, {part: {"ok": bool, "reason": str}}) of the public parts, in English, for programs."""
    with translation.override("en"):
        found = findings(public_alone=True)
    answer: dict[str, dict[str, object]] = {
        one.part.name: {"ok": not one.reason, "reason": str(one.reason)} for one in found
    }
    return not any(one.reason and one.part.required for one in found), answer


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return _("The database does not answer.")
    return ""


def _wall() -> str:
    low = gaps()
    return _("The wall between facilities has %(n)d gaps.") % {"n": len(low)} if low else ""


def _connections() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
            " current_setting('max_connections')::int"
        )
        used, most = cursor.fetchone()
    if used < most * CROWDED:
        return ""
    return Caution(_("%(used)d of %(most)d connections are taken.") % {"used": used, "most": most})


def free_space(folder: Path) -> str:
    """Why the disk under this folder is too full: broken below 2 GB or 3 %, a caution below 10 GB or 10 %."""
    disk = shutil.disk_usage(folder)
    share = disk.free / disk.total
    said = _("%(free).1f GB of %(total).0f GB are free in %(folder)s.") % {
        "free": disk.free / _GIGABYTE,
        "total": disk.total / _GIGABYTE,
        "folder": folder,
    }
    if disk.free < 2 * _GIGABYTE or share < 0.03:
        return said
    return Caution(said) if disk.free < 10 * _GIGABYTE or share < 0.1 else ""


def _home_disk() -> str:
    return free_space(Path(settings.EMR_HOME))


def _database_disk() -> str:
    if not settings.EMR_DATABASE_FOLDER:
        return ""  # on another machine: that one's own watch has to tell
    return free_space(Path(settings.EMR_DATABASE_FOLDER))


register_part(
    "database",
    _database,
    required=True,
    is_public=True,
    title=gettext_lazy("Database"),
    advice=gettext_lazy(
        "Start PostgreSQL again; look into its log for the reason. Pages return by themselves."
    ),
)
register_part(
    "connections",
    _connections,
    title=gettext_lazy("Database connections"),
    advice=gettext_lazy(
        "See who holds them (pg_stat_activity), raise max_connections, or lower EMR_DATABASE_POOL."
    ),
)
register_part(
    "disk",
    _home_disk,
    title=gettext_lazy("Disk of files"),
    advice=gettext_lazy("Make room or a bigger disk now: without space no document can be kept."),
)
register_part(
    "database_disk",
    _database_disk,
    title=gettext_lazy("Disk of the database"),
    advice=gettext_lazy("Make room or a bigger disk now: PostgreSQL stops when its disk is full."),
)
register_part(
    "wall",
    _wall,
    title=gettext_lazy("Wall between facilities"),
    advice=gettext_lazy("Type: manage.py wall raise, when all programs run the new version."),
)
