"""Whether this instance may act on the world. A restored copy may not, until a person arms it (F-28).

The mark is the comment of the database itself, written by its owner: no dump carries it, no application role removes it.
"""

import time

from django.db import connection, connections
from django.utils.translation import gettext as _
from psycopg import sql

from emr.common.errors import DomainError

MARK = "disarmed: a restored copy"
_REMEMBERED_SECONDS = 2.0
_known: tuple[float, bool] = (0.0, True)


def is_armed() -> bool:
    """False in a restored copy: no deliveries, no signing, no exchange."""
    global _known  # noqa: PLW0603
    read_at, armed = _known
    if time.monotonic() - read_at > _REMEMBERED_SECONDS:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database"
                " WHERE datname = current_database()"
            )
            armed = cursor.fetchone()[0] != MARK
        _known = (time.monotonic(), armed)
    return armed


def demand_armed() -> None:
    """Refuse what a restored copy mustn't do."""
    if not is_armed():
        raise DomainError(
            _("This is a restored copy. Nothing is signed or sent until it is armed."), code="disarmed"
        )


def set_armed(armed: bool) -> None:
    """Arm or disarm; the owner's connection alone may."""
    global _known  # noqa: PLW0603
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT current_database()")
        name = sql.Identifier(cursor.fetchone()[0])
        mark = sql.NULL if armed else sql.Literal(MARK)
        cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, mark))
    _known = (0.0, True)
