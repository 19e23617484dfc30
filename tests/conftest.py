"""Fixtures for every test: a real PostgreSQL as two roles, a broker, Chromium. Nothing is faked that we run ourselves."""

import os
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from pytest_django.plugin import DjangoDbBlocker

from emr.local.postgres import OWNER
from tests.support.services import Services, fastest_folder, tool

pytest_plugins = ["tests.support.browser"]
_started: list[Services] = []
SECURITY_REQUIREMENT = re.compile(r"\bS-\d\d\b")

if MEMORY := fastest_folder():  # where the tests' own folders go, unless somebody says where
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _services(config: pytest.Config) -> Services:
    """The run's services: handed over by xdist's controller, or started by whoever needs them first."""
    if hasattr(config, "workerinput"):
        return Services.from_text(config.workerinput["emr_services"])
    if not _started:
        _started.append(Services.started())
    return _started[0]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist is about to start a worker: give it the address."""
    node.workerinput["emr_services"] = _services(node.config).as_text()


def pytest_unconfigure() -> None:
    while _started:
        _started.pop().stop()


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest) -> Services:
    """PostgreSQL and broker of this run."""
    return _services(request.config)


@pytest.fixture(scope="session")
def django_db_setup(services: Services, worker_id: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """This worker's database, made by the owner; tests connect as the role that owns nothing."""
    from django.db import connections  # noqa: PLC0415

    from tests.support import databases  # noqa: PLC0415

    with django_db_blocker.unblock():
        databases.prepare(services, worker_id)
        yield
        for alias in connections:
            connections[alias].close()


@pytest.fixture(autouse=True, scope="session")
def tests_work_everywhere() -> None:
    """What a test sets up is no facility's work; requests and jobs say whose theirs is, as in the house."""
    from emr.common import wall  # noqa: PLC0415

    wall.unsaid = wall.EVERYWHERE


@pytest.fixture
def owner_sql(services: Services, transactional_db: None, worker_id: str) -> Iterator[psycopg.Connection]:
    """A connection of the owner's (in tests: superuser), outside Django, for what the application may never do."""
    with psycopg.connect(services.postgres.url(OWNER, f"test_{worker_id}"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def redis_url(services: Services) -> str:
    """The run's broker, emptied."""
    from redis import Redis  # noqa: PLC0415

    broker = services.broker
    with Redis(unix_socket_path=str(broker.socket), password=broker.password) as client:
        client.flushall()
    return broker.url


@pytest.fixture(scope="session")
def need_tool() -> Any:
    """`need_tool("pdfsig", "poppler-utils")` answers the path, or fails with the line to type."""
    return tool


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks that follow from what a test uses, so that nobody forgets them."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        if used & {"chromium", "browser_context", "page"}:
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("django_db") or used & {"db", "transactional_db", "owner_sql"}:
            item.add_marker(pytest.mark.database)
        told = (getattr(getattr(item, name, None), "__doc__", None) or "" for name in ("module", "function"))
        if any(SECURITY_REQUIREMENT.search(text) for text in told):
            item.add_marker(pytest.mark.security)
