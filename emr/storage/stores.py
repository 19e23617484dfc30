"""Where encrypted bytes lie: a folder, or S3 by setting."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages


class Store(Protocol):
    """Bytes under a name that is their own SHA-256; `put` returns only once they are durable."""

    def put(self, name: str, content: bytes) -> None: ...

    def get(self, name: str) -> bytes:
        """Raises FileNotFoundError."""
        ...

    def names(self) -> Iterator[str]: ...


class Folder:
    """A local folder: temporary name, fsync, rename, fsync of the folder (F-08)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, name: str) -> Path:
        return self.root / name[:2] / name[2:4] / name

    def put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{secrets.token_hex(8)}")
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(path)
        finally:
            temporary.unlink(missing_ok=True)
        for folder in (path.parent, path.parent.parent, self.root):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def get(self, name: str) -> bytes:
        return self._path(name).read_bytes()

    def names(self) -> Iterator[str]:
        for path in sorted(self.root.glob("??/??/*")):
            if not path.name.startswith("."):
                yield path.name


class ObjectStore:
    """An S3 bucket through Django's `attachments` storage."""

    def put(self, name: str, content: bytes) -> None:
        storage = storages["attachments"]
        if not storage.exists(name):
            storage.save(name, ContentFile(content))

    def get(self, name: str) -> bytes:
        with storages["attachments"].open(name) as file:
            content: bytes = file.read()
        return content

    def names(self) -> Iterator[str]:
        yield from sorted(storages["attachments"].listdir("")[1])


def store() -> Store:
    """S3 when the setting names a bucket, else the instance's folder."""
    if "attachments" in settings.STORAGES:
        return ObjectStore()
    return Folder(Path(settings.EMR_HOME) / "files")
