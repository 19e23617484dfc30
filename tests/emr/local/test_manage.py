"""`manage.py` in a checkout: the instance's own database, started when stopped, stopped by the last who used it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emr.local.home import CHECKOUT, Home
from emr.local.instance import Instance


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    home = Home(tmp_path / "home")
    home.create("demo")
    made = Instance(home)
    yield made
    made.postgres.stop()


def manage(instance: Instance, *words: str, **environment: str) -> "subprocess.Popen[str]":
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "EMR_OWNER_DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    }
    return subprocess.Popen(
        [sys.executable, CHECKOUT / "manage.py", *words],
        env=kept | {"EMR_HOME": str(instance.home.root)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.PIPE,
        text=True,
    )


def test_a_command_starts_the_stopped_database_and_stops_it_again(instance: Instance) -> None:
    command = manage(instance, "shell", "--no-startup", "--no-imports")
    output, _ = command.communicate(
        "from django.conf import settings; from django.db import connection as c; u = c.cursor();"
        "u.execute('SELECT current_user'); print('as', u.fetchone()[0], 'with', settings.SETTINGS_MODULE)\n",
        timeout=60,
    )
    assert "as emr_app with emr.settings.demo" in output
    assert not instance.postgres.server_pid()


def test_the_first_to_end_leaves_the_database_to_the_others(instance: Instance) -> None:
    with instance.database_for_a_command():
        command = manage(instance, "dbshell", "--database", "owner", "--", "-Atc", "SELECT current_user")
        output, _ = command.communicate(timeout=60)
        assert "emr_owner" in output
        assert instance.postgres.answers()
    assert not instance.postgres.server_pid()


def test_a_database_left_by_a_killed_command_is_used_and_stopped(instance: Instance) -> None:
    instance.postgres.initialise()
    instance.postgres.start_detached()
    instance.postgres.ensure_roles()
    began = time.monotonic()
    with instance.database_for_a_command():
        assert instance.postgres.answers()
    assert time.monotonic() - began < 10
    assert not instance.postgres.server_pid()


def test_an_initdb_killed_half_way_is_done_again(instance: Instance) -> None:
    instance.postgres.data.mkdir()
    (instance.postgres.data / "PG_VERSION").write_text("15")
    instance.postgres._unfinished.touch()
    with instance.database_for_a_command():
        assert instance.postgres.answers()


def test_a_lock_file_that_names_a_stranger_is_no_obstacle(instance: Instance) -> None:
    """After a restart of the machine any program may have the old server's number."""
    with instance.database_for_a_command():
        pass
    lines = [str(os.getppid()), str(instance.postgres.data), "0", "5432", "", "", "", "stopping"]
    (instance.postgres.data / "postmaster.pid").write_text("\n".join(lines))
    with instance.database_for_a_command():
        assert instance.postgres.answers()
