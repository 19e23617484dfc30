"""Test databases: migrated once by the owner, cloned per worker, used as the role that owns nothing."""

import os

import psycopg
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from psycopg import sql

from emr.common import wall
from emr.local.postgres import APPLICATION, OWNER, PORT, SUPERUSER
from tests.support.services import PASSWORD, TEMPLATE, Services


def prepare(services: Services, worker: str) -> str:
    """Point Django's connections at this worker's own clone; answers its name."""
    name = f"test_{worker}"
    os.environ["REDIS_URL"] = services.broker.url
    for alias, role in (("default", APPLICATION), ("owner", OWNER)):
        connections[alias].settings_dict |= {
            "USER": role,
            "PASSWORD": PASSWORD,
            "HOST": str(services.postgres.sockets),
            "PORT": str(PORT),
        }
    _migrate_template(services)
    clone(services, name)
    point_at(services, name)
    TransactionTestCase._fixture_teardown = lambda _test: _start_over(services, name)  # type: ignore[method-assign]
    return name


def point_at(services: Services, name: str) -> None:
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
    # Programs that a test starts on its own (manage.py, the listener) find the same database here.
    os.environ["DATABASE_URL"] = services.postgres.url(APPLICATION, name)
    os.environ["EMR_OWNER_DATABASE_URL"] = services.postgres.url(OWNER, name)


def clone(services: Services, name: str) -> None:
    """A fresh copy of the migrated database under this name; whoever still uses the old one is cut off."""
    with _superuser(services) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE), sql.Identifier(OWNER)
            )
        )


def _migrate_template(services: Services) -> None:
    """Whichever worker comes first migrates; the others wait at the lock."""
    with _superuser(services) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone()
        if not found:
            unfinished = f"{TEMPLATE}_unfinished"
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(unfinished))
            )
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(unfinished), sql.Identifier(OWNER)
                )
            )
            point_at(services, unfinished)
            call_command("migrate", database="owner", verbosity=0, interactive=False)
            _load_forms()
            for alias in connections:
                connections[alias].close()
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(unfinished), sql.Identifier(TEMPLATE)
                )
            )
        connection.execute("SELECT pg_advisory_unlock(1)")


def _load_forms() -> None:
    """The product's own forms, as in every house that runs: most tests want them, and they are large."""
    from encounters.forms.services import load_questionnaire  # noqa: PLC0415  no Django yet above
    from encounters.forms.shipped import assembled, shipped_files  # noqa: PLC0415

    with wall.everywhere():
        for path in shipped_files():
            load_questionnaire(assembled(path))


def _start_over(services: Services, name: str) -> None:
    """After a test that committed: throw the database away, migration data, sequences and partitions included."""
    for alias in connections:
        connections[alias].close()
    clone(services, name)


def _superuser(services: Services) -> psycopg.Connection:
    return psycopg.connect(services.postgres.url(SUPERUSER, "postgres"), autocommit=True)
