"""What can be counted: each room registers numbers that are read from the database when somebody asks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import connection

from emr.common import wall

# Values of the labels, and the number.
Sample = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Measure:
    """A gauge: `read` gives one sample for each set of labels."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    read: Callable[[], Iterable[Sample]]


_measures: dict[str, Measure] = {}


def register_measure(
    name: str, meaning: str, read: Callable[[], Iterable[Sample]], *, labels: tuple[str, ...] = ()
) -> None:
    """Let /metrics tell this number. Labels are of a fixed set (queue, state): never a patient, person or number."""
    _measures[name] = Measure(name, meaning, labels, read)


def measures() -> list[Measure]:
    """All that is registered."""
    return list(_measures.values())


def from_query(query: str) -> Callable[[], Iterable[Sample]]:
    """A reader for a query whose last column is the number and whose others are the labels."""

    def read() -> Iterable[Sample]:
        # Numbers of the whole house, nobody's in particular.
        with wall.everywhere(), connection.cursor() as cursor:
            cursor.execute(query)
            return [(tuple(str(part) for part in row[:-1]), float(row[-1] or 0)) for row in cursor.fetchall()]

    return read


register_measure(
    "emr_database_connections",
    "Connections that PostgreSQL serves, by state.",
    from_query(
        "SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' GROUP BY 1"
    ),
    labels=("state",),
)
register_measure(
    "emr_database_bytes",
    "Size of the database.",
    from_query("SELECT pg_database_size(current_database())"),
)
