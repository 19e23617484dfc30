"""Files come back as they were given, or not at all."""

import hashlib
import os
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from emr.accounts.models import Organization
from emr.storage import keys
from emr.storage.models import Attachment, AttachmentKey
from emr.storage.services import DamagedFile, check_files, orphan_names, read_bytes, rewrap_keys, store_bytes
from tests.emr.people import make_facility

pytestmark = pytest.mark.django_db

OLD, NEW = "11" * 31 + "22", "33" * 31 + "44"


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    settings.EMR_HOME = tmp_path
    settings.EMR_FILE_KEYS = [OLD]
    return tmp_path


@pytest.fixture
def facility() -> Organization:
    return make_facility()


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None
)
@given(data=st.binary(max_size=5000))
def test_what_goes_in_comes_out(facility: Organization, data: bytes) -> None:
    attachment = store_bytes(data, content_type="application/pdf", facility=facility)
    assert read_bytes(Attachment.objects.get(pk=attachment.pk)) == data
    assert (attachment.sha256, attachment.size) == (hashlib.sha256(data).hexdigest(), len(data))


def _files(home: Path) -> list[Path]:
    return [path for path in (home / "files").rglob("*") if path.is_file()]


def test_nothing_readable_lies_on_the_disk(facility: Organization, home: Path) -> None:
    store_bytes("NGUYỄN VĂN AN".encode() * 10, content_type="text/plain", facility=facility)
    (file,) = _files(home)
    assert "NGUYỄN".encode() not in file.read_bytes()
    assert file.name == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("position", [0, 12, 40, -1])
def test_one_flipped_bit_is_found_and_never_shown(facility: Organization, home: Path, position: int) -> None:
    """F-30."""
    attachment = store_bytes(b"x" * 100, content_type="text/plain", facility=facility)
    (file,) = _files(home)
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)
    with pytest.raises(DamagedFile):
        read_bytes(attachment)
    assert [fault.uuid for fault in check_files()] == [str(attachment.uuid)]
    with pytest.raises(SystemExit) as stop:
        call_command("verify_files")
    assert stop.value.code == 1


def test_a_missing_file_is_named(facility: Organization, home: Path) -> None:
    attachment = store_bytes(b"x", content_type="text/plain", facility=facility)
    _files(home)[0].unlink()
    with pytest.raises(DamagedFile, match="missing"):
        read_bytes(attachment)


def test_a_rolled_back_row_leaves_an_orphan_and_no_fault(facility: Organization) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        store_bytes(b"x", content_type="text/plain", facility=facility)
        raise RuntimeError
    assert list(check_files()) == []
    assert len(orphan_names()) == 1


def test_bytes_and_names_are_on_the_disk_before_the_row(
    facility: Organization, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """F-08: whatever row a power cut leaves, its file is there: contents first, then the names that lead to it."""
    flushed: list[str] = []
    flush = os.fsync

    def watched(descriptor: int) -> None:
        assert not Attachment.objects.exists()
        flush(descriptor)
        flushed.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

    monkeypatch.setattr(os, "fsync", watched)
    store_bytes(b"x", content_type="text/plain", facility=facility)
    (file,) = _files(home)
    contents, *names = flushed
    assert Path(contents).parent == file.parent
    assert names == [str(file.parent), str(file.parent.parent), str(home / "files")]


def test_a_failed_write_leaves_no_row(
    facility: Organization, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """F-10, F-12."""

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store_bytes(b"x", content_type="text/plain", facility=facility)
    assert not Attachment.objects.exists()
    assert _files(home) == []


def test_keys_rotate_without_touching_the_files(
    facility: Organization, home: Path, settings: Settings
) -> None:
    attachment = store_bytes(b"secret", content_type="text/plain", facility=facility)
    before = _files(home)[0].read_bytes()
    settings.EMR_FILE_KEYS = [NEW, OLD]
    assert rewrap_keys() == 1
    settings.EMR_FILE_KEYS = [NEW]
    fresh = Attachment.objects.get(pk=attachment.pk)
    assert read_bytes(fresh) == b"secret"
    assert _files(home)[0].read_bytes() == before
    settings.EMR_FILE_KEYS = [OLD]
    with pytest.raises(DamagedFile):
        read_bytes(fresh)


def test_the_stored_key_alone_opens_nothing(facility: Organization) -> None:
    store_bytes(b"secret", content_type="text/plain", facility=facility)
    row = AttachmentKey.objects.get()
    with pytest.raises(keys.UnknownKey):
        keys.unwrap(bytes(row.wrapped_key), "0" * 16)
