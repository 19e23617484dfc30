"""Files in a bucket, over HTTP, at a server in a process of its own.

The server is a simulator (moto's): it speaks S3's protocol and keeps objects in memory; it proves nothing of a real
product's durability.
"""

import base64
import contextlib
import hashlib
import itertools
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django import Settings

from emr.accounts.models import Organization
from emr.common.health import readiness
from emr.storage import stores
from emr.storage.backups import restoring, slots
from emr.storage.models import Attachment, AttachmentKey
from emr.storage.services import DamagedFile, check_files, orphan_names, read_bytes, store_bytes
from emr.storage.stores import Folder, ObjectStore, StoreDown, store
from tests.emr.people import make_facility

pytestmark = [pytest.mark.django_db, pytest.mark.peer]

WORDS = "Bệnh án nội khoa".encode()
NOBODY = "http://127.0.0.1:9"
_numbers = itertools.count(1)


@dataclass
class Simulator:
    """An S3 server that can be asked behind the back of the code under test, and killed."""

    process: "subprocess.Popen[bytes]"
    address: str

    @property
    def client(self) -> Any:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.address,
            region_name="vn-1",
            aws_access_key_id="benhanmo",
            aws_secret_access_key="benhanmo",
        )

    def make_bucket(self, name: str) -> None:
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "vn-1"})

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=20)


@contextlib.contextmanager
def running() -> Iterator[Simulator]:
    """The server, empty."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    simulator = Simulator(process, f"http://127.0.0.1:{port}")
    try:
        _wait_for(port)
        yield simulator
    finally:
        simulator.kill()


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """One server for all tests that leave it alive."""
    with running() as simulator:
        yield simulator


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the simulator didn't start")


@pytest.fixture(autouse=True)
def bucket(simulator: Simulator, settings: Settings, tmp_path: Path) -> str:
    """The instance keeps its files in a bucket of its own, new for each test."""
    settings.EMR_HOME = tmp_path / "home"
    settings.EMR_S3_BUCKET, settings.EMR_S3_REGION = f"benh-an-{next(_numbers)}", "vn-1"
    settings.EMR_S3_ENDPOINT = simulator.address
    settings.EMR_S3_ACCESS_KEY = settings.EMR_S3_SECRET_KEY = "benhanmo"
    simulator.make_bucket(settings.EMR_S3_BUCKET)
    return str(settings.EMR_S3_BUCKET)


@pytest.fixture
def facility() -> Organization:
    return make_facility()


def _store(facility: Organization, data: bytes = WORDS) -> Attachment:
    return store_bytes(data, content_type="text/plain", facility=facility)


def test_files_go_to_the_bucket_encrypted_and_come_back(
    simulator: Simulator, bucket: str, facility: Organization, settings: Settings
) -> None:
    attachment = _store(facility)
    assert read_bytes(Attachment.objects.get(pk=attachment.pk)) == WORDS
    kept = simulator.client.get_object(Bucket=bucket, Key=attachment.stored_sha256)["Body"].read()
    assert hashlib.sha256(kept).hexdigest() == attachment.stored_sha256
    assert WORDS not in kept
    assert not (settings.EMR_HOME / "files").exists()
    assert list(store().names()) == [attachment.stored_sha256]
    assert not list(check_files()) and not orphan_names()
    assert readiness()[1]["storage"]["ok"]


def test_a_list_longer_than_one_answer_is_read_to_its_end(
    simulator: Simulator, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = simulator.client
    monkeypatch.setattr(stores, "LIST_PAGE", 4)
    for number in range(10):
        client.put_object(Bucket=bucket, Key=f"{number:064x}", Body=b"")
    assert len(list(store().names())) == 10


def _refused(facility: Organization) -> None:
    with pytest.raises(StoreDown) as error:
        _store(facility)
    assert "benhanmo" not in str(error.value)
    assert not Attachment.objects.exists() and not AttachmentKey.objects.exists()
    assert not readiness()[1]["storage"]["ok"]


def test_an_error_on_write_leaves_no_row(
    simulator: Simulator, bucket: str, facility: Organization, settings: Settings
) -> None:
    """F-12: the bucket is gone, nobody listens there, the server is killed; and it heals."""
    simulator.client.delete_bucket(Bucket=bucket)
    _refused(facility)
    settings.EMR_S3_ENDPOINT = NOBODY
    _refused(facility)
    with running() as mortal:
        settings.EMR_S3_ENDPOINT = mortal.address
        mortal.make_bucket(bucket)
        mortal.kill()
        _refused(facility)
    settings.EMR_S3_ENDPOINT = simulator.address
    simulator.make_bucket(bucket)
    assert read_bytes(_store(facility)) == WORDS


def test_what_is_missing_or_changed_there_is_never_shown(
    simulator: Simulator, bucket: str, facility: Organization
) -> None:
    gone, changed = _store(facility), _store(facility)
    simulator.client.delete_object(Bucket=bucket, Key=gone.stored_sha256)
    simulator.client.put_object(Bucket=bucket, Key=changed.stored_sha256, Body=b"x" * 50)
    for attachment in (gone, changed):
        with pytest.raises(DamagedFile):
            read_bytes(attachment)
    assert {fault.uuid for fault in check_files()} == {str(gone.uuid), str(changed.uuid)}


def test_a_server_that_is_away_is_not_a_missing_file(facility: Organization, settings: Settings) -> None:
    """Or verify_files would call every file damaged."""
    attachment = _store(facility)
    settings.EMR_S3_ENDPOINT = NOBODY
    with pytest.raises(StoreDown):
        read_bytes(attachment)
    with pytest.raises(CommandError, match="S3 doesn't answer"):
        call_command("verify_files")


def test_the_digest_travels_with_the_bytes() -> None:
    """What a server needs to refuse a body that was changed on the way."""

    class Recorder:
        def put_object(self, **given: Any) -> None:
            self.given = given

    recorder = Recorder()
    ObjectStore("benh-an", recorder).put(hashlib.sha256(WORDS).hexdigest(), WORDS)
    expected = base64.b64encode(hashlib.sha256(WORDS).digest()).decode()
    assert recorder.given["ChecksumSHA256"] == expected


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_backup_holds_the_bucket_s_files_and_fills_another(
    simulator: Simulator, settings: Settings, tmp_path: Path
) -> None:
    settings.EMR_BACKUP_PASSWORD = "giấy trong két sắt"
    settings.EMR_HOME.mkdir()
    with transaction.atomic():
        attachment = _store(make_facility())
    output = StringIO()
    call_command("backup", str(tmp_path / "backups"), format="json", stdout=output)
    slot = Path(json.loads(output.getvalue())["slot"])
    file = slots.file_path(slot, attachment.stored_sha256)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == attachment.stored_sha256
    simulator.make_bucket("copy")
    settings.EMR_S3_BUCKET = "copy"
    restoring.put_files(slot, slots.read_manifest(slot))
    assert read_bytes(attachment) == WORDS
    settings.EMR_S3_BUCKET = ""
    restoring.put_files(slot, slots.read_manifest(slot))
    assert isinstance(store(), Folder)
    assert read_bytes(attachment) == WORDS, "from the bucket to a folder, too"


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_no_backup_without_the_bucket(settings: Settings, tmp_path: Path) -> None:
    settings.EMR_BACKUP_PASSWORD = "giấy trong két sắt"
    settings.EMR_HOME.mkdir()
    with transaction.atomic():
        _store(make_facility())
    settings.EMR_S3_ENDPOINT = NOBODY
    errors = StringIO()
    with pytest.raises(SystemExit):
        call_command("backup", str(tmp_path / "backups"), stderr=errors)
    assert "S3 doesn't answer" in errors.getvalue()
    assert not slots.slots_in(tmp_path / "backups")
