"""A backup restored on another folder is the same record, and does nothing on its own (F-28)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django import Settings

from emr.audit.services import link_all, record
from emr.common import arming
from emr.common.errors import DomainError
from emr.local.home import CHECKOUT, Home
from emr.local.instance import Instance
from emr.storage.backups import making, slots
from emr.storage.models import Attachment
from emr.storage.services import read_bytes, store_bytes
from tests.emr.people import make_facility

PASSWORD = "giấy trong két sắt"
WORDS = "Bệnh án nội khoa".encode()

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
    pytest.mark.timeout(600),
]


@pytest.fixture
def stored(settings: Settings, tmp_path: Path) -> Attachment:
    """A hospital with one file, some log lines and a wrapped key beside the database."""
    settings.EMR_HOME = tmp_path / "home"
    settings.EMR_BACKUP_PASSWORD = PASSWORD
    (settings.EMR_HOME / "keys").mkdir(parents=True)
    (settings.EMR_HOME / "keys" / "an.p12").write_bytes(b"sealed by An's PIN")
    with transaction.atomic():
        attachment = store_bytes(WORDS, content_type="text/plain", facility=make_facility())
        record("attachment.stored", of=attachment)
    link_all()
    return attachment


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Instance]:
    """Another machine: a home that doesn't exist yet, with a database of its own."""
    instance = Instance(Home(tmp_path / "elsewhere"))
    instance.embeds_database = True
    yield instance
    if instance.home.exists():
        instance.postgres.stop()


def backup(folder: Path, **options: Any) -> dict[str, Any]:
    output = StringIO()
    call_command("backup", str(folder), format="json", stdout=output, **options)
    report: dict[str, Any] = json.loads(output.getvalue())
    return report


def there(
    instance: Instance, *words: str, typed: str = "", password: str = PASSWORD
) -> "subprocess.CompletedProcess[str]":
    """`manage.py …` on the other machine."""
    ours = {
        "DATABASE_URL",
        "EMR_OWNER_DATABASE_URL",
        "REDIS_URL",
        "DJANGO_SETTINGS_MODULE",
        "EMR_SECRET_KEY",
        "EMR_FILE_KEY",
    }
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment |= {
        "EMR_HOME": str(instance.home.root),
        "EMR_BACKUP_PASSWORD": password,
        "EMR_SETTINGS": "demo",
    }
    return subprocess.run(
        [sys.executable, CHECKOUT / "manage.py", *words],
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_copy_is_the_same_and_disarmed_and_no_second_goes_over_it(
    stored: Attachment, elsewhere: Instance, tmp_path: Path
) -> None:
    made = backup(tmp_path / "backups")
    done = there(elsewhere, "restore", str(tmp_path / "backups"), "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["ok"]
    assert report["rows"] == made["rows"]
    assert {report["checks"][name] for name in ("counts", "verify_files", "verify_audit")} == {"ok"}
    assert (elsewhere.home.root / "keys" / "an.p12").read_bytes() == b"sealed by An's PIN"

    question = (
        "from emr.storage.models import Attachment; from emr.storage.services import read_bytes\n"
        "from emr.accounts.models import Organization\n"
        "from emr.common.arming import is_armed\n"
        "from emr.common import wall\n"
        "wall.enter(Organization.objects.get(kind='facility').pk)\n"
        "print(read_bytes(Attachment.objects.get()).decode(), 'armed' if is_armed() else 'disarmed')\n"
    )
    assert f"{WORDS.decode()} disarmed" in there(elsewhere, "shell", typed=question).stdout
    assert "Armed" in there(elsewhere, "arm").stdout
    assert f"{WORDS.decode()} armed" in there(elsewhere, "shell", typed=question).stdout
    assert read_bytes(stored) == WORDS

    again = there(elsewhere, "restore", str(tmp_path / "backups"))
    assert again.returncode == 1
    assert "isn't empty" in again.stderr


def test_a_wrong_password_makes_nothing(stored: Attachment, elsewhere: Instance, tmp_path: Path) -> None:
    backup(tmp_path / "backups")
    done = there(elsewhere, "restore", str(tmp_path / "backups"), password="đoán mò")
    assert done.returncode == 2
    assert "EMR_BACKUP_PASSWORD doesn't open" in done.stderr
    assert not elsewhere.home.exists()
    (tmp_path / "empty").mkdir()
    done = there(elsewhere, "restore", str(tmp_path / "empty"))
    assert (done.returncode, "holds no backup" in done.stderr) == (2, True)


@pytest.mark.parametrize("part", ["file", "dump", "keys"])
def test_one_flipped_bit_is_found(stored: Attachment, tmp_path: Path, part: str, settings: Settings) -> None:
    slot = Path(backup(tmp_path / "backups")["slot"])
    victim = {
        "file": slots.file_path(slot, stored.stored_sha256),
        "dump": slot / slots.DUMP,
        "keys": slot / slots.HOME / "keys" / "an.p12",
    }[part]
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    errors = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("restore", str(slot), stderr=errors)
    assert end.value.code == 1
    assert "damaged" in errors.getvalue()


def test_files_are_linked_from_the_night_before(
    stored: Attachment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = backup(tmp_path / "backups", keep_all=True)
    moment = slots.moment_of(Path(first["slot"]))
    assert moment
    monkeypatch.setattr(making, "now", lambda: moment.replace(year=moment.year + 1))
    second = backup(tmp_path / "backups", keep_all=True)
    assert (first["new_files"], second["new_files"], second["files"]) == (1, 0, 1)
    assert slots.file_path(Path(second["slot"]), stored.stored_sha256).stat().st_nlink == 2


def test_a_damaged_file_is_not_backed_up_silently(
    stored: Attachment, tmp_path: Path, settings: Settings
) -> None:
    path = next((settings.EMR_HOME / "files").glob(f"*/*/{stored.stored_sha256}"))
    path.write_bytes(b"x" + path.read_bytes()[1:])
    errors = StringIO()
    with pytest.raises(SystemExit):
        call_command("backup", str(tmp_path / "backups"), stderr=errors)
    assert "is damaged" in errors.getvalue()
    assert not slots.slots_in(tmp_path / "backups")


def test_without_a_password_nothing_is_written(
    stored: Attachment, tmp_path: Path, settings: Settings
) -> None:
    settings.EMR_BACKUP_PASSWORD = ""
    with pytest.raises(CommandError, match="EMR_BACKUP_PASSWORD"):
        call_command("backup", str(tmp_path / "backups"))
    assert not (tmp_path / "backups").exists()


def test_no_secret_stands_in_the_backup(stored: Attachment, tmp_path: Path, settings: Settings) -> None:
    slot = Path(backup(tmp_path / "backups")["slot"])
    everything = b"".join(path.read_bytes() for path in slot.rglob("*") if path.is_file())
    for secret in (settings.SECRET_KEY, *settings.EMR_FILE_KEYS, PASSWORD):
        assert secret.encode() not in everything
    assert WORDS not in everything, "files stay encrypted"


def test_disarmed_refuses_and_arming_is_logged(stored: Attachment, owner_sql: Any) -> None:
    arming.set_armed(False)
    assert not arming.is_armed()
    with pytest.raises(DomainError):
        arming.demand_armed()
    call_command("arm", stdout=StringIO())
    assert arming.is_armed()
    assert owner_sql.execute(
        "SELECT count(*) FROM audit_event WHERE action = 'instance.armed'"
    ).fetchone() == (1,)
