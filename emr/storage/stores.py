"""Where encrypted bytes lie: a folder, or S3 by setting."""

import base64
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

LIST_PAGE = 1000  # names in one answer, as many as S3 gives


class StoreDown(OSError):
    """The store doesn't answer, or refuses: nothing was stored, nothing was read (F-12). Try again later."""


class Store(Protocol):
    """Bytes under a name that is their own SHA-256; `put` returns only once they are durable."""

    def put(self, name: str, content: bytes) -> None:
        """Raises OSError; then nothing may be built on the bytes."""
        ...

    def get(self, name: str) -> bytes:
        """Raises FileNotFoundError."""
        ...

    def names(self) -> Iterator[str]:
        """What is there, in order."""
        ...

    def remove(self, name: str) -> None:
        """Let it go for good; nothing there is no error."""
        ...


class Folder:
    """A local folder: temporary name, fsync, rename, fsync of the folder (F-08)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, name: str) -> Path:
        return self.root / name[:2] / name[2:4] / name

    def put(self, name: str, content: bytes) -> None:
        """See Store."""
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
        """See Store."""
        return self._path(name).read_bytes()

    def names(self) -> Iterator[str]:
        """See Store."""
        for path in sorted(self.root.glob("??/??/*")):
            if not path.name.startswith("."):
                yield path.name

    def remove(self, name: str) -> None:
        """See Store."""
        self._path(name).unlink(missing_ok=True)


class ObjectStore:
    """An S3 bucket. It answers a PUT once the object is durable, and refuses one whose digest differs."""

    def __init__(self, bucket: str, client: Any) -> None:
        self._bucket, self._client = bucket, client

    def put(self, name: str, content: bytes) -> None:
        """See Store. Written again, the same bytes replace themselves."""
        digest = base64.b64encode(bytes.fromhex(name)).decode()
        with _said():
            self._client.put_object(Bucket=self._bucket, Key=name, Body=content, ChecksumSHA256=digest)

    def get(self, name: str) -> bytes:
        """See Store."""
        with _said(name):
            content: bytes = self._client.get_object(Bucket=self._bucket, Key=name)["Body"].read()
        return content

    def names(self) -> Iterator[str]:
        """See Store."""
        with _said():
            lists = self._client.get_paginator("list_objects_v2")
            for page in lists.paginate(Bucket=self._bucket, PaginationConfig={"PageSize": LIST_PAGE}):
                yield from (entry["Key"] for entry in page.get("Contents", []))

    def remove(self, name: str) -> None:
        """See Store."""
        with _said():
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def check(self) -> None:
        """Raise StoreDown unless the bucket answers."""
        with _said():
            self._client.head_bucket(Bucket=self._bucket)


@contextmanager
def _said(name: str = "") -> Iterator[None]:
    """The library's many errors as the two that callers know; keys and addresses stay out of the text."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 -- an extra, for S3 alone

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if name and code in {"NoSuchKey", "404"}:
            raise FileNotFoundError(name) from None
        raise StoreDown(f"S3 refuses: {code or 'unknown'}") from None
    except BotoCoreError as error:
        raise StoreDown(f"S3 doesn't answer: {type(error).__name__}") from None


@lru_cache(maxsize=4)
def _object_store(
    *, bucket: str, endpoint: str, region: str, access_key: str, secret_key: str, authority: str
) -> ObjectStore:
    try:
        import boto3  # noqa: PLC0415 -- an extra
        from botocore.config import Config  # noqa: PLC0415
    except ImportError:
        raise ImproperlyConfigured("EMR_S3_BUCKET needs the extra s3: uv sync --extra s3.") from None
    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"total_max_attempts": 3, "mode": "standard"},
        s3={"addressing_style": "path"},  # servers in a hospital have no wildcard names
        # The digest that `put` gives says all; older servers don't know the ones added by default.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region,
        aws_access_key_id=access_key or None,  # else whatever the machine itself may do
        aws_secret_access_key=secret_key or None,
        verify=authority or None,
        config=config,
    )
    return ObjectStore(bucket, client)


def store() -> Store:
    """S3 when the setting names a bucket, else the instance's folder."""
    if settings.EMR_S3_BUCKET:
        return _object_store(
            bucket=settings.EMR_S3_BUCKET,
            endpoint=settings.EMR_S3_ENDPOINT,
            region=settings.EMR_S3_REGION,
            access_key=settings.EMR_S3_ACCESS_KEY,
            secret_key=settings.EMR_S3_SECRET_KEY,
            authority=settings.EMR_S3_CA,
        )
    return Folder(Path(settings.EMR_HOME) / "files")


def health() -> str:
    """Empty when files can be kept: a folder fails where it is written to, a bucket is asked."""
    try:
        found = store()
        if isinstance(found, ObjectStore):
            found.check()
    except StoreDown as error:
        return str(error)
    return ""
